import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aSchedule } from '../../../core/schedule/schedule.fixture.js';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { StoreJob, T0 } from '../../../../test/support/store-job.js';
import { JOB_SORTS, type JobQuery } from '../../../ports/job-projections.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

interface Command {
  readonly collection: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly sort: Readonly<Record<string, number>>;
}

/** As the driver sends it. */
interface FindCommand {
  readonly find: string;
  readonly filter: Command['filter'];
  readonly sort?: Command['sort'] | ReadonlyMap<string, number>;
}

const FILTERS: Readonly<Record<string, Partial<JobQuery>>> = {
  none: {},
  status: { status: ['running'] },
  'several statuses': { status: ['running', 'queued'] },
  name: { name: 'nightly' },
  type: { type: 'noop' },
  labels: { labels: { team: 'web', shard: '1' } },
  priority: { priority: 4 },
  'from a time': { createdFrom: T0 },
  'a period': { createdFrom: T0, createdTo: T0 + 5 },
  everything: { status: ['failed'], name: 'x', type: 'noop', labels: { a: 'b' }, priority: 2 },
};

function isMap(sort: FindCommand['sort']): sort is ReadonlyMap<string, number> {
  return sort instanceof Map;
}

const LEASE_ORDER = ['state.status 1', 'priority -1', 'order 1'];

