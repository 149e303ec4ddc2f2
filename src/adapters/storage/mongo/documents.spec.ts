import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { failing } from '../../../../test/support/dead-letters.js';
import { aSchedule } from '../../../core/schedule/schedule.fixture.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { completedNode, StoreJob, T0 } from '../../../../test/support/store-job.js';
import type { JsonObject } from '../../../core/json.js';
import { MAX_HEADER_BYTES } from './record-codec.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

const awkward = JSON.parse(
  '{"$set":1,"a.b":{"$gt":""},"":[null,{"$ref":"x"}],"__proto__":{"x":1},"_id":"y","nul\\u0000":"\\u0000",' +
    '"constructor":true,"$numberLong":"7","half":"\\ud800"}',
) as JsonObject;

function documentsOn(server: MongoServer): void {
  describe('documents of the MongoDB store', () => {
    let store: MongoStore;
    beforeAll(async () => {
      store = await openMongoStore({ url: server.freshDatabase() });
    });
    afterAll(async () => {
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    it('carry any JSON, whatever its keys would mean to MongoDB', async () => {
      const job = new StoreJob({ nodeCount: 2, inputs: awkward, labels: { 'a.$b': '$c' } });
      const large = new StoreJob({ nodeCount: 501, tenantId: '$where', owner: 'a.b' });
      const nodes = large.definition.map((node, at) =>
        at === 7 ? { ...node, config: awkward } : node,
      );
      const state = { ...completedNode(1), output: awkward };
      await store.journal.commit([
        job.submit({ nodes: [state] }),
        large.submit({ nodes: [state], chunks: [{ first: 0, nodes }] }),
      ]);
      const view = await store.projections.job(job.ref);
      expect(JSON.stringify(view?.header)).toBe(JSON.stringify(job.header));
      const shown = await store.projections.node(job.ref, 'n1');
      expect(JSON.stringify(shown?.state?.output)).toBe(JSON.stringify(awkward));
      const node = await store.projections.node(large.ref, 'n7');
      expect(JSON.stringify(node?.definition.config)).toBe(JSON.stringify(awkward));
      const { total } = await store.projections.list({
        tenantId: 'acme',
        labels: { 'a.$b': '$c' },
        sort: 'created_at',
        limit: 1,
        start: { offset: 0 },
      });
      expect(total).toBe(1);
    });

    it('hold a commit that is larger than a document may be', async () => {
      const job = new StoreJob({ nodeCount: 90 });
      await store.journal.commit([job.submit()]);
      const output = 'é'.repeat(120_000);
      const nodes = Array.from({ length: 90 }, (_, at) => ({ ...completedNode(at), output }));
      const events = nodes.map(({ index }) => ({
        type: 'node_completed' as const,
        node: `n${index}`,
        output,
      }));
      const record = job.next({ status: 'completed', nodes, events });
      const stale = { ...record, commitId: 'too late' };
      expect(await store.journal.commit([record])).toEqual([{ status: 'committed', version: 2 }]);
      const parts = await store.connection.parts.countDocuments({});
      expect(parts).toBeGreaterThan(4);
      expect(await store.journal.commit([record])).toEqual([{ status: 'committed', version: 2 }]);
      expect(await store.journal.commit([stale])).toEqual([
        { status: 'conflict', actualVersion: 2 },
      ]);
      expect(await store.connection.parts.countDocuments({})).toBe(parts);
      const [read] = await store.journal.read(job.ref, 1, 10);
      expect(read?.events).toEqual(events);
      for (const { id } of job.definition) {
        const view = await store.projections.node(job.ref, id);
        expect(view?.state?.output).toBe(output);
      }
      // The way of a process that finds this commit without projections.
      await store.connection.nodes.deleteMany({ job: job.header.jobId });
      await store.connection.commits.updateMany(
        { job: job.header.jobId },
        { $set: { pending: true } },
      );
      await store.connection.jobs.deleteMany({ job: job.header.jobId });
      expect((await store.projections.node(job.ref, 'n89'))?.state?.output).toBe(output);
    });

    it('refuse a header beyond the limit, and say what to do', async () => {
      const job = new StoreJob({ inputs: { text: 'x'.repeat(MAX_HEADER_BYTES) } });
      await expect(store.journal.commit([job.submit()])).rejects.toThrow(/a reference to its data/);
    });

    it('are as their schemas say', async () => {
      const staged = new StoreJob({ nodeCount: 600 });
      for (const chunk of staged.chunks(250)) await store.journal.stage(staged.ref, chunk);
      await store.journal.commit([
        staged.submit({ chunks: [], idempotency: { key: 'k', bodyHash: 'h' } }),
        new StoreJob().submit(),
      ]);
      await store.journal.commit([staged.next({ nodes: [completedNode(0)] })]);
      await store.catalogue.put('acme', {
        name: 'login',
        command: 'npm',
        updatedAt: T0,
        updatedBy: 'alice',
      });
      await store.templates.put('acme', {
        name: 'nightly',
        hash: 'h',
        nodeCount: 1,
        createdAt: T0,
        createdBy: 'alice',
        content: '{}',
      });
      const entry = { scope: 'job:nightly', name: 'n', durations: [{ busy: 1, elapsed: 2 }] };
      await store.durations.add('acme', [entry], T0);
      await store.results.put({
        tenantId: 'acme',
        hash: 'h',
        key: 'k',
        output: { a: 1 },
        jobId: 'j',
        nodeId: 'n',
        at: T0,
        expiresAt: T0 + 1,
      });
      await store.schedules.create(aSchedule());
      await store.tokens.redeem('t', T0 + 1, T0);
      const { instances, inbox, keys } = store.cluster;
      await keys.acquire({ ...staged.ref, nodeId: 'n', key: 'k', grant: 'a', epoch: 1 }, 1);
      await instances.register({ id: 'a', host: 'runner-1', pid: 1, startedAt: T0 });
      const command = { type: 'cancel', by: 'alice', reason: '$set' } as const;
      await inbox.put({ ...staged.ref, id: 'm', at: T0, command });
      const dead = new StoreJob();
      await store.journal.commit([dead.submit(failing([0, 1], { config: awkward }))]);
      await store.settled();
      const { letters } = await store.deadLetters.list({ tenantId: 'acme', limit: 9 });
      const [requeued = '', deleted = ''] = letters.map(({ id }) => id);
      const requeue = { jobId: 'j', by: 'alice', at: T0 };
      await store.deadLetters.setRequeue('acme', requeued, undefined, requeue);
      await store.deadLetters.delete('acme', [deleted]);
      const ended = new StoreJob();
      await store.journal.commit([ended.submit(), ended.next({ status: 'completed' })]);
      await store.settled();
      const now = T0 + 1_000;
      expect(await store.retention.discard({ endedBefore: now, now, limit: 9 })).toMatchObject({
        jobs: expect.arrayContaining([ended.ref]),
      });
      const { mongoose } = store.connection;
      for (const name of mongoose.modelNames()) {
        const model = mongoose.model<{ _id: string }>(name);
        const documents = await model.find().lean<Record<string, unknown>[]>();
        expect([name, documents.length > 0]).toEqual([name, true]);
        const known = Object.keys(model.schema.paths).map((path) => path.split('.')[0]);
        for (const document of documents) {
          expect(known).toEqual(expect.arrayContaining(Object.keys(document)));
          await new model(document).validate();
        }
      }
    });
  });
}

await withMongo('documents of the MongoDB store', documentsOn);
