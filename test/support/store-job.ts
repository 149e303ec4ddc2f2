import type { NodeDefinition } from '../../src/core/graph/definition.js';
import type { Intent, JobEvent } from '../../src/core/job/events.js';
import type {
  DefinitionChunk,
  JobHeader,
  JobProgress,
  JobRef,
  NodeCounts,
  NodeProjection,
} from '../../src/core/job/job-record.js';
import { NODE_STATUSES, type JobStatus, isTerminalJob } from '../../src/core/job/status.js';
import type { CommitRequest, IdempotencyClaim } from '../../src/ports/job-journal.js';

export const T0 = 1_750_000_000_000;

export function nodeDefinitions(count: number): NodeDefinition[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `n${index}`,
    type: 'noop',
    ...(index === 0 ? {} : { needs: [`n${index - 1}`] }),
  }));
}

export function runningNode(index: number, attempt = 1): NodeProjection {
  return { index, status: 'running', attempt, startedAt: T0 + index };
}

export function completedNode(index: number): NodeProjection {
  return {
    index,
    status: 'completed',
    attempt: 1,
    startedAt: T0 + index,
    finishedAt: T0 + index + 5,
    output: { index },
  };
}

export interface StoreJobOptions extends Partial<JobHeader> {
  readonly status?: JobStatus;
}

export interface StoreCommit {
  readonly status?: JobStatus;
  readonly nodes?: readonly NodeProjection[];
  readonly events?: readonly JobEvent[];
  readonly intents?: readonly Intent[];
  readonly reason?: string;
  /** In force from this commit on. */
  readonly priority?: number;
  /** Who drives the job from this commit on; nobody when it is left out. */
  readonly driver?: string;
  readonly at?: number;
}

let jobs = 0;
let commits = 0;

/** Writes the commit requests of one job, as an engine would, for stores to be tried with. */
export class StoreJob {
  readonly header: JobHeader;
  readonly definition: readonly NodeDefinition[];
  progress: JobProgress;
  readonly #states = new Map<number, NodeProjection>();

  constructor(options: StoreJobOptions = {}) {
    const { status = 'queued', ...header } = options;
    jobs += 1;
    this.header = {
      tenantId: 'acme',
      jobId: `job-${jobs}`,
      owner: 'alice',
      name: 'nightly',
      labels: {},
      priority: 3,
      createdAt: T0,
      nodeCount: 3,
      types: ['noop'],
      concurrency: 10,
      timeout: 3600,
      onFailure: 'finish_branches',
      correlationId: `correlation-${jobs}`,
      ...header,
    };
    this.definition = nodeDefinitions(this.header.nodeCount);
    this.progress = { status, version: 0, counts: this.#counts(), updatedAt: T0 };
  }

  get ref(): JobRef {
    return { tenantId: this.header.tenantId, jobId: this.header.jobId };
  }

  /** The definition in chunks of this many nodes. */
  chunks(size: number): DefinitionChunk[] {
    const chunks: DefinitionChunk[] = [];
    for (let first = 0; first < this.definition.length; first += size) {
      chunks.push({ first, nodes: this.definition.slice(first, first + size) });
    }
    return chunks;
  }

  /** The record that creates the job. */
  submit(
    options: {
      readonly chunks?: readonly DefinitionChunk[];
      readonly idempotency?: IdempotencyClaim;
    } & StoreCommit = {},
  ): CommitRequest {
    const { chunks = this.chunks(Infinity), idempotency, ...commit } = options;
    const events: readonly JobEvent[] = [
      { type: 'job_submitted', by: this.header.owner, nodes: this.header.nodeCount },
    ];
    return {
      ...this.next({ events, ...commit }),
      creation: {
        header: this.header,
        chunks,
        ...(idempotency === undefined ? {} : { idempotency }),
      },
    };
  }

  /** The next record; the job is taken to have committed it. */
  next(commit: StoreCommit = {}): CommitRequest {
    const nodes = commit.nodes ?? [];
    for (const node of nodes) this.#states.set(node.index, node);
    const expectedVersion = this.progress.version;
    const status = commit.status ?? this.progress.status;
    const at = commit.at ?? T0 + expectedVersion;
    const priority = commit.priority ?? this.progress.priority;
    commits += 1;
    this.progress = {
      status,
      version: expectedVersion + 1,
      counts: this.#counts(),
      updatedAt: at,
      ...(status === 'queued' ? {} : { startedAt: T0 + 1 }),
      ...(isTerminalJob(status) ? { finishedAt: at } : {}),
      ...(commit.driver === undefined ? {} : { driver: commit.driver }),
      ...(commit.reason === undefined ? {} : { reason: commit.reason }),
      ...(priority === undefined ? {} : { priority }),
    };
    return {
      ...this.ref,
      commitId: `commit-${commits}`,
      expectedVersion,
      at,
      events: commit.events ?? [{ type: 'job_started' }],
      intents: commit.intents ?? [],
      progress: this.progress,
      nodes,
    };
  }

  state(index: number): NodeProjection | undefined {
    return this.#states.get(index);
  }

  #counts(): NodeCounts {
    const counts = Object.fromEntries(NODE_STATUSES.map((status) => [status, 0])) as Record<
      (typeof NODE_STATUSES)[number],
      number
    >;
    for (const node of this.#states.values()) counts[node.status] += 1;
    counts.pending = this.header.nodeCount - this.#states.size;
    return counts;
  }
}
