import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { failing } from '../../../../test/support/dead-letters.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { completedNode, runningNode, StoreJob } from '../../../../test/support/store-job.js';
import { waitUntil } from '../../../../test/support/wait-until.js';
import type { JobQuery } from '../../../ports/job-projections.js';
import { commitKey, jobKey } from './keys.js';
import { openMongoStore, type MongoStore, type MongoStoreOptions } from './mongo-store.js';

const all: JobQuery = { tenantId: 'acme', sort: 'created_at', limit: 50, start: { offset: 0 } };

function projectionsOn(server: MongoServer): void {
  describe('projections that a crash left behind', () => {
    let url: string;
    let opened: MongoStore[];
    const open = async (options: Partial<MongoStoreOptions> = {}): Promise<MongoStore> => {
      const store = await openMongoStore({ url, catchUpInterval: 3_600_000, ...options });
      opened.push(store);
      return store;
    };
    beforeEach(() => {
      url = server.freshDatabase();
      opened = [];
    });
    afterEach(async () => {
      await opened[0]?.connection.mongoose.dropDatabase();
      for (const store of opened) await store.close();
    });

    /** As if the process had died between its commits and what follows from them. */
    const forget = async ({ connection }: MongoStore, jobs: readonly StoreJob[]): Promise<void> => {
      for (const job of jobs) {
        const key = jobKey(job.ref);
        const keys = Array.from({ length: job.progress.version }, (_, at) =>
          commitKey(key, at + 1),
        );
        await connection.jobs.deleteOne({ _id: key });
        await connection.nodes.deleteMany({
          job: job.header.jobId,
          definition: { $exists: false },
        });
        await connection.nodes.updateMany({ job: job.header.jobId }, { $unset: { state: 1 } });
        // Last: from now on another instance may catch up.
        await connection.commits.updateMany({ _id: { $in: keys } }, { $set: { pending: true } });
      }
    };
    const someJobs = async (store: MongoStore): Promise<StoreJob[]> => {
      const jobs = [new StoreJob(), new StoreJob({ nodeCount: 600 }), new StoreJob()];
      await store.journal.commit(
        jobs.map((job) => job.submit({ chunks: job.chunks(200), nodes: [runningNode(0)] })),
      );
      await store.journal.commit(
        jobs.map((job) => job.next({ status: 'running', nodes: [completedNode(0)] })),
      );
      await store.settled();
      return jobs;
    };
    const expectAll = async (store: MongoStore, jobs: readonly StoreJob[]): Promise<void> => {
      const views = jobs.map(({ header, progress }) => ({ header, progress }));
      expect((await store.projections.list(all)).jobs).toEqual(views);
      const unfinished = await store.projections.unfinished(undefined, 10);
      expect(unfinished.map(({ jobId }) => jobId)).toEqual(jobs.map(({ header }) => header.jobId));
      for (const job of jobs) {
        const first = await store.projections.node(job.ref, job.definition[0]?.id ?? '');
        expect(first?.state).toEqual(job.state(0));
      }
      expect(await store.connection.commits.countDocuments({ pending: true })).toBe(0);
    };

    it('are there when the store has opened again', async () => {
      const store = await open();
      const jobs = await someJobs(store);
      await forget(store, jobs);
      await expectAll(await open(), jobs);
    });

    it('are made up for by another instance before long', async () => {
      const store = await open();
      const other = await open({ catchUpInterval: 20 });
      const jobs = await someJobs(store);
      await forget(store, jobs);
      await waitUntil(
        async () => (await other.connection.commits.countDocuments({ pending: true })) === 0,
      );
      await expectAll(other, jobs);
    });

    it('do not hide a job from who asks for it', async () => {
      const store = await open();
      const jobs = await someJobs(store);
      await forget(store, jobs);
      for (const job of jobs) {
        const { header, progress } = job;
        expect(await store.projections.job(job.ref)).toEqual({ header, progress });
        expect((await store.projections.node(job.ref, 'n0'))?.state).toEqual(job.state(0));
      }
    });

    it('never take a newer state back, whoever catches up with an older one', async () => {
      const store = await open();
      const job = new StoreJob();
      await store.journal.commit([job.submit({ nodes: [runningNode(1)] })]);
      await store.settled();
      await store.journal.commit([job.next({ status: 'running', nodes: [completedNode(1)] })]);
      await store.settled();
      const first = commitKey(jobKey(job.ref), 1);
      await store.connection.commits.updateOne({ _id: first }, { $set: { pending: true } });
      const other = await open();
      const { header, progress } = job;
      expect(await other.projections.job(job.ref)).toEqual({ header, progress });
      expect((await other.projections.node(job.ref, 'n1'))?.state).toEqual(completedNode(1));
    });

    it('never take a changed priority back', async () => {
      const store = await open();
      const job = new StoreJob({ priority: 2 });
      await store.journal.commit([job.submit()]);
      await store.journal.commit([job.next({ priority: 4 })]);
      await store.settled();
      const first = commitKey(jobKey(job.ref), 1);
      await store.connection.commits.updateOne({ _id: first }, { $set: { pending: true } });
      const other = await open();
      const { header, progress } = job;
      const listed = async (priority: number): Promise<unknown> =>
        (await other.projections.list({ ...all, priority })).jobs;
      expect(await listed(4)).toEqual([{ header, progress }]);
      expect(await listed(2)).toEqual([]);
    });

    it('may be made in any order: a later commit first, the one with the header last', async () => {
      const store = await open();
      const jobs = await someJobs(store);
      await forget(store, jobs);
      for (const job of jobs) {
        const first = commitKey(jobKey(job.ref), 1);
        await store.connection.commits.updateOne({ _id: first }, { $unset: { pending: 1 } });
      }
      const other = await open();
      expect((await other.projections.list(all)).jobs).toEqual([]);
      for (const job of jobs) {
        const first = commitKey(jobKey(job.ref), 1);
        await store.connection.commits.updateOne({ _id: first }, { $set: { pending: true } });
      }
      await expectAll(await open(), jobs);
    });
  });

  describe('dead letters that a crash left underived', () => {
    let url: string;
    let opened: MongoStore[];
    const open = async (options: Partial<MongoStoreOptions> = {}): Promise<MongoStore> => {
      const store = await openMongoStore({ url, catchUpInterval: 3_600_000, ...options });
      opened.push(store);
      return store;
    };
    beforeEach(() => {
      url = server.freshDatabase();
      opened = [];
    });
    afterEach(async () => {
      await opened[0]?.connection.mongoose.dropDatabase();
      for (const store of opened) await store.close();
    });
    const listed = async (store: MongoStore): Promise<string[]> =>
      (await store.deadLetters.list({ tenantId: 'acme', limit: 99 })).letters.map(
        ({ jobId, nodeId }) => `${jobId}/${nodeId}`,
      );
    /** A job of which the commit that fails two nodes is its second; the first is long projected. */
    const failed = async (store: MongoStore): Promise<StoreJob> => {
      const job = new StoreJob({ nodeCount: 3 });
      await store.journal.commit([job.submit()]);
      await store.settled();
      await store.journal.commit([job.next(failing([0, 2]))]);
      await store.settled();
      return job;
    };
    const asBefore = async ({ connection }: MongoStore, job: StoreJob): Promise<void> => {
      const second = commitKey(jobKey(job.ref), 2);
      await connection.commits.updateOne({ _id: second }, { $set: { pending: true } });
    };

    it('are there when the store has opened again, and for another instance before long', async () => {
      const store = await open();
      const other = await open({ catchUpInterval: 20 });
      const job = await failed(store);
      const expected = ['n2', 'n0'].map((node) => `${job.header.jobId}/${node}`).sort();
      await store.connection.deadLetters.deleteMany({});
      await asBefore(store, job);
      await waitUntil(async () => (await listed(other)).length === 2);
      expect((await listed(other)).sort()).toEqual(expected);
      await store.connection.deadLetters.deleteMany({});
      await asBefore(store, job);
      expect((await listed(await open())).sort()).toEqual(expected);
    });

    it('are as they were where they had been derived: requeued, or deleted', async () => {
      const store = await open();
      const job = await failed(store);
      const { letters } = await store.deadLetters.list({ tenantId: 'acme', limit: 9 });
      const [deleted = '', requeued = ''] = letters.map(({ id }) => id);
      const requeue = { jobId: 'again', by: 'bob', at: 7 };
      await store.deadLetters.setRequeue('acme', requeued, undefined, requeue);
      await store.deadLetters.delete('acme', [deleted]);
      await asBefore(store, job);
      const other = await open();
      expect(await other.deadLetters.get('acme', requeued)).toMatchObject({ requeued: requeue });
      expect(await listed(other)).toHaveLength(1);
      // The place of what was deleted is kept for some time, and no longer.
      const day = 24 * 3_600_000;
      const now = Date.now();
      await other.deadLetters.expire({ now: now + day, limit: 9 });
      expect(await other.connection.deadLetters.countDocuments({})).toBe(2);
      await other.deadLetters.expire({ now: now + 8 * day, limit: 9 });
      expect(await other.connection.deadLetters.countDocuments({})).toBe(1);
    });

    it('are never behind the job that is shown', async () => {
      const store = await open();
      const job = await failed(store);
      await store.connection.deadLetters.deleteMany({});
      await store.connection.jobs.deleteMany({});
      await asBefore(store, job);
      const first = commitKey(jobKey(job.ref), 1);
      await store.connection.commits.updateOne({ _id: first }, { $set: { pending: true } });
      const { deadLetters, jobs } = store.connection;
      const order: string[] = [];
      const note = (name: string, collection: object): void => {
        const { bulkWrite } = collection as { bulkWrite: (...args: unknown[]) => Promise<unknown> };
        Object.assign(collection, {
          bulkWrite: (...args: unknown[]) => {
            order.push(name);
            return bulkWrite.apply(collection, args);
          },
        });
      };
      note('letters', deadLetters);
      note('jobs', jobs);
      expect(await store.projections.job(job.ref)).toBeDefined();
      await store.settled();
      expect(order).toEqual(['letters', 'jobs']);
      expect(await listed(store)).toHaveLength(2);
    });
  });

  describe('staged definitions', () => {
    let opened: MongoStore[] = [];
    afterEach(async () => {
      await opened[0]?.connection.mongoose.dropDatabase();
      for (const store of opened) await store.close();
    });

    it('are swept after the grace, and a job that comes too late for them is refused', async () => {
      const url = server.freshDatabase();
      let now = 1_000_000;
      const options = { url, stagingGrace: 60_000, now: () => now };
      const slow = await openMongoStore(options);
      const other = await openMongoStore(options);
      opened = [slow, other];
      const [kept, dropped] = [new StoreJob({ nodeCount: 6 }), new StoreJob({ nodeCount: 6 })];
      for (const job of [kept, dropped]) {
        for (const chunk of job.chunks(2)) await slow.journal.stage(job.ref, chunk);
      }
      await slow.journal.commit([kept.submit({ chunks: [] })]);
      await other.journal.sweepStaged();
      expect(await slow.connection.nodes.countDocuments({})).toBe(12);
      now += 60_000;
      await other.journal.sweepStaged();
      expect(await slow.connection.nodes.countDocuments({})).toBe(6);
      expect(await slow.connection.staged.countDocuments({})).toBe(0);
      expect(await slow.journal.commit([dropped.submit({ chunks: [] })])).toEqual([
        { status: 'conflict', actualVersion: 0 },
      ]);
      expect(await other.journal.read(dropped.ref, 0, 10)).toEqual([]);
      expect(await other.projections.job(dropped.ref)).toBeUndefined();
      expect(await other.journal.readDefinition(kept.ref, 0, 10)).toHaveLength(1);
    });
  });
}

await withMongo('projections of the MongoDB store', projectionsOn);
