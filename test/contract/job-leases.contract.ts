import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JOB_STATUSES, isTerminalJob } from '../../src/core/job/status.js';
import { priorityOf, type JobRef } from '../../src/core/job/job-record.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import type { JobView } from '../../src/ports/job-projections.js';
import type { ClusterContract, ClusterUnderTest } from '../support/cluster-under-test.js';
import { StoreJob, T0 } from '../support/store-job.js';

const take = (by: string): Parameters<StoreJob['next']>[0] => ({
  driver: by,
  events: [{ type: 'job_taken', by }],
});
const handOver = (by: string): Parameters<StoreJob['next']>[0] => ({
  events: [{ type: 'job_handed_over', by }],
});

const idsOf = (views: readonly JobView[]): string[] => views.map(({ header }) => header.jobId);
const viewsOf = (...jobs: readonly StoreJob[]): JobView[] =>
  jobs.map(({ header, progress }) => ({ header, progress }));

export function jobLeasesContract(contract: ClusterContract): void {
  describe(`job leases: ${contract.name}`, () => {
    let store: ClusterUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    const commit = async (...records: Parameters<JobJournal['commit']>[0]): Promise<void> => {
      const results = await store.journal.commit(records);
      expect(results.map(({ status }) => status)).toEqual(records.map(() => 'committed'));
      await store.settled();
    };

    it('follow a job from hand to hand until it ends', async () => {
      const { leases } = store.cluster;
      const lists = async (): Promise<unknown[]> => [
        await leases.waiting(5),
        await leases.handedOver(5),
        await leases.heldBy('a', 5),
        await leases.heldBy('b', 5),
      ];
      const named = async (by: string): Promise<readonly JobRef[]> => leases.namesHeldBy(by);
      const job = new StoreJob();
      await commit(job.submit());
      expect(await lists()).toStrictEqual([viewsOf(job), [], [], []]);
      await commit(job.next(take('a')));
      expect(await lists()).toStrictEqual([[], [], viewsOf(job), []]);
      const { tenantId, jobId } = job.header;
      expect(await named('a')).toStrictEqual([{ tenantId, jobId }]);
      expect(await named('b')).toStrictEqual([]);
      await commit(job.next(handOver('a')));
      expect(await lists()).toStrictEqual([viewsOf(job), [], [], []]);
      await commit(job.next({ ...take('a'), status: 'running' }));
      expect(await lists()).toStrictEqual([[], [], viewsOf(job), []]);
      await commit(job.next(take('b')));
      expect(await lists()).toStrictEqual([[], [], [], viewsOf(job)]);
      await commit(job.next(handOver('b')));
      expect(await lists()).toStrictEqual([[], viewsOf(job), [], []]);
      await commit(job.next(take('a')));
      expect(await lists()).toStrictEqual([[], [], viewsOf(job), []]);
      await commit(job.next({ status: 'completed' }));
      expect(await lists()).toStrictEqual([[], [], [], []]);
      expect(await named('a')).toStrictEqual([]);
    });

    it('show where a job stands after many commits in a row', async () => {
      const { leases } = store.cluster;
      const jobs = [new StoreJob(), new StoreJob(), new StoreJob()] as const;
      await store.journal.commit(jobs.map((job) => job.submit()));
      for (let round = 0; round < 5; round += 1) {
        for (const by of ['a', 'b']) {
          await store.journal.commit(jobs.map((job) => job.next(take(by))));
        }
      }
      await store.journal.commit([jobs[1].next(handOver('b'))]);
      await store.journal.commit([jobs[2].next({ status: 'failed' })]);
      await store.settled();
      expect(await leases.heldBy('b', 5)).toStrictEqual(viewsOf(jobs[0]));
      expect(await leases.waiting(5)).toStrictEqual(viewsOf(jobs[1]));
      expect(await leases.heldBy('a', 5)).toEqual([]);
      store = await contract.reopen();
      expect(await store.cluster.leases.heldBy('b', 5)).toStrictEqual(viewsOf(jobs[0]));
    });

    it('are shown of every unfinished status, and of none that is final', async () => {
      const { leases } = store.cluster;
      const jobs = JOB_STATUSES.map((status) => ({
        status,
        free: new StoreJob(),
        held: new StoreJob(),
      }));
      await commit(...jobs.flatMap(({ free, held }) => [free.submit(), held.submit()]));
      await commit(
        ...jobs.flatMap(({ status, free, held }) => [
          free.next({ status }),
          held.next({ status, ...(isTerminalJob(status) ? {} : take('a')) }),
        ]),
      );
      const unfinished = jobs.filter(({ status }) => !isTerminalJob(status));
      const free = unfinished.map((job) => job.free);
      expect(idsOf(await leases.waiting(50))).toEqual([free[0]?.header.jobId]);
      expect(idsOf(await leases.handedOver(50)).sort()).toEqual(
        idsOf(viewsOf(...free.slice(1))).sort(),
      );
      expect(idsOf(await leases.heldBy('a', 50)).sort()).toEqual(
        idsOf(viewsOf(...unfinished.map((job) => job.held))).sort(),
      );
    });

    it('wait by priority, then in order of creation, those of all tenants together', async () => {
      const { leases } = store.cluster;
      const jobs = Array.from(
        { length: 40 },
        (_, at) =>
          new StoreJob({
            tenantId: ['acme', 'globex', '$odd.tenant'][at % 3] ?? '',
            owner: `owner-${at % 4}`,
            priority: ((at * 7) % 5) + 1,
            createdAt: T0 + at,
          }),
      );
      await commit(...jobs.map((job) => job.submit()));
      const inOrder = [...jobs].sort((x, y) => y.header.priority - x.header.priority);
      expect(await leases.waiting(100)).toStrictEqual(viewsOf(...inOrder));
      expect(await leases.waiting(7)).toStrictEqual(viewsOf(...inOrder.slice(0, 7)));
      expect(await leases.waiting(0)).toEqual([]);
      const raised = inOrder.pop() as StoreJob;
      await commit(raised.next({ priority: 5 }));
      inOrder.push(raised);
      inOrder.sort(
        (x, y) => priorityOf(y) - priorityOf(x) || x.header.createdAt - y.header.createdAt,
      );
      expect(await leases.waiting(100)).toStrictEqual(viewsOf(...inOrder));
      // Who takes the first ones sees the next ones.
      await commit(...inOrder.slice(0, 10).map((job) => job.next(take('a'))));
      expect(await leases.waiting(7)).toStrictEqual(viewsOf(...inOrder.slice(10, 17)));
      const held = await leases.heldBy('a', 100);
      expect(idsOf(held).sort()).toEqual(idsOf(viewsOf(...inOrder.slice(0, 10))).sort());
      expect(new Set(held.map(({ header }) => header.tenantId)).size).toBe(3);
    });

    it('of jobs that are overdue are shown while these are queued and nobody has them', async () => {
      const { leases } = store.cluster;
      const overdue = async (now: number, limit = 50): Promise<string[]> =>
        idsOf(await leases.overdue(now, limit)).sort();
      const [early, late, taken] = [5, 9, 5].map(
        (deadline) => new StoreJob({ deadline: T0 + deadline }),
      ) as [StoreJob, StoreJob, StoreJob];
      await commit(...[early, late, taken, new StoreJob()].map((job) => job.submit()));
      await commit(taken.next(take('a')));
      expect(await overdue(T0 + 4)).toEqual([]);
      expect(await overdue(T0 + 5)).toEqual(idsOf(viewsOf(early)));
      expect(await overdue(T0 + 9)).toEqual(idsOf(viewsOf(early, late)).sort());
      expect(await overdue(T0 + 9, 1)).toHaveLength(1);
      await commit(early.next({ status: 'timed_out' }), taken.next(handOver('a')));
      expect(await overdue(T0 + 9)).toEqual(idsOf(viewsOf(late, taken)).sort());
      await commit(late.next({ status: 'running' }));
      expect(await overdue(T0 + 9)).toEqual(idsOf(viewsOf(taken)));
      expect(await leases.waiting(5)).toStrictEqual(expect.arrayContaining(viewsOf(taken)));
    });

    it('come in lists no longer than asked for', async () => {
      const { leases } = store.cluster;
      const jobs = Array.from({ length: 12 }, () => new StoreJob());
      await commit(...jobs.map((job) => job.submit()));
      await commit(
        ...jobs.map((job, at) =>
          job.next({ status: 'running', ...(at < 6 ? take('a') : handOver('b')) }),
        ),
      );
      const [held, free] = [idsOf(viewsOf(...jobs)).slice(0, 6), idsOf(viewsOf(...jobs)).slice(6)];
      for (const limit of [0, 1, 4, 6, 50]) {
        const length = Math.min(limit, 6);
        const [some, others] = [
          idsOf(await leases.heldBy('a', limit)),
          idsOf(await leases.handedOver(limit)),
        ];
        expect([some.length, others.length]).toEqual([length, length]);
        expect(held).toEqual(expect.arrayContaining(some));
        expect(free).toEqual(expect.arrayContaining(others));
      }
    });

    it('of instances that nobody knows are shown to those who name the ones they know', async () => {
      const { leases } = store.cluster;
      const others = async (...known: readonly string[]): Promise<string[]> =>
        idsOf(await leases.heldByOthers(known, 50)).sort();
      const [free, ended] = [new StoreJob(), new StoreJob({ tenantId: 'globex' })];
      const held = ['a', 'b', 'b', 'c'].map((by) => [by, new StoreJob()] as const);
      const ids = (by: string): string[] =>
        idsOf(viewsOf(...held.filter(([driver]) => driver === by).map(([, job]) => job)));
      await commit(...[free, ended, ...held.map(([, job]) => job)].map((job) => job.submit()));
      await commit(
        ...held.map(([by, job]) => job.next(take(by))),
        free.next({ ...handOver('a'), status: 'running' }),
        ended.next({ status: 'failed' }),
      );
      expect(await others('a', 'b', 'c', 'd')).toEqual([]);
      expect(await others('a', 'c')).toEqual(ids('b').sort());
      expect(await others('b')).toEqual([...ids('a'), ...ids('c')].sort());
      expect(await others()).toEqual(['a', 'b', 'c'].flatMap(ids).sort());
      for (const limit of [0, 1, 3]) {
        expect(await leases.heldByOthers([], limit)).toHaveLength(limit);
      }
    });

    it('go to one of those who take a job at once', async () => {
      const job = new StoreJob();
      await commit(job.submit());
      const takers = ['a', 'b', 'c'];
      const { progress } = job;
      const records = takers.map((by) => {
        job.progress = progress;
        return job.next(take(by));
      });
      const results = await Promise.all(records.map((record) => store.journal.commit([record])));
      await store.settled();
      const won = takers.filter((_, at) => results[at]?.[0]?.status === 'committed');
      expect(won).toHaveLength(1);
      for (const by of takers) {
        expect(await store.cluster.leases.heldBy(by, 5)).toHaveLength(by === won[0] ? 1 : 0);
      }
    });
  });
}
