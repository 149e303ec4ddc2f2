import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { StoreJob } from '../../../../test/support/store-job.js';
import { jobKey } from './keys.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

function leasesOn(server: MongoServer): void {
  describe('job leases in MongoDB', () => {
    let url: string;
    let store: MongoStore;
    beforeEach(async () => {
      url = server.freshDatabase();
      store = await openMongoStore({ url });
    });
    afterEach(async () => {
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    const shown = async (list: Promise<readonly { header: { jobId: string } }[]>) =>
      (await list).map(({ header }) => header.jobId);

    it('treat open jobs of before there were drivers as nobody’s, in one order with the others', async () => {
      const [old, fresh, older] = [new StoreJob(), new StoreJob(), new StoreJob({ priority: 4 })];
      const [oldRunning, freshRunning] = [new StoreJob(), new StoreJob()];
      const ended = new StoreJob();
      const jobs = [old, fresh, older, oldRunning, freshRunning, ended];
      await store.journal.commit(jobs.map((job) => job.submit()));
      await store.journal.commit([
        ...[oldRunning, freshRunning].map((job) => job.next({ status: 'running' })),
        ended.next({ status: 'cancelled' }),
      ]);
      await store.settled();
      const { jobs: documents } = store.connection;
      const last = await documents.findOne({ _id: jobKey(ended.ref) });
      expect(last?.state).not.toHaveProperty('driver');
      await documents.updateMany(
        { _id: { $in: [old, older, oldRunning].map(({ ref }) => jobKey(ref)) } },
        { $unset: { 'state.driver': 1 } },
      );
      const { leases } = store.cluster;
      const names = (...of: readonly StoreJob[]): string[] => of.map(({ header }) => header.jobId);
      expect(await shown(leases.waiting(10))).toEqual(names(older, old, fresh));
      expect(await shown(leases.waiting(2))).toEqual(names(older, old));
      expect(await shown(leases.handedOver(10))).toEqual(names(oldRunning, freshRunning));
      await store.journal.commit([old.next({ driver: 'a' })]);
      expect(await shown(leases.heldBy('a', 10))).toEqual(names(old));
      expect(await shown(leases.waiting(10))).toEqual(names(older, fresh));
    });

    it('show what a process committed that died before it could project', async () => {
      const [created, taken] = [new StoreJob(), new StoreJob()];
      const dead = await openMongoStore({ url });
      await dead.journal.commit([taken.submit()]);
      await dead.settled();
      await dead.journal.commit([
        created.submit({ driver: 'dead' }),
        taken.next({ driver: 'dead' }),
      ]);
      await dead.settled();
      await dead.close();
      // As its crash between the journal and the projections would have left them.
      const { commits, jobs } = store.connection;
      await commits.updateMany(
        { $or: [{ job: created.header.jobId }, { job: taken.header.jobId, version: 2 }] },
        { $set: { pending: true } },
      );
      await jobs.deleteOne({ _id: jobKey(created.ref) });
      await jobs.updateOne(
        { _id: jobKey(taken.ref) },
        { $set: { 'state.version': 1, 'state.driver': '' } },
      );
      const { leases } = store.cluster;
      expect(await shown(leases.heldBy('another', 10))).toEqual([]);
      expect(await shown(leases.heldBy('dead', 10))).toEqual([
        taken.header.jobId,
        created.header.jobId,
      ]);
      expect(await commits.countDocuments({ pending: true })).toBe(0);
    });
  });
}

await withMongo('job leases in MongoDB', leasesOn);
