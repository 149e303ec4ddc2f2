import { derivedJobId } from '../ids.js';
import { attemptId } from './attempt.js';
import type { JobHeader } from './job-record.js';

type Parent = Pick<JobHeader, 'jobId' | 'createdAt'>;

/** The id of the job that runs an attempt of a node. */
export function childIdOf({ jobId, createdAt }: Parent, nodeId: string, attempt: number): string {
  return derivedJobId(createdAt, attemptId(jobId, nodeId, attempt));
}

/** The id of the job that undoes what a job did. */
export function compensationIdOf({ jobId, createdAt }: Parent): string {
  return derivedJobId(createdAt, `${jobId}/compensation`);
}
