import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JOB_STATUSES, isTerminalJob } from '../../src/core/job/status.js';
import type { Cluster, Instance, JobMessage } from '../../src/ports/cluster.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import type { JobView } from '../../src/ports/job-projections.js';
import { StoreJob, T0 } from '../support/store-job.js';

export interface ClusterUnderTest {
  readonly journal: JobJournal;
  readonly cluster: Cluster;
  /** Resolves when the leases show every commit answered so far. */
  settled(): Promise<void>;
}

/** How the contract gets at the adapter it is run on. */
export interface ClusterContract {
  readonly name: string;
  /** On empty storage. */
  create(): Promise<ClusterUnderTest>;
  /** As another process would see it; the one before is no longer used. */
  reopen(): Promise<ClusterUnderTest>;
  destroy(): Promise<void>;
}

const registration = (id: string): Omit<Instance, 'beats' | 'dead'> => ({
  id,
  host: 'runner-1.example',
  pid: 4711,
  startedAt: T0,
});

const message = (id: string, more: Partial<JobMessage> = {}): JobMessage => ({
  id,
  tenantId: 'acme',
  jobId: 'job-1',
  at: T0,
  command: { type: 'cancel', by: 'alice' },
  ...more,
});

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

export function clusterContract(contract: ClusterContract): void {
  describe(`cluster: ${contract.name}`, () => {
    let store: ClusterUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    describe('instances', () => {
      const named = async (id: string): Promise<Instance | undefined> =>
        (await store.cluster.instances.all()).find((instance) => instance.id === id);

      it('are shown as they registered, with every sign of life counted', async () => {
        await store.cluster.instances.register(registration('a'));
        await store.cluster.instances.register({ ...registration('b'), pid: 1, host: 'é' });
        expect(await named('a')).toStrictEqual({ ...registration('a'), beats: 0, dead: false });
        const seen: number[] = [];
        for (let beat = 0; beat < 3; beat += 1) {
          expect(await store.cluster.instances.beat('a')).toBe(true);
          seen.push((await named('a'))?.beats ?? 0);
        }
        expect(seen).toEqual([...new Set(seen)].sort((x, y) => x - y));
        expect(seen[0]).toBeGreaterThan(0);
        store = await contract.reopen();
        expect((await named('a'))?.beats).toBe(seen.at(-1));
        expect(await named('b')).toStrictEqual({
          ...registration('b'),
          pid: 1,
          host: 'é',
          beats: 0,
          dead: false,
        });
      });

      it('cannot have the id of another, also not of a dead one', async () => {
        const { instances } = store.cluster;
        await instances.register(registration('a'));
        await instances.beat('a');
        const before = await named('a');
        await expect(instances.register({ ...registration('a'), pid: 2 })).rejects.toThrow(
          /already/,
        );
        expect(await named('a')).toEqual(before);
        await instances.declareDead('a', before?.beats ?? 0);
        await expect(instances.register(registration('a'))).rejects.toThrow(/already/);
        expect(await instances.beat('a')).toBe(false);
      });

      it('are told by their next beat that they were declared dead, and stay dead', async () => {
        const { instances } = store.cluster;
        await instances.register(registration('a'));
        await instances.register(registration('b'));
        await instances.beat('a');
        const { beats = -1 } = (await named('a')) ?? {};
        expect(await instances.declareDead('a', beats)).toBe(true);
        expect(await instances.beat('a')).toBe(false);
        expect(await instances.beat('a')).toBe(false);
        expect(await named('a')).toMatchObject({ dead: true, beats });
        expect(await instances.beat('b')).toBe(true);
        expect(await named('b')).toMatchObject({ dead: false });
      });

      it('live on when they have beaten since they were looked at', async () => {
        const { instances } = store.cluster;
        await instances.register(registration('a'));
        await instances.beat('a');
        const { beats = -1 } = (await named('a')) ?? {};
        await instances.beat('a');
        expect(await instances.declareDead('a', beats)).toBe(false);
        expect(await instances.declareDead('a', 0)).toBe(false);
        expect(await instances.beat('a')).toBe(true);
        expect(await named('a')).toMatchObject({ dead: false });
      });

      it('are dead for everyone who declares them so, whenever that is', async () => {
        const { instances } = store.cluster;
        await instances.register(registration('a'));
        await instances.beat('a');
        const { beats = -1 } = (await named('a')) ?? {};
        const declared = Array.from({ length: 5 }, () => instances.declareDead('a', beats));
        expect(await Promise.all(declared)).toEqual(Array(5).fill(true));
        expect(await instances.declareDead('a', beats)).toBe(true);
        expect(await instances.declareDead('a', beats - 1)).toBe(true);
        expect(await instances.declareDead('never registered', 0)).toBe(true);
      });

      it('either beat or are dead, when both are tried at once', async () => {
        const { instances } = store.cluster;
        for (let round = 0; round < 20; round += 1) {
          const id = `racer-${round}`;
          await instances.register(registration(id));
          const [lives, dead] = await Promise.all([
            instances.beat(id),
            instances.declareDead(id, 0),
          ]);
          expect(lives).toBe(!dead);
          expect(await named(id)).toMatchObject({ dead, beats: lives ? 1 : 0 });
        }
      });

      it('that were removed are not shown and cannot beat', async () => {
        const { instances } = store.cluster;
        for (const id of ['a', 'b']) await instances.register(registration(id));
        await instances.remove('a');
        await instances.remove('a');
        await instances.remove('never registered');
        expect(await instances.beat('a')).toBe(false);
        expect(await instances.beat('never registered')).toBe(false);
        expect((await instances.all()).map(({ id }) => id)).toEqual(['b']);
        expect(await instances.declareDead('a', 0)).toBe(true);
      });
    });

    describe('leases', () => {
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
        const job = new StoreJob();
        await commit(job.submit());
        expect(await lists()).toStrictEqual([viewsOf(job), [], [], []]);
        await commit(job.next(take('a')));
        expect(await lists()).toStrictEqual([[], [], viewsOf(job), []]);
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
        // Who takes the first ones sees the next ones.
        await commit(...inOrder.slice(0, 10).map((job) => job.next(take('a'))));
        expect(await leases.waiting(7)).toStrictEqual(viewsOf(...inOrder.slice(10, 17)));
        const held = await leases.heldBy('a', 100);
        expect(idsOf(held).sort()).toEqual(idsOf(viewsOf(...inOrder.slice(0, 10))).sort());
        expect(new Set(held.map(({ header }) => header.tenantId)).size).toBe(3);
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
        const [held, free] = [
          idsOf(viewsOf(...jobs)).slice(0, 6),
          idsOf(viewsOf(...jobs)).slice(6),
        ];
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

    describe('inbox', () => {
      it('keeps messages as they were put, also for another process', async () => {
        const plain = message('m1');
        const odd = message('m2', {
          tenantId: '$where',
          jobId: 'a.b',
          at: T0 + 1,
          command: { type: 'cancel', by: 'bob "é"', reason: '{"$set":1}' },
        });
        await store.cluster.inbox.put(plain);
        await store.cluster.inbox.put(odd);
        store = await contract.reopen();
        expect(await store.cluster.inbox.read(10)).toStrictEqual([plain, odd]);
        expect(await store.cluster.inbox.read(10)).toStrictEqual([plain, odd]);
      });

      it('shows the oldest first, no more than asked for', async () => {
        const { inbox } = store.cluster;
        const times = [5, 3, 9, 1, 7];
        for (const at of times) await inbox.put(message(`m${at}`, { at: T0 + at }));
        const read = async (limit: number): Promise<string[]> =>
          (await inbox.read(limit)).map(({ id }) => id);
        expect(await read(10)).toEqual(['m1', 'm3', 'm5', 'm7', 'm9']);
        expect(await read(2)).toEqual(['m1', 'm3']);
        expect(await read(0)).toEqual([]);
        await inbox.delete(['m1', 'm5']);
        expect(await read(2)).toEqual(['m3', 'm7']);
      });

      it('takes a message once, however often it is put', async () => {
        const { inbox } = store.cluster;
        const first = message('m1');
        await Promise.all(Array.from({ length: 8 }, () => inbox.put(first)));
        await inbox.put(first);
        expect(await inbox.read(10)).toStrictEqual([first]);
      });

      it('deletes what is there, and does not mind what is not', async () => {
        const { inbox } = store.cluster;
        for (const id of ['m1', 'm2', 'm3']) await inbox.put(message(id));
        await inbox.delete([]);
        await inbox.delete(['m1', 'unknown']);
        await inbox.delete(['m1', 'm3']);
        expect(await inbox.read(10)).toStrictEqual([message('m2')]);
        store = await contract.reopen();
        expect(await store.cluster.inbox.read(10)).toStrictEqual([message('m2')]);
      });

      it('holds many messages, and gives them page by page as they are deleted', async () => {
        const { inbox } = store.cluster;
        const messages = Array.from({ length: 1_000 }, (_, at) =>
          message(`m${at}`, { jobId: `job-${at % 30}`, at: T0 + at }),
        );
        await Promise.all(messages.map((one) => inbox.put(one)));
        const seen: JobMessage[] = [];
        for (;;) {
          const page = await inbox.read(150);
          if (page.length === 0) break;
          seen.push(...page);
          await inbox.delete(page.map(({ id }) => id));
        }
        expect(seen).toStrictEqual(messages);
      });
    });
  });
}
