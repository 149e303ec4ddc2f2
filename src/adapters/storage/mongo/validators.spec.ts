import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose, { type Schema } from 'mongoose';
import { aSchedule } from '../../../core/schedule/schedule.fixture.js';
import { bsonViolations } from '../../../../test/support/mongo/bson-violations.js';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { failing } from '../../../../test/support/dead-letters.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { completedNode, StoreJob, T0 } from '../../../../test/support/store-job.js';
import { StoreUnavailable } from '../../../ports/store-errors.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';
import { JobNodeSchema } from './schemas/job-node.schema.js';
import { OrchestrationJobSchema } from './schemas/orchestration-job.schema.js';
import { applyValidators, fingerprintOf, validatorOf } from './validators.js';

const collections = [
  { name: 'jobs', schema: OrchestrationJobSchema },
  { name: 'nodes', schema: JobNodeSchema },
];

/** A database of which each command is answered by the code given for it, in order; 0 is success. */
function answering(...codes: readonly number[]): {
  readonly seen: string[];
  command(command: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
} {
  const seen: string[] = [];
  return {
    seen,
    command: (command) => {
      const [name = ''] = Object.keys(command);
      const code = codes[seen.length] ?? 0;
      seen.push(`${name} ${String(command[name])}`);
      return code === 0
        ? Promise.resolve({ ok: 1 })
        : Promise.reject(new mongoose.mongo.MongoServerError({ message: 'no', code }));
    },
  };
}

describe('validators', () => {
  it('say what mongoose knows of a document, nested and bounded, and never take null', () => {
    const job = validatorOf(OrchestrationJobSchema);
    expect(job.bsonType).toBe('object');
    expect(job.required).toEqual(['_id', 'state']);
    expect(job.properties?.['priority']).toEqual({ bsonType: 'number', minimum: 1, maximum: 5 });
    expect(job.properties?.['facets']).toEqual({
      bsonType: 'array',
      items: { bsonType: 'string' },
    });
    const state = job.properties?.['state'];
    expect(state?.bsonType).toBe('object');
    expect(state?.required).toEqual(['version', 'status', 'open', 'progress']);
    expect(state?.properties?.['endedAt']).toEqual({ bsonType: 'number' });
    expect(JSON.stringify(job)).not.toContain('null');
  });

  it('are modified where there is a collection, and made with it where there is none', async () => {
    const there = answering();
    expect(await applyValidators(there, collections)).toBeUndefined();
    expect(there.seen).toEqual(['collMod jobs', 'collMod nodes']);
    const missing = answering(26);
    expect(await applyValidators(missing, collections)).toBeUndefined();
    expect(missing.seen).toEqual(['collMod jobs', 'create jobs', 'collMod nodes']);
    const raced = answering(26, 48);
    expect(await applyValidators(raced, collections)).toBeUndefined();
    expect(raced.seen).toEqual(['collMod jobs', 'create jobs', 'collMod jobs', 'collMod nodes']);
  });

  it.each([
    ['does not know the command', 59],
    ['does not let this user', 13],
    ['does not know validators', 115],
  ])('are done without where the server %s, after asking once', async (_why, code) => {
    const db = answering(code);
    expect(await applyValidators(db, collections)).toMatchObject({ code });
    expect(db.seen).toEqual(['collMod jobs']);
  });

  it('are not taken for refused while the server cannot be used', async () => {
    const stepping = applyValidators(answering(189), collections);
    await expect(stepping).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('have another fingerprint when a schema changes', () => {
    const [jobs, nodes] = collections;
    if (jobs === undefined || nodes === undefined) throw new Error('no schemas');
    expect(fingerprintOf([jobs, nodes])).toBe(fingerprintOf([jobs, nodes]));
    expect(fingerprintOf([jobs, nodes])).not.toBe(fingerprintOf([jobs]));
    expect(fingerprintOf([jobs, nodes])).not.toBe(
      fingerprintOf([jobs, { ...nodes, schema: jobs.schema }]),
    );
  });
});

function validatorsOn(server: MongoServer): void {
  describe('validators on MongoDB', () => {
    let url: string;
    let store: MongoStore;
    let refused: unknown;
    beforeAll(async () => {
      url = server.freshDatabase();
      store = await openMongoStore({ url, onNoValidators: (why) => (refused = why) });
      if (refused !== undefined) {
        process.stderr.write(`LEFT OUT  validators: ${server.name} does not know them.\n`);
      }
    });
    afterAll(async () => {
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    /** The collections with documents of every kind that the store writes. */
    const fill = async (): Promise<void> => {
      const { journal, catalogue, tokens, cluster, retention, connection } = store;
      const staged = new StoreJob({ nodeCount: 600 });
      for (const chunk of staged.chunks(250)) await journal.stage(staged.ref, chunk);
      const [small, ended, erased] = [new StoreJob(), new StoreJob(), new StoreJob()];
      const output = 'é'.repeat(120_000);
      const nodes = Array.from({ length: 80 }, (_, at) => ({ ...completedNode(at), output }));
      await journal.commit([
        staged.submit({ chunks: [], idempotency: { key: 'k', bodyHash: 'h' } }),
        small.submit({ idempotency: { key: 'l', bodyHash: 'h' } }),
        ended.submit(),
        erased.submit(),
      ]);
      await journal.commit([
        staged.next({ status: 'running', nodes }),
        small.next({ status: 'running', nodes: [completedNode(0)] }),
        erased.next({ status: 'cancelled' }),
        ended.next({ ...failing([0], { config: { a: 1 } }), status: 'failed', at: T0 + 2_000 }),
      ]);
      await store.settled();
      const now = T0 + 1_000;
      const { jobs } = await retention.discard({ endedBefore: now, now, limit: 10 });
      expect(jobs).toEqual([erased.ref]);
      await retention.erase(jobs, now);
      await catalogue.put('acme', { name: 'a', command: 'x', updatedAt: T0, updatedBy: 'alice' });
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
      await tokens.redeem('t', T0 + 1, T0);
      await cluster.instances.register({ id: 'i', host: 'here', pid: 1, startedAt: T0 });
      await cluster.keys.acquire({ ...small.ref, nodeId: 'n', key: 'k', grant: 'i', epoch: 1 }, 1);
      await cluster.inbox.put({
        ...small.ref,
        id: 'm',
        at: T0,
        command: { type: 'cancel', by: 'alice' },
      });
      // As other instances and another time would leave it.
      await store.arrival.begin();
      await connection.commits.updateOne({ job: small.header.jobId }, { $set: { pending: true } });
    };

    it('take every document that the store writes', async () => {
      await fill();
      const { mongoose: connection } = store.connection;
      for (const name of connection.modelNames()) {
        const model = connection.model(name);
        const documents = await model.collection.find({}).toArray();
        expect([name, documents.length > 0]).toEqual([name, true]);
        const validator = validatorOf(model.schema as Schema);
        const problems = documents.flatMap((document) => bsonViolations(validator, document));
        expect([name, problems]).toEqual([name, []]);
        // What is not named is not looked at, so everything is named.
        const named = Object.keys(validator.properties ?? {});
        for (const document of documents) {
          expect(named).toEqual(expect.arrayContaining(Object.keys(document)));
        }
      }
    });

    it('refuse what is not such a document', async () => {
      const { mongoose: connection } = store.connection;
      for (const name of connection.modelNames()) {
        const model = connection.model(name);
        const validator = validatorOf(model.schema as Schema);
        const wrong = { _id: 'wrong', tenant: 7, bytes: 'x', version: '1', expiresAt: 'soon' };
        expect(bsonViolations(validator, wrong)).not.toEqual([]);
        const insert = model.collection.insertOne(wrong as never);
        if (refused === undefined) await expect(insert).rejects.toMatchObject({ code: 121 });
        else await insert.then(() => model.collection.deleteOne({ _id: 'wrong' } as never));
      }
    });

    it('are asked for again only when they have changed, or were not taken', async () => {
      const before = await store.connection.info.findOne({ _id: 'schema' });
      expect(before?.validators !== undefined).toBe(refused === undefined);
      await store.arrival.complete();
      let again: unknown;
      const other = await openMongoStore({ url, onNoValidators: (why) => (again = why) });
      expect(again !== undefined).toBe(refused !== undefined);
      await other.close();
    });
  });
}

await withMongo('validators of the MongoDB store', validatorsOn);
