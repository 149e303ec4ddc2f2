import type { Json, JsonObject } from '../json.js';
import type { NodeDefinition, OnFailure } from '../graph/definition.js';
import type { ScheduleOrigin } from '../schedule/schedule.js';
import type { TemplateOrigin } from '../template/template.js';
import type { AttemptError, AttemptSummary, Awaited, CachedFrom, HeldBy } from './attempt.js';
import type { JobStatus, NodeStatus } from './status.js';

export interface JobRef {
  readonly tenantId: string;
  readonly jobId: string;
}

/** What is settled about a job when it is accepted, and never changes. Times are epoch milliseconds. */
export interface JobHeader extends JobRef {
  readonly owner: string;
  readonly name: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 1 (low) to 5 (high). */
  readonly priority: number;
  readonly createdAt: number;
  readonly nodeCount: number;
  /** The node types the job uses, each once. */
  readonly types: readonly string[];
  readonly concurrency: number;
  /** Seconds from the job's start. */
  readonly timeout: number;
  /** Epoch milliseconds by which the job is to have ended, queued or not. */
  readonly deadline?: number;
  readonly onFailure: OnFailure;
  readonly inputs?: JsonObject;
  /** Present when it is a run of a template. */
  readonly template?: TemplateOrigin;
  /** Present when a schedule made it. */
  readonly schedule?: ScheduleOrigin;
  readonly warnings?: readonly string[];
  /** The job that this one runs again. */
  readonly rerunOf?: RerunOrigin;
  /** The job that this one is a part of. */
  readonly parent?: ParentLink;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** What a job is to the one that it is a part of. */
export interface ParentLink {
  readonly jobId: string;
  /** `children`: one node an item of a node; `compensation`: what undoes nodes of the other job. */
  readonly kind: 'sub_job' | 'children' | 'compensation';
  /** The node that waits for this job; absent for a compensation, which the job itself waits for. */
  readonly nodeId?: string;
  readonly attempt: number;
  /** Jobs above this one. */
  readonly depth: number;
}

/** Which job is run again, and how much of it. */
export interface RerunOrigin {
  readonly jobId: string;
  /**
   * Nodes that run again, with all that follows from them and all that had not succeeded; the others
   * keep their outcome. Absent: every node runs again.
   */
  readonly from?: readonly string[];
}

/** How many nodes stand in each status; they add up to the job's node count. */
export type NodeCounts = Readonly<Record<NodeStatus, number>>;

/** What changes while a job runs: the projection that lists and status reads show. */
export interface JobProgress {
  readonly status: JobStatus;
  /** The journal version this reflects. */
  readonly version: number;
  readonly counts: NodeCounts;
  readonly updatedAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /**
   * The instance that drives the job. Absent when nobody does, when the job has ended, and where one
   * process has the store for itself.
   */
  readonly driver?: string;
  /** One sentence on why the job ended as it did, where there is more to say than its status. */
  readonly reason?: string;
  /** The priority in force, once it has been changed; until then the header says it. */
  readonly priority?: number;
}

/** The priority in force: 1 (low) to 5 (high). */
export function priorityOf(job: {
  readonly header: Pick<JobHeader, 'priority'>;
  readonly progress: Pick<JobProgress, 'priority'>;
}): number {
  return job.progress.priority ?? job.header.priority;
}

/** The state of one node that has left `pending`. */
export interface NodeProjection {
  /** The node's place in the definition, from 0. */
  readonly index: number;
  readonly status: NodeStatus;
  /** Attempts started so far. */
  readonly attempt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Epoch milliseconds to which a retrying or waiting node is held. */
  readonly until?: number;
  /** What a waiting node waits for, where it is not time alone. */
  readonly awaits?: Awaited;
  /** The job that runs, or ran, the node. */
  readonly child?: string;
  /** What keeps the attempt that was started last from beginning. */
  readonly heldBy?: HeldBy;
  readonly output?: Json;
  readonly error?: AttemptError;
  readonly skipReason?: string;
  /** It completed after an attempt that failed; one that the service cut short does not count. */
  readonly passedOnRetry?: boolean;
  /** It was kept as it was in the job that this one runs again. */
  readonly reused?: boolean;
  /** Nothing was run: it took over the result of that node. */
  readonly cached?: CachedFrom;
  /** Of a node that is repeated: the round it is in, was in last, or is to begin. */
  readonly iteration?: number;
  /** Attempts that have ended, of the present round, oldest first; left out when the fields above say it all. */
  readonly history?: readonly AttemptSummary[];
}

/** What pages of nodes show of a node. */
export function withoutOutput(node: NodeProjection): NodeProjection {
  if (node.output === undefined) return node;
  const shown: { -readonly [K in keyof NodeProjection]: NodeProjection[K] } = { ...node };
  delete shown.output;
  return shown;
}

/** A run of consecutive nodes of a definition, small enough for one document. */
export interface DefinitionChunk {
  /** The index of its first node. */
  readonly first: number;
  readonly nodes: readonly NodeDefinition[];
}
