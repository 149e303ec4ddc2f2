import { INTERRUPTED } from '../core/job/attempt.js';
import type { NodeProjection } from '../core/job/job-record.js';
import { isTerminalNode } from '../core/job/status.js';
import type { DurationSample } from '../core/plan/durations.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import {
  SAMPLES_KEPT,
  type DurationEntry,
  type DurationHistory,
} from '../ports/duration-history.js';
import type { Logger } from '../ports/logger.js';
import { MOST_KNOWN_BY_NODE, scopeOf, TYPES } from './duration-scopes.js';
import type { CommittedChange, ExecutionStateTracker } from './execution-state-tracker.js';
import { breathe } from './slices.js';

export interface DurationRecorderParts {
  readonly tracker: Pick<ExecutionStateTracker, 'subscribe'>;
  readonly history: DurationHistory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each scope to which something was added. */
  readonly added: (tenantId: string, scope: string) => void;
}

/** ms for which durations are gathered. */
const FLUSH_EVERY = 2_000;
/** Between two flushes, so that no job crowds the others of its types out. */
const SAMPLES_A_JOB_AND_TYPE = 4;
/** What comes beyond, between two flushes, is not recorded. */
const MOST_NAMES = 10_000;
const ENTRIES_A_WRITE = 250;
const MOST_WAITS = 10_000;

/**
 * Writes down what nodes take, for predictions: every node that completes by its id, save in large
 * jobs, and some of each type. Gathers in memory and writes every few seconds, beside what runs; what
 * could not be written is given up, since the next runs say the same.
 */
export class DurationRecorder {
  readonly #parts: DurationRecorderParts;
  readonly #unsubscribe: () => void;
  /** By tenant and scope, the samples of each name. */
  #gathered = new Map<string, Map<string, Map<string, DurationSample[]>>>();
  #names = 0;
  /** By job, how many samples of each type have been taken. */
  #taken = new Map<string, Map<string, number>>();
  /** By job and node, since when it waits for something else than a slot. Epoch ms. */
  readonly #waits = new Map<string, number>();
  #timer: TimerHandle | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: DurationRecorderParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.tracker.subscribe((change) => this.#observe(change));
  }

  /** Writes what has been gathered, and records no more. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#timer?.cancel();
    this.#flush();
    await this.#writing;
  }

  #observe({ header, nodes, plan, at }: CommittedChange): void {
    const { tenantId, jobId } = header;
    const isLarge = header.nodeCount > MOST_KNOWN_BY_NODE;
    this.#timer ??= this.#parts.clock.setTimer(FLUSH_EVERY, () => this.#flush());
    // Of a job of few nodes every one is a sample of its type.
    const taken =
      header.nodeCount > SAMPLES_A_JOB_AND_TYPE ? this.#takenOf(`${tenantId}/${jobId}`) : undefined;
    if (isLarge && hasAll(taken, header.types.length)) return;
    const scope = isLarge ? '' : scopeOf(header);
    for (const node of nodes) {
      if (node.status === 'waiting') this.#noteWait(header.jobId, node, at);
      if (!isTerminalNode(node.status)) continue;
      const waited = this.#waited(header.jobId, node, at);
      const definition = plan.nodes[node.index]?.definition;
      const sample = sampleOf(node, waited);
      if (definition === undefined || sample === undefined) continue;
      if (!isLarge) this.#gather(tenantId, scope, definition.id, sample);
      const count = taken?.get(definition.type) ?? 0;
      if (count >= SAMPLES_A_JOB_AND_TYPE) continue;
      taken?.set(definition.type, count + 1);
      this.#gather(tenantId, TYPES, definition.type, sample);
    }
  }

  #takenOf(job: string): Map<string, number> {
    const taken = this.#taken.get(job) ?? new Map<string, number>();
    if (taken.size === 0) this.#taken.set(job, taken);
    return taken;
  }

  #gather(tenantId: string, scope: string, name: string, sample: DurationSample): void {
    const names = this.#namesOf(tenantId, scope);
    const samples = names.get(name);
    if (samples !== undefined) {
      samples.push(sample);
      if (samples.length > SAMPLES_KEPT) samples.shift();
    } else if (this.#names < MOST_NAMES) {
      names.set(name, [sample]);
      this.#names++;
    }
  }

  #namesOf(tenantId: string, scope: string): Map<string, DurationSample[]> {
    const scopes = this.#gathered.get(tenantId) ?? new Map<string, Map<string, DurationSample[]>>();
    if (scopes.size === 0) this.#gathered.set(tenantId, scopes);
    const names = scopes.get(scope) ?? new Map<string, DurationSample[]>();
    if (names.size === 0) scopes.set(scope, names);
    return names;
  }

  #noteWait(jobId: string, { index }: NodeProjection, at: number): void {
    const key = `${jobId}/${index}`;
    // Of jobs that were handed over, nobody comes to say that they are done.
    if (this.#waits.size >= MOST_WAITS) this.#waits.clear();
    if (!this.#waits.has(key)) this.#waits.set(key, at);
  }

  /** ms. */
  #waited(jobId: string, { index }: NodeProjection, at: number): number {
    if (this.#waits.size === 0) return 0;
    const key = `${jobId}/${index}`;
    const since = this.#waits.get(key);
    if (since === undefined) return 0;
    this.#waits.delete(key);
    return at - since;
  }

  #flush(): void {
    const gathered = this.#gathered;
    this.#gathered = new Map();
    this.#taken = new Map();
    this.#names = 0;
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write(gathered));
  }

  async #write(gathered: Map<string, Map<string, Map<string, DurationSample[]>>>): Promise<void> {
    const { history, clock, logger, added } = this.#parts;
    for (const [tenantId, scopes] of gathered) {
      const entries: DurationEntry[] = [];
      for (const [scope, names] of scopes) {
        for (const [name, durations] of names) entries.push({ scope, name, durations });
      }
      try {
        for (let at = 0; at < entries.length; at += ENTRIES_A_WRITE) {
          await history.add(tenantId, entries.slice(at, at + ENTRIES_A_WRITE), clock.now());
          await breathe();
        }
      } catch (error) {
        const fields = { tenant_id: tenantId, names: entries.length, err: error };
        logger.warn(fields, 'what nodes took could not be written down; predictions lack it');
      }
      for (const scope of scopes.keys()) added(tenantId, scope);
    }
  }
}

/** `undefined` when the node says nothing about how long it takes. */
function sampleOf(node: NodeProjection, waited: number): DurationSample | undefined {
  const { startedAt, finishedAt, history = [] } = node;
  if (node.status !== 'completed' || node.reused === true || node.cached !== undefined)
    return undefined;
  if (startedAt === undefined || finishedAt === undefined) return undefined;
  if (history.some(({ error }) => error?.code === INTERRUPTED)) return undefined;
  const first = history[0]?.started_at ?? startedAt;
  let busy = history.reduce((sum, each) => sum + each.finished_at - each.started_at, 0);
  if (history.at(-1)?.attempt !== node.attempt) busy += finishedAt - startedAt;
  return { busy: Math.max(0, busy - waited), elapsed: finishedAt - first };
}

/** Whether enough samples of so many types have been taken. */
function hasAll(taken: ReadonlyMap<string, number> | undefined, types: number): boolean {
  if (taken === undefined || taken.size < types) return false;
  for (const count of taken.values()) if (count < SAMPLES_A_JOB_AND_TYPE) return false;
  return true;
}
