import type { AttemptResult } from '../../src/core/job/attempt.js';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import type { RerunOrigin } from '../../src/core/job/job-record.js';
import { isTerminalJob } from '../../src/core/job/status.js';
import type { Json } from '../../src/core/json.js';
import type { DagExecutionEngine } from '../../src/engine/dag-execution-engine.js';
import { subJobExecutor } from '../../src/executors/sub-job.js';
import { makeEngine, ManualClock, scriptedExecutor, submissionOf } from './engine-fixture.js';
import { MemoryStore } from './memory-store.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const TENANT = 'acme';

export interface RunOptions {
  readonly rerunOf?: RerunOrigin;
  /** Nodes whose name is among these fail. */
  readonly failing?: ReadonlySet<string>;
  /** The commit, of all of this run, at which the engine dies; every other one is durable. */
  readonly crashAt?: number;
  /** The turn at which the job is cancelled. */
  readonly cancelAt?: number;
}

/** A job as it ended. Nodes are named within their job: `n1`, `n1[0]` for a child, `undo n1`. */
export interface Ended {
  readonly status: string;
  readonly reason: string | undefined;
  /** Statuses and outputs of its nodes, without the ids of jobs. */
  readonly nodes: readonly unknown[];
}

/** A store, and engines that run jobs of one definition on it and die while they do. */
export class CrashingWorld {
  readonly store = new MemoryStore();
  /** Every attempt that was begun, as `job/node`, in order. */
  readonly started: string[] = [];
  readonly #nodes: readonly NodeDefinition[];

  constructor(nodes: readonly NodeDefinition[]) {
    this.#nodes = nodes;
  }

  /** Runs a job to its end. Throws when it has none. */
  async run(jobId: string, options: RunOptions = {}): Promise<Ended> {
    const { rerunOf, failing = new Set(), crashAt = Infinity, cancelAt = Infinity } = options;
    const clock = new ManualClock();
    let commits = 0;
    let crashed = false;
    const isCrashed = (): boolean => crashed;
    const boot = async (): Promise<DagExecutionEngine> => {
      crashed = false;
      const engine = makeEngine({
        store: this.store.connect(async (batch) => {
          if (crashed) return new Promise(() => undefined);
          if (commits++ !== crashAt) return this.store.commit(batch);
          crashed = true;
          if (crashAt % 2 === 0) await this.store.commit(batch);
          return new Promise(() => undefined);
        }),
        executors: [
          scriptedExecutor(({ jobId: of, nodeId }): AttemptResult => {
            const name = this.#nameOf(of, nodeId);
            this.started.push(name);
            return failing.has(name.slice(name.indexOf('/') + 1))
              ? { status: 'failed', error: { class: 'non_retryable', code: 'x', message: 'x' } }
              : { status: 'completed', output: `output of ${name.slice(name.indexOf('/') + 1)}` };
          }),
          subJobExecutor,
        ],
        clock,
        // What a job waits for needs no place of its own.
        maxRunningJobs: 1,
        ownerId: `life${commits}`,
      });
      await engine.start();
      if (this.store.jobs.has(`${TENANT}/${jobId}`)) return engine;
      const submission = submissionOf(jobId, this.#nodes);
      const header = { ...submission.header, ...(rerunOf === undefined ? {} : { rerunOf }) };
      engine.submit({ ...submission, header }).catch(() => undefined);
      return engine;
    };
    let engine = await boot();
    for (let turns = 0; turns < 5_000; turns++) {
      const ended = this.#ended(jobId);
      if (ended !== undefined) return ended;
      if (isCrashed()) engine = await boot();
      if (turns >= cancelAt && this.store.jobs.has(`${TENANT}/${jobId}`)) {
        void engine.steer({ tenantId: TENANT, jobId }, { type: 'cancel', by: 'ada' });
      }
      await turn();
      if (turns % 20 === 19) clock.fireNext();
    }
    throw new Error(`${jobId} did not end`);
  }

  /** Jobs, parts of others included, that have not ended. */
  unfinished(): readonly string[] {
    return [...this.store.jobs.values()]
      .filter(({ view }) => !isTerminalJob(view.progress.status))
      .map(({ view }) => view.header.jobId);
  }

  #ended(jobId: string): Ended | undefined {
    const job = this.store.jobs.get(`${TENANT}/${jobId}`);
    if (job === undefined || !isTerminalJob(job.view.progress.status)) return undefined;
    const { status, reason } = job.view.progress;
    const nodes = job.chunks
      .flatMap((chunk) => chunk.nodes)
      .map(({ id }, index) => {
        const state = job.nodes.get(index);
        return [id, state?.status ?? 'never started', withoutJob(state?.output)];
      });
    return { status, reason, nodes };
  }

  #nameOf(jobId: string, nodeId: string): string {
    const { parent } = this.store.jobs.get(`${TENANT}/${jobId}`)?.view.header ?? {};
    if (parent === undefined) return `${jobId}/${nodeId}`;
    if (parent.nodeId === undefined) return this.#nameOf(parent.jobId, `undo ${nodeId}`);
    return this.#nameOf(parent.jobId, `${parent.nodeId}[${nodeId}]`);
  }
}

function withoutJob(output: Json | undefined): unknown {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return output;
  return Object.fromEntries(Object.entries(output).filter(([name]) => name !== 'job_id'));
}

/** Each node after all it needs. */
export function inOrder(nodes: readonly NodeDefinition[]): readonly NodeDefinition[] {
  const done = new Set<string>();
  const order: NodeDefinition[] = [];
  while (order.length < nodes.length) {
    for (const node of nodes) {
      if (done.has(node.id) || !(node.needs ?? []).every((need) => done.has(need))) continue;
      done.add(node.id);
      order.push(node);
    }
  }
  return order;
}
