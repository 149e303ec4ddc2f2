import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { T0 } from '../../../../test/support/store-job.js';
import type { NewTemplateRevision } from '../../../ports/template-store.js';
import { templateKey } from './keys.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

const TENANT = 'acme';
const QUERY = { archived: false, limit: 2 };

const revision = (name: string, hash: string): NewTemplateRevision => ({
  name,
  hash,
  nodeCount: 1,
  createdAt: T0,
  createdBy: 'alice',
  content: '{}',
});

function leftBehindOn(server: MongoServer): void {
  describe('templates of which a crash left the name behind', () => {
    let store: MongoStore;
    beforeAll(async () => {
      store = await openMongoStore({ url: server.freshDatabase() });
    });
    afterAll(async () => {
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    it('are listed with their latest revision, and go on from it', async () => {
      const { templates, connection } = store;
      for (const hash of ['1', '2', '3']) await templates.put(TENANT, revision('behind', hash));
      // As if the process had died after each of the inserts.
      await connection.templates.updateOne(
        { _id: templateKey(TENANT, 'behind') },
        { $unset: { latest: 1 } },
      );
      const page = await templates.list(TENANT, QUERY);
      expect(page.templates).toMatchObject([{ name: 'behind', revision: 3, hash: '3' }]);
      expect((await templates.get(TENANT, 'behind'))?.revision.revision).toBe(3);
      const again = await templates.put(TENANT, revision('behind', '3'));
      expect(again).toMatchObject({ created: false, revision: { revision: 3 } });
      const { latest } =
        (await connection.templates.findOne({ _id: templateKey(TENANT, 'behind') })) ?? {};
      expect(latest?.revision).toBe(3);
      expect((await templates.put(TENANT, revision('behind', '4'))).revision.revision).toBe(4);
    });

    it('are not shown when not even the first revision was written', async () => {
      const { templates, connection } = store;
      for (const name of ['a', 'b', 'c']) {
        const _id = templateKey(TENANT, name);
        await connection.templates.insertOne({ _id, tenant: TENANT, name, archived: false });
      }
      await templates.put(TENANT, revision('d', '1'));
      const names = (await templates.list(TENANT, QUERY)).templates.map(({ name }) => name);
      expect(names).toEqual(['behind', 'd']);
      expect(await templates.get(TENANT, 'a')).toBeUndefined();
      expect(await templates.archive(TENANT, 'a', true)).toBe(false);
      expect(await templates.revisions(TENANT, 'a', 5)).toEqual({ revisions: [], total: 0 });
      expect((await templates.put(TENANT, revision('a', '1'))).revision.revision).toBe(1);
    });
  });
}

await withMongo('templates on MongoDB after a crash', leftBehindOn);
