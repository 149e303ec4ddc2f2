import type { JobHeader } from '../../../core/job/job-record.js';
import type { JobStatus } from '../../../core/job/status.js';

/** What lists can ask about a job. */
export interface IndexedJob extends Pick<
  JobHeader,
  'tenantId' | 'owner' | 'name' | 'labels' | 'types' | 'createdAt'
> {
  readonly seq: number;
  status: JobStatus;
  /** In force. */
  priority: number;
}

/** Every job of a scope has this facet. */
export const EVERY_JOB = 'all';
/** The facet, in the scope of no tenant, of jobs that have not ended. */
export const UNFINISHED = 'unfinished';
export const NO_SCOPE = 0;

export const statusFacet = (status: JobStatus): string => `status=${status}`;
export const nameFacet = (name: string): string => `name=${name}`;
export const typeFacet = (type: string): string => `type=${type}`;
export const priorityFacet = (priority: number): string => `priority=${priority}`;
/** The length keeps `a` = `b=c` apart from `a=b` = `c`. */
export const labelFacet = (label: string, value: string): string =>
  `label=${label.length}:${label}=${value}`;

export function facetsOf(job: IndexedJob): string[] {
  const facets = [
    EVERY_JOB,
    statusFacet(job.status),
    nameFacet(job.name),
    priorityFacet(job.priority),
  ];
  for (const type of job.types) facets.push(typeFacet(type));
  for (const [label, value] of Object.entries(job.labels)) facets.push(labelFacet(label, value));
  return facets;
}
