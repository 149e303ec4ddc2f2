import { INTERRUPTED, type AttemptSummary } from './attempt.js';
import type { NodeEvent } from './events.js';
import type { JobProgress, NodeCounts, NodeProjection } from './job-record.js';
import type { JobState } from './job-state.js';
import { isTerminalNode, NODE_STATUSES, type NodeStatus } from './status.js';
import { NODE_CODE } from './transitions.js';

/** What lists and status reads show of a job. */
export function projectJob(state: JobState): JobProgress {
  return {
    status: state.status,
    version: state.version,
    counts: projectCounts(state),
    updatedAt: state.updatedAt,
    ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
    ...(state.finishedAt === undefined ? {} : { finishedAt: state.finishedAt }),
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    ...(state.priority === undefined ? {} : { priority: state.priority }),
  };
}

/**
 * A node that is ready for its first attempt is shown as pending: nothing is stored of a node until
 * it starts, so that a commit never costs more than the nodes it moves.
 */
function projectCounts(state: JobState): NodeCounts {
  const of = (status: NodeStatus): number => state.counts[NODE_CODE[status]] ?? 0;
  return {
    pending: of('pending') + state.freshReady,
    ready: of('ready') - state.freshReady,
    running: of('running'),
    waiting: of('waiting'),
    retrying: of('retrying'),
    completed: of('completed'),
    failed: of('failed'),
    cancelled: of('cancelled'),
    skipped: of('skipped'),
  };
}

/** An attempt that the service cut short says nothing of the test. */
export function hasFailedItself(history: readonly AttemptSummary[]): boolean {
  return history.some(({ status, error }) => status === 'failed' && error?.code !== INTERRUPTED);
}

/**
 * What is stored of one node after a commit.
 *
 * @param last the last event of the commit that concerned the node; outputs and errors are in it
 */
export function projectNode(state: JobState, node: number, last: NodeEvent): NodeProjection {
  const status = NODE_STATUSES[state.nodeStatus[node] ?? 0] ?? 'pending';
  const projection: Mutable<NodeProjection> = {
    index: node,
    status,
    attempt: state.attempts[node] ?? 0,
  };
  const startedAt = state.nodeStartedAt[node] ?? 0;
  if (startedAt !== 0) projection.startedAt = startedAt;
  if (isTerminalNode(status)) projection.finishedAt = state.updatedAt;
  if ('error' in last) projection.error = last.error;
  if ('output' in last) projection.output = last.output;
  if (last.type === 'node_reused') projection.reused = true;
  if ('cached' in last) projection.cached = last.cached;
  if ('reason' in last) projection.skipReason = last.reason;
  const details = state.details.get(node);
  if (details === undefined) return projection;
  if (details.until !== undefined) projection.until = details.until;
  if (details.heldBy !== undefined) projection.heldBy = details.heldBy;
  if (details.awaits !== undefined && status === 'waiting') projection.awaits = details.awaits;
  if (details.child !== undefined) projection.child = details.child;
  if (details.iteration !== undefined) projection.iteration = details.iteration;
  const failedBefore = details.failedBefore === true;
  if (failedBefore && status === 'completed') projection.passedOnRetry = true;
  if (details.history !== undefined) {
    projection.history = details.history.slice();
    if (status === 'completed' && hasFailedItself(details.history)) projection.passedOnRetry = true;
  }
  return projection;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
