import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTerminalJob } from '../../src/core/job/status.js';
import type { CommitRequest } from '../../src/ports/job-journal.js';
import { JOB_SORTS, type JobQuery } from '../../src/ports/job-projections.js';
import { InvalidCursor } from '../../src/ports/store-errors.js';
import { anyJobQuery } from '../support/job-queries.js';
import { StoreJob, T0 } from '../support/store-job.js';
import { StoreModel } from '../support/store-model.js';
import type { StoreContract, StoreUnderTest } from '../support/store-under-test.js';

const everything: JobQuery = {
  tenantId: 'acme',
  sort: '-created_at',
  limit: 50,
  start: { offset: 0 },
};

async function allPages(store: StoreUnderTest, query: JobQuery): Promise<string[]> {
  const seen: string[] = [];
  let { start } = query;
  for (;;) {
    const page = await store.projections.list({ ...query, start });
    seen.push(...page.jobs.map((job) => job.header.jobId));
    if (page.next === undefined) return seen;
    expect(page.jobs).toHaveLength(query.limit);
    start = { cursor: page.next };
  }
}

export function jobListContract(contract: StoreContract): void {
  describe(`job lists: ${contract.name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    const submit = async (...jobs: StoreJob[]): Promise<void> => {
      await store.journal.commit(jobs.map((job) => job.submit()));
      await store.settled();
    };
    const ids = (jobs: readonly StoreJob[]): string[] => jobs.map((job) => job.header.jobId);

    it('is empty for a tenant without jobs', async () => {
      for (const sort of JOB_SORTS) {
        expect(await store.projections.list({ ...everything, sort })).toStrictEqual({
          jobs: [],
          total: 0,
          totalIsLowerBound: false,
        });
      }
    });

    it('shows whole jobs', async () => {
      const job = new StoreJob({ labels: { team: 'web' } });
      await submit(job);
      await store.journal.commit([job.next({ status: 'running' })]);
      await store.settled();
      const page = await store.projections.list(everything);
      expect(page.jobs).toStrictEqual([{ header: job.header, progress: job.progress }]);
    });

    it('sorts by creation and by priority, both ways, newest first within a priority', async () => {
      const jobs = [2, 5, 2, 1, 5].map(
        (priority, at) => new StoreJob({ priority, createdAt: T0 + at }),
      );
      await submit(...jobs);
      const order = async (sort: JobQuery['sort']): Promise<number[]> =>
        (await allPages(store, { ...everything, sort, limit: 2 })).map((id) =>
          ids(jobs).indexOf(id),
        );
      expect(await order('created_at')).toEqual([0, 1, 2, 3, 4]);
      expect(await order('-created_at')).toEqual([4, 3, 2, 1, 0]);
      expect(await order('priority')).toEqual([3, 2, 0, 4, 1]);
      expect(await order('-priority')).toEqual([4, 1, 2, 0, 3]);
    });

    it('goes by the priority in force', async () => {
      const jobs = [2, 5, 3].map((priority, at) => new StoreJob({ priority, createdAt: T0 + at }));
      const [low, high, middle] = jobs as [StoreJob, StoreJob, StoreJob];
      await submit(...jobs);
      await store.journal.commit([low.next({ status: 'running', priority: 4 })]);
      await store.journal.commit([high.next({ priority: 1 }), low.next({ status: 'failed' })]);
      await store.settled();
      const found = async (query: Partial<JobQuery>): Promise<string[]> =>
        allPages(store, { ...everything, ...query, limit: 1 });
      for (let reopened = 0; reopened < 2; reopened++) {
        expect(await found({ sort: '-priority' })).toEqual(ids([low, middle, high]));
        expect(await found({ sort: 'priority' })).toEqual(ids([high, middle, low]));
        expect(await found({ priority: 4 })).toEqual(ids([low]));
        expect(await found({ priority: 1, owner: 'alice' })).toEqual(ids([high]));
        expect(await found({ priority: 5 })).toEqual([]);
        const page = await store.projections.list({ ...everything, priority: 4 });
        expect(page.jobs).toStrictEqual([{ header: low.header, progress: low.progress }]);
        expect(await store.projections.unfinished(undefined, 10)).toMatchObject([
          { jobId: high.header.jobId, priority: 1 },
          { jobId: middle.header.jobId, priority: 3 },
        ]);
        store = await contract.reopen();
      }
    });

    it('tells of unfinished jobs by when they are to have ended', async () => {
      const jobs = [new StoreJob({ deadline: T0 + 5 }), new StoreJob()];
      await submit(...jobs);
      const [due, free] = await store.projections.unfinished(undefined, 10);
      expect(due).toMatchObject({ jobId: jobs[0]?.header.jobId, deadline: T0 + 5 });
      expect(free).not.toHaveProperty('deadline');
    });

    it('keeps its place while jobs are created and end', async () => {
      const jobs = Array.from({ length: 5 }, (_, at) => new StoreJob({ createdAt: T0 + at }));
      await submit(...jobs);
      const first = await store.projections.list({ ...everything, limit: 2 });
      await submit(new StoreJob({ createdAt: T0 + 10 }));
      await store.journal.commit(jobs.map((job) => job.next({ status: 'completed' })));
      await store.settled();
      const rest = await allPages(store, {
        ...everything,
        limit: 2,
        start: { cursor: first.next ?? '' },
      });
      expect(rest).toEqual(ids([jobs[2], jobs[1], jobs[0]] as StoreJob[]));
    });

    it('refuses a cursor that is not of this list', async () => {
      const jobs = Array.from({ length: 5 }, () => new StoreJob());
      await submit(...jobs);
      const { next = '' } = await store.projections.list({ ...everything, limit: 2 });
      const wrong: Partial<JobQuery>[] = [
        { start: { cursor: '' } },
        { start: { cursor: 'nonsense' } },
        { start: { cursor: Buffer.from('[]').toString('base64url') } },
        { start: { cursor: Buffer.from('null').toString('base64url') } },
        { start: { cursor: next }, status: ['queued'] },
        { start: { cursor: next }, sort: 'created_at' },
        { start: { cursor: next }, sort: 'priority' },
        { start: { cursor: next }, tenantId: 'globex' },
        { start: { cursor: next }, owner: 'alice' },
      ];
      for (const change of wrong) {
        await expect(store.projections.list({ ...everything, ...change })).rejects.toBeInstanceOf(
          InvalidCursor,
        );
      }
      const page = await store.projections.list({
        ...everything,
        limit: 50,
        start: { cursor: next },
      });
      expect(page.jobs).toHaveLength(3);
    });

    it('tells labels apart that look alike when run together', async () => {
      const one = new StoreJob({ labels: { 'a=b': 'c', x: '1' } });
      const other = new StoreJob({ labels: { a: 'b=c', x: '2' } });
      await submit(one, other);
      const found = async (labels: Record<string, string>): Promise<string[]> =>
        allPages(store, { ...everything, labels });
      expect(await found({ a: 'b=c' })).toEqual(ids([other]));
      expect(await found({ 'a=b': 'c' })).toEqual(ids([one]));
      expect(await found({ 'a=b': 'c', x: '2' })).toEqual([]);
      expect(await found({ constructor: 'x' })).toEqual([]);
    });
  });

  describe(`job lists of many jobs: ${contract.name}`, () => {
    const model = new StoreModel();
    let store: StoreUnderTest;
    let jobs: StoreJob[];

    beforeAll(async () => {
      store = await contract.create();
      const commit = async (batch: CommitRequest[]): Promise<void> => {
        const results = await store.journal.commit(batch);
        expect(results).toEqual(batch.map((request) => model.commit(request)));
      };
      jobs = Array.from({ length: 1_500 }, (_, at) => {
        // Clocks go back now and then.
        const createdAt = T0 + at * 10 - (at > 800 ? 2_000 : 0) - (at % 97 === 0 ? 500 : 0);
        return new StoreJob({
          tenantId: at % 11 === 0 ? 'globex' : 'acme',
          owner: at % 4 === 0 ? 'bob' : 'alice',
          name: at % 3 === 0 ? 'nightly' : `pr-${at % 50}`,
          labels: { ...(at % 2 === 0 ? { team: 'web' } : {}), shard: String(at % 5) },
          types: at % 6 === 0 ? ['noop', 'shell'] : ['noop'],
          priority: ((at * 7) % 5) + 1,
          createdAt,
        });
      });
      for (let at = 0; at < jobs.length; at += 100) {
        await commit(jobs.slice(at, at + 100).map((job) => job.submit()));
        const older = jobs.slice(Math.max(0, at - 600), at + 100);
        await commit(
          older
            .filter((job, index) => index % 5 !== 0 && job.progress.status === 'queued')
            .map((job) => job.next({ status: 'running' })),
        );
        await commit(
          older
            .filter((job, index) => index % 7 === 0 && !isTerminalJob(job.progress.status))
            .map((job, index) => job.next({ priority: ((at + index) % 5) + 1 })),
        );
        await commit(
          older.flatMap((job, index) =>
            index % 3 === 0 && job.progress.status === 'running'
              ? [
                  job.next({ status: 'cancelling' }),
                  job.next({ status: index % 2 === 0 ? 'cancelled' : 'failed' }),
                ]
              : [],
          ),
        );
      }
      await store.settled();
    });
    afterAll(() => contract.destroy());

    it('answers every query as a plain model does', async () => {
      await fc.assert(
        fc.asyncProperty(anyJobQuery, async (asked) => {
          const expected = model.list(asked);
          const offset = 'offset' in asked.start ? asked.start.offset : 0;
          const page = await store.projections.list(asked);
          expect({ total: page.total, totalIsLowerBound: page.totalIsLowerBound }).toEqual({
            total: expected.length,
            totalIsLowerBound: false,
          });
          expect(page.jobs).toEqual(
            expected.slice(offset, offset + asked.limit).map(({ header, progress }) => ({
              header,
              progress,
            })),
          );
          expect(page.next === undefined).toBe(offset + asked.limit >= expected.length);
        }),
        { numRuns: 400 },
      );
    });

    it('walks every list to its end by cursors, each job once', async () => {
      await fc.assert(
        fc.asyncProperty(anyJobQuery, async (asked) => {
          const whole = { ...asked, limit: 40, start: { offset: 0 } };
          expect(await allPages(store, whole)).toEqual(
            model.list(asked).map((job) => job.header.jobId),
          );
        }),
        { numRuns: 60 },
      );
    });

    it('answers the same after a restart', async () => {
      store = await contract.reopen();
      await fc.assert(
        fc.asyncProperty(anyJobQuery, async (asked) => {
          const whole = { ...asked, limit: 500, start: { offset: 0 } };
          expect(await allPages(store, whole)).toEqual(
            model.list(asked).map((job) => job.header.jobId),
          );
        }),
        { numRuns: 60 },
      );
    });
  });
}
