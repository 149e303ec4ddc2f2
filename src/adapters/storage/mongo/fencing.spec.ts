import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { StoreJob } from '../../../../test/support/store-job.js';
import type { CommitRequest } from '../../../ports/job-journal.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

function fencingOn(server: MongoServer): void {
  describe('two instances on one MongoDB', () => {
    let stores: MongoStore[];
    beforeEach(async () => {
      const url = server.freshDatabase();
      stores = await Promise.all([openMongoStore({ url }), openMongoStore({ url })]);
    });
    afterEach(async () => {
      await stores[0]?.connection.mongoose.dropDatabase();
      for (const store of stores) await store.close();
    });

    const race = async (record: CommitRequest): Promise<string[]> => {
      const results = await Promise.all(
        stores.map(({ journal }, at) =>
          journal.commit([{ ...record, commitId: `${record.commitId} of ${at}` }]),
        ),
      );
      return results.flatMap((result) => result.map(({ status }) => status)).sort();
    };

    it('cannot both move a job, however often they try at once', async () => {
      const job = new StoreJob();
      expect(await race(job.submit())).toEqual(['committed', 'conflict']);
      for (let round = 0; round < 50; round += 1) {
        expect(await race(job.next())).toEqual(['committed', 'conflict']);
      }
      const records = (await stores[0]?.journal.read(job.ref, 0, 100)) ?? [];
      expect(records.map(({ version }) => version)).toEqual(
        Array.from({ length: 51 }, (_, at) => at + 1),
      );
      for (const store of stores) await store.settled();
      for (const { projections } of stores) {
        expect((await projections.job(job.ref))?.progress).toEqual(job.progress);
      }
    });

    it('give a key to one job only', async () => {
      for (let round = 0; round < 20; round += 1) {
        const idempotency = { key: `k${round}`, bodyHash: 'h' };
        const results = await Promise.all(
          stores.map(({ journal }) => journal.commit([new StoreJob().submit({ idempotency })])),
        );
        const statuses = results.flatMap((result) => result.map(({ status }) => status)).sort();
        expect(statuses).toEqual(['committed', 'duplicate_key']);
      }
    });

    it('redeem a token once', async () => {
      const answers = await Promise.all(
        stores.map(({ tokens }) => tokens.redeem('t', Date.now() + 60_000, Date.now())),
      );
      expect(answers.sort()).toEqual([false, true]);
    });

    it('show at once a job that the other has just accepted, to whoever asks for it by its id', async () => {
      for (let round = 0; round < 30; round += 1) {
        const other = new StoreJob();
        await stores[0]?.journal.commit([other.submit()]);
        expect((await stores[1]?.projections.job(other.ref))?.header).toEqual(other.header);
      }
      const job = new StoreJob();
      await stores[0]?.journal.commit([job.submit()]);
      expect((await stores[1]?.projections.job(job.ref))?.header).toEqual(job.header);
      await stores[1]?.journal.commit([job.next({ status: 'running' })]);
      expect((await stores[1]?.projections.job(job.ref))?.progress).toEqual(job.progress);
    });
  });
}

await withMongo('instances that share a MongoDB store', fencingOn);
