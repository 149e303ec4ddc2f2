import { concurrencyKeyOf } from '../core/graph/concurrency-key.js';
import type { JobEvent } from '../core/job/events.js';
import type { JobHeader } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import { NODE_CODE } from '../core/job/transitions.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { KeyHolder } from '../ports/concurrency-keys.js';
import type { DriverEnd } from './driver-parts.js';
import type { KeyDesk, KeySeeker, KeyWish } from './key-desk.js';

let grants = 0;

/**
 * The concurrency keys of one job: asks for those that its ready nodes need, has the job go on when it
 * gets one, and lets go of them when a commit says that a node neither runs nor waits any more. A key
 * is asked for only while the job may start nodes; what it got and has not used it gives back.
 */
export class KeyedNodes implements KeySeeker {
  readonly header: JobHeader;
  readonly #plan: Plan;
  readonly #state: JobState;
  readonly #desk: KeyDesk;
  readonly #instance: { readonly id: string };
  readonly #wake: () => void;
  readonly #placed: () => boolean;
  /** By node; those that have not started included. */
  readonly #held = new Map<number, KeyHolder>();
  readonly #epoch: number;
  /** Nodes that hold a key and have not started. */
  readonly #granted = new Set<number>();
  /** Keys not asked for since the job had got as many as it can use. */
  readonly #declined = new Set<string>();
  #claiming = false;
  #asking = false;
  #stopped = false;
  #left: DriverEnd | undefined;

  constructor(
    job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState },
    parts: {
      readonly keys: KeyDesk;
      readonly instance: { readonly id: string };
      readonly wake: () => void;
      /** Whether the job has a place among the running ones: without, it starts nothing. */
      readonly placed?: () => boolean;
    },
  ) {
    this.header = job.header;
    this.#plan = job.plan;
    this.#state = job.state;
    this.#epoch = job.state.version;
    this.#desk = parts.keys;
    this.#instance = parts.instance;
    this.#wake = parts.wake;
    this.#placed = parts.placed ?? (() => true);
  }

  /** Nodes that may start, since they hold the key that they need. */
  get granted(): ReadonlySet<number> {
    return this.#granted;
  }

  /** Nodes hold keys and have not started, for want of a slot, say. */
  get hasUnused(): boolean {
    for (const node of this.#granted) {
      if (this.#state.nodeStatus[node] === NODE_CODE.ready) return true;
    }
    return false;
  }

  wish(key: string): KeyWish | undefined {
    if (!this.#mayAsk()) return undefined;
    if (this.#granted.size >= this.#plan.settings.concurrency) {
      this.#declined.add(key);
      return undefined;
    }
    const node = this.#state.keyed.first(key, (waiting) => !this.#held.has(waiting));
    if (node === undefined) return undefined;
    const { definition, priority } = planNode(this.#plan, node);
    return {
      node,
      // Of a job whose priority was changed, the nodes that have none of their own have the new one.
      priority: definition.priority === undefined ? (this.#state.priority ?? priority) : priority,
      holder: this.#holder(node, key),
      limit: concurrencyKeyOf(definition)?.limit ?? 1,
    };
  }

  take({ node, holder }: KeyWish): boolean {
    const isReady = this.#state.nodeStatus[node] === NODE_CODE.ready;
    if (!this.#mayAsk() || !isReady || this.#held.has(node)) return false;
    this.#held.set(node, holder);
    this.#granted.add(node);
    this.#wake();
    return true;
  }

  /** To be told of every commit of the job, once it is durable. */
  committed(events: readonly JobEvent[]): void {
    const touched = this.#state.keyed.takeTouched();
    if (this.#claiming) return;
    if (this.#held.size > 0) {
      for (const event of events) {
        if ('node' in event) this.#review(this.#plan.indexOf.get(event.node) as number);
      }
    }
    this.#ask(touched);
  }

  /** Claims what the job holds by its journal, and asks for more from then on. */
  async takeUp(): Promise<void> {
    const { live, held, nodeStatus } = this.#state;
    for (const node of live) this.#claim(node);
    for (const node of held) if (nodeStatus[node] === NODE_CODE.waiting) this.#claim(node);
    this.#claiming = true;
    const { tenantId, jobId } = this.header;
    const job = { tenantId, jobId, epoch: this.#epoch };
    await this.#desk.reconcile(job, [...this.#held.values()], () => this.#hasLeft());
    this.#claiming = false;
    if (this.#left === 'ended') this.#releaseAll();
    if (this.#left !== undefined) return;
    for (const node of [...this.#held.keys()]) this.#review(node);
    this.#ask([]);
  }

  /** Asks for nothing any more, and gives back what has not been used. */
  stop(): void {
    this.#stopped = true;
    this.#giveBack();
  }

  /** The job is no longer driven here. What it holds it goes on holding, unless it has ended. */
  leave(why: DriverEnd): void {
    this.#left = why;
    this.stop();
    if (why === 'ended' && !this.#claiming) this.#releaseAll();
  }

  #hasLeft(): boolean {
    return this.#left !== undefined && this.#left !== 'ended';
  }

  #mayAsk(): boolean {
    const { status, ending } = this.#state;
    if (this.#stopped || this.#claiming || !this.#placed()) return false;
    return status === 'running' && ending === undefined;
  }

  /** @param touched keys for which nodes have come */
  #ask(touched: readonly string[]): void {
    if (!this.#mayAsk()) {
      this.#asking = false;
      this.#giveBack();
      return;
    }
    const keys = new Set(this.#asking ? touched : this.#state.keyed.keys());
    this.#asking = true;
    if (this.#granted.size < this.#plan.settings.concurrency) {
      for (const key of this.#declined) keys.add(key);
      this.#declined.clear();
    }
    for (const key of keys) this.#desk.seek(key, this);
  }

  /** Lets go of the key of a node that neither runs nor waits, nor is about to start. */
  #review(node: number): void {
    const holder = this.#held.get(node);
    if (holder === undefined) return;
    const status = this.#state.nodeStatus[node];
    if (status === NODE_CODE.ready) this.#granted.add(node);
    else this.#granted.delete(node);
    if (status === NODE_CODE.ready || status === NODE_CODE.running || status === NODE_CODE.waiting)
      return;
    this.#held.delete(node);
    void this.#desk.release(holder);
  }

  #giveBack(): void {
    for (const node of this.#granted) {
      const holder = this.#held.get(node);
      // What a commit that is under way starts is not given back.
      if (holder === undefined || this.#state.nodeStatus[node] !== NODE_CODE.ready) continue;
      this.#granted.delete(node);
      this.#held.delete(node);
      void this.#desk.release(holder);
    }
  }

  #releaseAll(): void {
    for (const holder of this.#held.values()) void this.#desk.release(holder);
    this.#held.clear();
    this.#granted.clear();
  }

  #claim(node: number): void {
    const key = concurrencyKeyOf(planNode(this.#plan, node).definition)?.key;
    if (key !== undefined) this.#held.set(node, this.#holder(node, key));
  }

  #holder(node: number, key: string): KeyHolder {
    const { tenantId, jobId } = this.header;
    const nodeId = planNode(this.#plan, node).definition.id;
    const grant = `${this.#instance.id}-${++grants}`;
    return { tenantId, jobId, nodeId, key, grant, epoch: this.#epoch };
  }
}

/** Whether a job has nodes that need concurrency keys. */
export function usesKeys(plan: Plan): boolean {
  return plan.nodes.some(({ definition }) => definition.concurrency_key !== undefined);
}
