import type { JobHeader, JobProgress } from '../job/job-record.js';
import { isTerminalJob } from '../job/status.js';

/** What there is to know of a job besides its nodes. */
export interface JobCircumstances {
  readonly header: Pick<JobHeader, 'owner' | 'concurrency' | 'onFailure'>;
  readonly progress: JobProgress;
  /** Of a paused job, where it could be found. */
  readonly paused?: { readonly since: number; readonly by: string };
}

/** What the instance that answers knows of itself. */
export interface InstanceCircumstances {
  /** Its id, where others share the store. */
  readonly id?: string;
  readonly runningJobs: number;
  readonly maxRunningJobs: number;
  readonly runningNodes: number;
  readonly maxRunningNodes: number;
  /** Jobs that it takes from its queue before this one; absent when this one is not in it. */
  readonly jobsAhead?: number;
}

/** Whether a job that has not ended is to end before its nodes have: nothing of it starts any more. */
export function isEnding({ status, reason }: JobProgress): boolean {
  if (isTerminalJob(status)) return false;
  // The reason is given from when a job is told to end, whatever its status.
  return status === 'cancelling' || status === 'compensating' || reason !== undefined;
}

/** Who drives a job, as seen by an instance. */
export function driverOf(
  { driver, status }: JobProgress,
  { id }: InstanceCircumstances,
): 'here' | 'elsewhere' | 'nobody' {
  if (id === undefined || driver === id) return 'here';
  if (driver !== undefined) return 'elsewhere';
  return status === 'queued' ? 'here' : 'nobody';
}
