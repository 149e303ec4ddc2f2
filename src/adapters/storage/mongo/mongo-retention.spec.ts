import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { completedNode, StoreJob, T0 } from '../../../../test/support/store-job.js';
import { FENCE_MS } from '../../../ports/retention.js';
import type { Connection } from './mongo-connection.js';
import { KNOWN_FOR } from './known-versions.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

const NOW = T0 + 1_000_000;
const ALL = { endedBefore: NOW, now: NOW, limit: 100 } as const;
const COLLECTIONS = ['commits', 'parts', 'jobs', 'nodes', 'staged', 'discarded'] as const;
const WRITES = ['bulkWrite', 'updateMany', 'deleteMany'] as const;

class Crash extends Error {}

/** Has the process "die" before or after its `at`th write; answers how many there were. */
function crashAt(connection: Connection, at: number, when: 'before' | 'after'): () => number {
  let count = 0;
  for (const name of COLLECTIONS) {
    const collection = connection[name] as unknown as Record<
      string,
      (...given: unknown[]) => Promise<unknown>
    >;
    for (const write of WRITES) {
      const real = collection[write]?.bind(collection);
      if (real === undefined) throw new Error(`no ${write}`);
      collection[write] = async (...given) => {
        count += 1;
        if (count === at && when === 'before') throw new Crash();
        const result = await real(...given);
        if (count >= at) throw new Crash();
        return result;
      };
    }
  }
  return () => count;
}

