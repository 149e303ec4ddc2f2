import type { NodeDefinition } from '../core/graph/definition.js';
import type { JobHeader, JobProgress, JobRef, NodeProjection } from '../core/job/job-record.js';
import type { JobStatus, NodeStatus } from '../core/job/status.js';
import type { NodeStanding } from '../core/why/dependencies.js';

export interface JobView {
  readonly header: JobHeader;
  readonly progress: JobProgress;
}

/** A node's definition with its state; `state` is absent while it has never left `pending`. */
export interface NodeView {
  readonly index: number;
  readonly definition: NodeDefinition;
  readonly state?: NodeProjection;
}

export const JOB_SORTS = ['created_at', '-created_at', 'priority', '-priority'] as const;
/** `-` is descending; jobs of one priority come newest first. */
export type JobSort = (typeof JOB_SORTS)[number];

export interface JobQuery {
  readonly tenantId: string;
  /** Absent: every owner of the tenant. */
  readonly owner?: string;
  /** Any of these. */
  readonly status?: readonly JobStatus[];
  /** The exact name. */
  readonly name?: string;
  /** Every one of these. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Jobs with at least one node of this type. */
  readonly type?: string;
  readonly priority?: number;
  /** Epoch milliseconds, inclusive. */
  readonly createdFrom?: number;
  /** Epoch milliseconds, exclusive. */
  readonly createdTo?: number;
  readonly sort: JobSort;
  readonly limit: number;
  /** Where the page before ended (its `next`), or how many jobs to pass over. */
  readonly start: { readonly cursor: string } | { readonly offset: number };
}

export interface JobPage {
  readonly jobs: readonly JobView[];
  /** How many jobs match in all; exact unless `totalIsLowerBound`. */
  readonly total: number;
  readonly totalIsLowerBound: boolean;
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

export interface NodeQuery {
  /** Nodes after this index; -1 for the first page. */
  readonly after: number;
  readonly limit: number;
  readonly status?: NodeStatus;
}

/** A job that has not ended, as recovery and admission see it. */
export interface UnfinishedJob extends JobRef {
  readonly status: JobStatus;
  readonly priority: number;
  readonly createdAt: number;
  /** Epoch milliseconds by which it is to have ended. */
  readonly deadline?: number;
}

/**
 * What the journal says, arranged for reading. Every method is scoped to a tenant.
 * Rejects with {@link StoreUnavailable} when the store cannot be reached.
 */
export interface JobProjections {
  job(ref: JobRef): Promise<JobView | undefined>;
  /** In definition order, without their outputs: a page costs the same however large those are. */
  nodes(ref: JobRef, query: NodeQuery): Promise<readonly NodeView[]>;
  node(ref: JobRef, nodeId: string): Promise<NodeView | undefined>;
  /**
   * How the nodes with these ids stand; those that the job does not have are left out. However many
   * they are, it costs no more than a walk over the job's definition.
   */
  standings(ref: JobRef, nodeIds: readonly string[]): Promise<ReadonlyMap<string, NodeStanding>>;
  /** Rejects with {@link InvalidCursor} when the cursor is not one of this list's. */
  list(query: JobQuery): Promise<JobPage>;
  /** Unfinished jobs of all tenants in order of creation; `after` is the last one of the page before. */
  unfinished(after: UnfinishedJob | undefined, limit: number): Promise<readonly UnfinishedJob[]>;
}
