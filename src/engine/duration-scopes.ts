import type { JobHeader } from '../core/job/job-record.js';

/** What a job is known by from one run to the next: its template, else its name. */
export type RecurringJob = Pick<JobHeader, 'tenantId' | 'name' | 'template'>;

/** Under which the durations of a job's nodes are filed. */
export function scopeOf({ name, template }: RecurringJob): string {
  return template === undefined ? `job:${name}` : `template:${template.name}`;
}

/** Under which durations are filed by the types of nodes. */
export const TYPES = 'types';

/** Nodes of larger jobs are known by their type only. */
export const MOST_KNOWN_BY_NODE = 2_000;
