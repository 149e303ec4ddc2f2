import fc from 'fast-check';
import { JOB_SORTS, type JobQuery } from '../../src/ports/job-projections.js';
import { T0 } from './store-job.js';

/** Queries that some, none or all of the jobs in the tests of lists match. */
export const anyJobQuery = fc.record(
  {
    tenantId: fc.constantFrom('acme', 'globex'),
    owner: fc.constantFrom('alice', 'bob', 'carol'),
    status: fc.subarray(['queued', 'running', 'failed', 'cancelled', 'paused'] as const, {
      minLength: 1,
    }),
    name: fc.constantFrom('nightly', 'pr-7', 'none'),
    labels: fc.constantFrom<Readonly<Record<string, string>>>(
      { team: 'web' },
      { shard: '3' },
      { team: 'web', shard: '2' },
      {},
    ),
    type: fc.constantFrom('noop', 'shell', 'http'),
    priority: fc.integer({ min: 1, max: 5 }),
    createdFrom: fc.integer({ min: T0 - 100, max: T0 + 15_000 }),
    createdTo: fc.integer({ min: T0 - 100, max: T0 + 15_000 }),
    sort: fc.constantFrom(...JOB_SORTS),
    limit: fc.constantFrom(1, 7, 100),
    start: fc.record({ offset: fc.constantFrom(0, 0, 3, 250, 5_000) }),
  },
  { requiredKeys: ['tenantId', 'sort', 'limit', 'start'] },
) as fc.Arbitrary<JobQuery>;
