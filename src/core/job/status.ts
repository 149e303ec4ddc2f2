export const JOB_STATUSES = [
  'queued',
  'running',
  'paused',
  'cancelling',
  'compensating',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const NODE_STATUSES = [
  'pending',
  'ready',
  'running',
  'waiting',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

export type TerminalJobStatus = 'completed' | 'failed' | 'cancelled' | 'timed_out';
export type TerminalNodeStatus = 'completed' | 'failed' | 'cancelled' | 'skipped';

export function isTerminalJob(status: JobStatus): status is TerminalJobStatus {
  return (
    status === 'completed' ||
    status === 'failed' ||
    status === 'cancelled' ||
    status === 'timed_out'
  );
}

export function isTerminalNode(status: NodeStatus): status is TerminalNodeStatus {
  return (
    status === 'completed' || status === 'failed' || status === 'cancelled' || status === 'skipped'
  );
}

/**
 * The status of a node of which nothing is stored: it has never left `pending`, and when its job
 * ended without it, it was cancelled with the job.
 */
export function unstartedNodeStatus(job: JobStatus): NodeStatus {
  return isTerminalJob(job) ? 'cancelled' : 'pending';
}
