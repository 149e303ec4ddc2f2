import path from 'node:path';

/** Where the nodes of this job leave their counts: one folder a job, so that jobs do not mix. */
export const results = path.join(import.meta.dirname, '..', '.results');
export const folder = path.join(
  results,
  (process.env.BATON_JOB_ID ?? 'by-hand').replace(/[^\w.-]/g, '_'),
);
