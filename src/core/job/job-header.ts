import type { NormalizedJob } from '../graph/normalize.js';
import type { JobHeader } from './job-record.js';

/** What a definition does not say of the job that is made of it. */
export type JobIdentity = Pick<
  JobHeader,
  | 'tenantId'
  | 'jobId'
  | 'owner'
  | 'createdAt'
  | 'template'
  | 'rerunOf'
  | 'parent'
  | 'correlationId'
  | 'traceparent'
  | 'warnings'
>;

/** The header of a job that is about to be accepted. */
export function headerOf(job: NormalizedJob, identity: JobIdentity): JobHeader {
  const { nodes, name, description, labels, priority, concurrency, timeout, onFailure } = job;
  return {
    ...identity,
    name,
    ...(description === undefined ? {} : { description }),
    labels,
    priority,
    nodeCount: nodes.length,
    types: [...new Set(nodes.map((node) => node.type))],
    concurrency,
    timeout,
    ...(job.deadline === undefined ? {} : { deadline: job.deadline }),
    onFailure,
    ...(job.inputs === undefined ? {} : { inputs: job.inputs }),
  };
}