function indexesOn(server: MongoServer): void {
  describe('indexes of the MongoDB store', () => {
    let store: MongoStore;
    let seen: Command[] = [];
    let explains: boolean;
    beforeAll(async () => {
      store = await openMongoStore({ url: server.freshDatabase(), monitorCommands: true });
      const jobs = Array.from({ length: 3 }, (_, at) => new StoreJob({ createdAt: T0 + at }));
      const large = new StoreJob({ nodeCount: 600 });
      await store.journal.commit([...jobs, large].map((job) => job.submit()));
      await store.settled();
      explains = await canExplain(store);
      if (!explains) process.stderr.write(`LEFT OUT  explain: ${server.name} does not know it.\n`);
      store.connection.mongoose.getClient().on('commandStarted', ({ commandName, command }) => {
        if (commandName !== 'find') return;
        const { find, filter, sort } = command as unknown as FindCommand;
        // The driver keeps the order of several keys in a Map.
        const keys = isMap(sort) ? [...sort] : Object.entries(sort ?? {});
        seen.push({ collection: find, filter, sort: Object.fromEntries(keys) });
      });
    });
    afterAll(async () => {
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    const keysOf = async (collection: string): Promise<string[][]> =>
      (await store.connection.mongoose.collection(collection).listIndexes().toArray()).map(
        ({ key }) =>
          Object.entries(key as Record<string, number>).map(([field, way]) => `${field} ${way}`),
      );

    /**
     * An index serves when it starts with fields that the filter asks for, and then goes in the
     * order of the list, from the front or from the back: nothing is sorted, and nothing is looked at
     * of other tenants.
     */
    const serves = (index: readonly string[], { filter, sort }: Command): boolean => {
      const wanted = Object.keys(filter);
      const fields = index.map((entry) => entry.split(' ')[0] ?? '');
      const start = fields.findIndex((field) => !isEquality(filter[field]));
      const prefix = start < 0 ? fields : fields.slice(0, start);
      const ways = Object.entries(sort)
        .filter(([field]) => !prefix.includes(field))
        .map(([field, way]) => `${field} ${way}`);
      const reversed = Object.entries(sort)
        .filter(([field]) => !prefix.includes(field))
        .map(([field, way]) => `${field} ${-way}`);
      const next = index.slice(prefix.length, prefix.length + ways.length);
      const scoped = ['tenant', 'owner', '_id', 'state.open', 'state.driver'].every(
        (field) => !wanted.includes(field) || prefix.includes(field) || field === 'owner',
      );
      return scoped && [ways, reversed].some((order) => order.join() === next.join());
    };

    const sorted = Object.keys(FILTERS).flatMap((filter) =>
      JOB_SORTS.flatMap((sort) =>
        [undefined, 'alice'].map((owner) => [filter, sort, owner] as const),
      ),
    );

    it.each(sorted)(
      'serve the list by %s, sorted by %s, of owner %s',
      async (name, sort, owner) => {
        seen = [];
        await store.projections.list({
          tenantId: 'acme',
          sort,
          limit: 2,
          start: { offset: 0 },
          ...(owner === undefined ? {} : { owner }),
          ...FILTERS[name],
        });
        const [find] = seen;
        if (find === undefined) throw new Error('no list was asked for');
        const indexes = await keysOf('jobs');
        expect(indexes.filter((index) => serves(index, find))).not.toEqual([]);
        // Whoever asks for a filter alone has an index that starts with it.
        const fields = ['state.status', 'facets', 'priority'].filter(
          (field) => field in find.filter,
        );
        if (fields.length === 1) {
          const [field = ''] = fields;
          expect(indexes.map((index) => index[1])).toContain(`${field} 1`);
        }
        if (explains) await expectIndexScan(store, find);
      },
    );

    it.each<[string, (store: MongoStore) => Promise<unknown>]>([
      ['waiting', ({ cluster }) => cluster.leases.waiting(2)],
      ['handed over', ({ cluster }) => cluster.leases.handedOver(2)],
      ['held by an instance', ({ cluster }) => cluster.leases.heldBy('a', 2)],
    ])('serve the list of jobs %s, in its order', async (_, ask) => {
      seen = [];
      await ask(store);
      const finds = seen.filter(({ collection }) => collection === 'jobs');
      expect(finds).toMatchObject([{ sort: { priority: -1, order: 1 } }]);
      const indexes = await keysOf('jobs');
      for (const find of finds) {
        const serving = indexes.filter((index) => serves(index, find));
        expect(serving).toEqual([[expect.stringContaining('driver'), ...LEASE_ORDER]]);
        if (explains) await expectIndexScan(store, find);
      }
    });

    it('serve the list of jobs held by strangers, whom it looks for among all', async () => {
      seen = [];
      await store.cluster.leases.heldByOthers(['a', 'b'], 2);
      const [find] = seen;
      if (find === undefined) throw new Error('no list was asked for');
      expect(Object.keys(find.filter)).toContain('state.driver');
      const inOrder = Object.entries(find.sort).map(([field, way]) => `${field} ${way}`);
      expect(await keysOf('jobs')).toContainEqual(inOrder);
      expect(inOrder[0]).toBe('state.driver 1');
      if (explains) await expectIndexScan(store, find);
    });

    it('serve the lists of instances and messages, which are read from their front', async () => {
      seen = [];
      const { instances, inbox } = store.cluster;
      await instances.register({ id: 'i', host: 'here', pid: 1, startedAt: T0 });
      await instances.all();
      await inbox.read(5);
      expect(seen.map(({ collection }) => collection)).toEqual(['instances', 'inbox']);
      for (const find of seen) {
        expect(find.sort).not.toEqual({});
        const indexes = await keysOf(find.collection);
        expect(indexes.filter((index) => serves(index, find))).not.toEqual([]);
        if (explains) await expectIndexScan(store, find);
      }
    });

    it('serve the lists of templates and of revisions, in their order', async () => {
      const described = { hash: 'h', nodeCount: 1, createdAt: T0, createdBy: 'alice' };
      await store.templates.put('acme', { name: 'listed', ...described, content: '{}' });
      seen = [];
      await store.templates.list('acme', { archived: false, limit: 5 });
      await store.templates.revisions('acme', 'listed', 5);
      const finds = seen.filter(({ sort }) => Object.keys(sort).length > 0);
      expect(finds.map(({ collection }) => collection)).toEqual([
        'templates',
        'template_revisions',
        'template_revisions',
      ]);
      for (const find of finds) {
        const indexes = await keysOf(find.collection);
        expect(indexes.filter((index) => serves(index, find))).not.toEqual([]);
        if (explains) await expectIndexScan(store, find);
      }
    });

    it('serve the lists of schedules, and of those that wake', async () => {
      await store.schedules.create(aSchedule());
      seen = [];
      await store.schedules.list({ tenantId: 'acme', limit: 5 });
      await store.schedules.list({ tenantId: 'acme', owner: 'anna', limit: 5 });
      await store.schedules.waking(5);
      expect(seen.map(({ collection }) => collection)).toEqual(new Array(4).fill('schedules'));
      for (const find of seen) {
        const indexes = await keysOf(find.collection);
        expect(indexes.filter((index) => serves(index, find))).not.toEqual([]);
        if (explains) await expectIndexScan(store, find);
      }
    });

    it('serve all other queries', async () => {
      seen = [];
      const { journal, projections, catalogue } = store;
      const [job] = await projections.unfinished(undefined, 1);
      await projections.unfinished(job, 1);
      const { jobs } = await projections.list({
        tenantId: 'acme',
        sort: '-created_at',
        limit: 1,
        start: { offset: 0 },
      });
      const large = jobs[0]?.header ?? { tenantId: '', jobId: '' };
      await projections.nodes(large, { after: -1, limit: 5, status: 'pending' });
      await projections.nodes(large, { after: -1, limit: 5, status: 'running' });
      await projections.nodes(large, { after: -1, limit: 5 });
      await projections.node(large, 'n7');
      await projections.job({ tenantId: 'acme', jobId: 'nobody' });
      await journal.read(large, 0, 10);
      await journal.readDefinition(large, 0, 10);
      await journal.findClaim('acme', 'alice', 'k');
      await journal.sweepStaged();
      await store.retention.discard({ endedBefore: T0, now: T0, limit: 1 });
      await store.retention.discard({ endedBefore: T0, now: T0, limit: 1, tenantId: 'acme' });
      await store.retention.discarded(T0, 0, 1);
      await store.retention.erase([large], T0);
      await store.retention.erased(T0, 1);
      await catalogue.get('acme', 'x');
      await catalogue.list('acme', 5);
      await catalogue.missing('acme', ['a', 'b']);
      const { templates, contents } = store;
      const described = { hash: 'h', nodeCount: 1, createdAt: T0, createdBy: 'alice' };
      await templates.put('acme', { name: 'nightly', ...described, content: '{}' });
      await templates.get('acme', 'nightly');
      await templates.get('acme', 'nightly', 1);
      await templates.revisions('acme', 'nightly', 5);
      await contents.jobs(undefined, 5);
      await contents.versions([large]);
      await contents.records(large, 0, 5);
      await contents.states(large, 0, 5);
      await contents.testCases(undefined, 5);
      await contents.templates(undefined, 5);
      await contents.schedules(undefined, 5);
      await contents.tokens(undefined, 5);
      await store.cluster.leases.heldBy('a', 2);
      await store.cluster.instances.beat('a');
      await store.cluster.instances.declareDead('a', 0);
      expect(seen.length).toBeGreaterThan(12);
      for (const find of seen) {
        const first = (await keysOf(find.collection)).map(([entry]) => entry?.split(' ')[0]);
        expect(first.filter((field) => field !== undefined && field in find.filter)).not.toEqual(
          [],
        );
        if (explains) await expectIndexScan(store, find);
      }
    });
  });
}

/** A part of the index can be walked in order when everything before it is one value. */
function isEquality(condition: unknown): boolean {
  if (condition === undefined) return false;
  if (typeof condition !== 'object' || condition === null) return true;
  const operators = Object.keys(condition);
  return operators.every((operator) => ['$all', '$in'].includes(operator));
}

async function canExplain(store: MongoStore): Promise<boolean> {
  try {
    await store.connection.jobs.find().explain();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ codeName: 'CommandNotFound' });
    return false;
  }
}

async function expectIndexScan(
  store: MongoStore,
  { collection, filter, sort }: Command,
): Promise<void> {
  const plan = await store.connection.mongoose
    .collection(collection)
    .find(filter)
    .sort(sort as Record<string, 1 | -1>)
    .explain();
  const text = JSON.stringify(plan);
  expect(text).toMatch(/IXSCAN|IDHACK|EXPRESS/);
  expect(text).not.toContain('COLLSCAN');
}

await withMongo('indexes of the MongoDB store', indexesOn);