function retentionOn(server: MongoServer): void {
  describe('retention in MongoDB', () => {
    let url: string;
    let store: MongoStore;
    let now: number;
    const open = (): Promise<MongoStore> => openMongoStore({ url, now: () => now });
    beforeEach(async () => {
      now = NOW;
      url = server.freshDatabase();
      store = await open();
    });
    afterEach(async () => {
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    const counts = async (): Promise<Record<string, number>> => {
      const found = COLLECTIONS.map(
        async (name) => [name, await store.connection[name].countDocuments({})] as const,
      );
      return Object.fromEntries(await Promise.all(found));
    };
    const clear = async (at: number): Promise<void> => {
      await store.retention.discard({ endedBefore: at, now: at, limit: 100 });
      for (;;) {
        const jobs = await store.retention.discarded(at, 0, 100);
        if (jobs.length === 0) return;
        while (!(await store.retention.erase(jobs, at)));
      }
    };
    const finished = async (letters = 0): Promise<StoreJob[]> => {
      const [small, large] = [new StoreJob(), new StoreJob({ nodeCount: 600 })];
      const idempotency = { key: 'k', bodyHash: 'h' };
      await store.journal.commit([small.submit({ idempotency }), large.submit()]);
      const output = 'é'.repeat(letters);
      const nodes = Array.from({ length: 600 }, (_, at) => ({ ...completedNode(at), output }));
      await store.journal.commit([
        small.next({ status: 'completed', nodes: [completedNode(0)] }),
        large.next({ status: 'running', nodes }),
      ]);
      await store.journal.commit([large.next({ status: 'failed' })]);
      await store.settled();
      return [small, large];
    };

    it('leaves no document behind, once late commits are no longer to be expected', async () => {
      // More than one document takes.
      await finished(9_000);
      const kept = new StoreJob();
      await store.journal.commit([kept.submit()]);
      await store.settled();
      expect((await counts())['parts']).toBeGreaterThan(0);
      await clear(NOW);
      expect(await counts()).toMatchObject({
        parts: 0,
        jobs: 1,
        nodes: 0,
        staged: 0,
        discarded: 2,
      });
      const bare = await store.connection.commits.find({ swept: true }).toArray();
      // Three and two versions, and the one behind each last.
      expect(bare).toHaveLength(7);
      for (const commit of bare) {
        expect(JSON.stringify(commit).length).toBeLessThan(250);
      }
      await clear(NOW + FENCE_MS - 1);
      expect((await counts())['discarded']).toBe(2);
      await clear(NOW + FENCE_MS);
      expect(await counts()).toEqual({
        commits: 1,
        parts: 0,
        jobs: 1,
        nodes: 0,
        staged: 0,
        discarded: 0,
      });
    });

    it.each(['before', 'after'] as const)(
      'is finished by the next run, if the process dies %s any of its writes',
      async (when) => {
        for (let at = 1; ; at += 1) {
          const [small, large] = await finished();
          if (small === undefined || large === undefined) throw new Error('no jobs');
          const writes = crashAt(store.connection, at, when);
          const crashed = await clear(NOW).catch((error: unknown) => error);
          const reached = writes();
          await store.close();
          store = await open();
          for (const job of [small, large]) {
            const view = await store.projections.job(job.ref);
            const records = await store.journal.read(job.ref, 0, 100);
            const page = await store.projections.nodes(job.ref, { after: -1, limit: 1_000 });
            const { total } = await store.projections.list({
              tenantId: 'acme',
              sort: 'created_at',
              limit: 10,
              start: { offset: 0 },
            });
            // There with all it has, or not at all; both were discarded together.
            if (view === undefined) {
              expect([page.length, total]).toEqual([0, 0]);
              expect([0, job.progress.version]).toContain(records.length);
            } else {
              expect([page.length, records.length]).toEqual([
                job.header.nodeCount,
                job.progress.version,
              ]);
              expect(total).toBe(2);
            }
          }
          await clear(NOW);
          await clear(NOW + FENCE_MS);
          expect(Object.values(await counts())).toEqual(COLLECTIONS.map(() => 0));
          if (crashed === undefined) {
            expect(reached).toBeLessThan(at);
            return;
          }
          expect(crashed).toBeInstanceOf(Crash);
        }
      },
      120_000,
    );

    it('may be run by several instances at once', async () => {
      const other = await open();
      for (let round = 0; round < 5; round += 1) {
        const jobs = Array.from({ length: 30 }, () => new StoreJob());
        await store.journal.commit(jobs.map((job) => job.submit()));
        await store.journal.commit(jobs.map((job) => job.next({ status: 'completed' })));
        await store.settled();
        await Promise.all(
          [store, other].map(async ({ retention }) => {
            await retention.discard(ALL);
            for (;;) {
              const some = await retention.discarded(NOW, 0, 7);
              if (some.length === 0) return;
              while (!(await retention.erase(some, NOW)));
            }
          }),
        );
        expect(await counts()).toMatchObject({ jobs: 0, nodes: 0, commits: (round + 1) * 90 });
      }
      await other.close();
      await clear(NOW + FENCE_MS);
      await clear(NOW + FENCE_MS);
      expect(Object.values(await counts())).toEqual(COLLECTIONS.map(() => 0));
    });

    it('leaves a job alone while a commit of it is not shown', async () => {
      const [job] = await finished();
      if (job === undefined) throw new Error('no job');
      await store.connection.commits.updateOne(
        { job: job.header.jobId, version: 2 },
        { $set: { pending: true } },
      );
      const { jobs } = await store.retention.discard(ALL);
      expect(jobs).toHaveLength(1);
      expect(await store.projections.job(job.ref)).toBeDefined();
    });

    it('keeps off an instance that was stopped for longer than the keys of a job are kept', async () => {
      const stopped = await open();
      const job = new StoreJob();
      const creation = job.submit();
      expect(await stopped.journal.commit([creation])).toEqual([
        { status: 'committed', version: 1 },
      ]);
      const late = job.next({ status: 'running' });
      job.progress = { ...job.progress, version: 1 };
      await store.journal.commit([job.next({ status: 'completed' })]);
      await store.settled();
      await stopped.settled();
      await clear(NOW);
      await clear(NOW + FENCE_MS);
      expect(Object.values(await counts())).toEqual(COLLECTIONS.map(() => 0));
      now = NOW + KNOWN_FOR + 1;
      const conflict = { status: 'conflict', actualVersion: 0 };
      expect(await stopped.journal.commit([late])).toEqual([conflict]);
      expect(await stopped.journal.commit([creation])).toEqual([conflict]);
      await stopped.close();
      expect(Object.values(await counts())).toEqual(COLLECTIONS.map(() => 0));
    });

    it('has nothing to do with redeemed tokens, which go when they have expired', async () => {
      for (let token = 0; token < 50; token += 1) await store.tokens.redeem(`t${token}`, T0, T0);
      await store.tokens.redeem('later', NOW + 10, NOW);
      expect(await store.connection.tokens.countDocuments({})).toBe(1);
    });

    it('forgets in the end what was staged and never created', async () => {
      const job = new StoreJob({ nodeCount: 600 });
      for (const chunk of job.chunks(300)) await store.journal.stage(job.ref, chunk);
      now = NOW + 3_600_001;
      await store.journal.sweepStaged();
      expect(await counts()).toMatchObject({ commits: 1, nodes: 0, staged: 0, discarded: 1 });
      await clear(now + FENCE_MS);
      expect(Object.values(await counts())).toEqual(COLLECTIONS.map(() => 0));
    });
  });
}

await withMongo('retention of the MongoDB store', retentionOn);
