import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { TcpProxy } from '../../../../test/support/mongo/tcp-proxy.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { StoreJob, T0 } from '../../../../test/support/store-job.js';
import { waitUntil } from '../../../../test/support/wait-until.js';
import { StoreUnavailable } from '../../../ports/store-errors.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

const TIMEOUT = 400;
/** The timers of a busy machine are late. */
const SLACK = 1_500;

/** As the engine does: the same call, until the store takes it. */
async function untilTaken<T>(call: () => Promise<T>): Promise<T> {
  let answer: { readonly result: T } | undefined;
  await waitUntil(async () => {
    try {
      answer = { result: await call() };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    return answer !== undefined;
  });
  return (answer as unknown as { readonly result: T }).result;
}

function outagesOn(server: MongoServer): void {
  describe('a MongoDB that is away', () => {
    let proxy: TcpProxy;
    let url: string;
    let store: MongoStore;
    beforeEach(async () => {
      proxy = await TcpProxy.open(server);
      url = proxy.urlFor(server.freshDatabase());
      store = await openMongoStore({ url, timeout: TIMEOUT });
    });
    afterEach(async () => {
      proxy.become('open');
      await store.close();
      await proxy.close();
    });

    const everyCall = (job: StoreJob): Readonly<Record<string, () => Promise<unknown>>> => {
      const { journal, projections, catalogue, tokens } = store;
      const { instances, leases, inbox, keys } = store.cluster;
      const holder = { ...job.ref, nodeId: 'n', key: 'k', grant: 'a', epoch: 1 };
      const command = { type: 'cancel', by: 'alice' } as const;
      const testCase = { name: 'a', command: 'x', updatedAt: T0, updatedBy: 'alice' };
      return {
        commit: () => journal.commit([job.next()]),
        stage: () => journal.stage(new StoreJob().ref, { first: 0, nodes: [] }),
        read: () => journal.read(job.ref, 0, 10),
        readDefinition: () => journal.readDefinition(job.ref, 0, 10),
        findClaim: () => journal.findClaim('acme', 'alice', 'k'),
        job: () => projections.job(job.ref),
        nodes: () => projections.nodes(job.ref, { after: -1, limit: 10 }),
        node: () => projections.node(job.ref, 'n0'),
        list: () =>
          projections.list({ tenantId: 'a', sort: 'priority', limit: 1, start: { offset: 0 } }),
        unfinished: () => projections.unfinished(undefined, 10),
        sweepStaged: () => journal.sweepStaged(),
        get: () => catalogue.get('acme', 'a'),
        put: () => catalogue.put('acme', testCase),
        delete: () => catalogue.delete('acme', 'a'),
        listCases: () => catalogue.list('acme', 10),
        missing: () => catalogue.missing('acme', ['a']),
        discard: () => store.retention.discard({ endedBefore: T0, now: T0, limit: 1 }),
        discarded: () => store.retention.discarded(T0, 0, 1),
        erase: () => store.retention.erase([job.ref], T0),
        erased: () => store.retention.erased(T0, 1),
        redeem: () => tokens.redeem('t', T0, T0),
        register: () => instances.register({ id: 'a', host: 'here', pid: 1, startedAt: T0 }),
        beat: () => instances.beat('a'),
        instances: () => instances.all(),
        declareDead: () => instances.declareDead('a', 0),
        remove: () => instances.remove('a'),
        waiting: () => leases.waiting(10),
        handedOver: () => leases.handedOver(10),
        heldBy: () => leases.heldBy('a', 10),
        heldByOthers: () => leases.heldByOthers([], 10),
        putMessage: () => inbox.put({ ...job.ref, id: 'm', at: T0, command }),
        readMessages: () => inbox.read(10),
        deleteMessages: () => inbox.delete(['m']),
        acquireKey: () => keys.acquire(holder, 1),
        releaseKey: () => keys.release(holder),
        reconcileKeys: () => keys.reconcile({ ...job.ref, epoch: 1 }, [holder]),
        holdersOfKey: () => keys.holders('acme', 'k'),
        health: () => store.health(),
      };
    };

    it.each(['refusing', 'silent'] as const)(
      'fails every call within the timeout when it is %s, and answers when it is back',
      async (mode) => {
        const job = new StoreJob();
        await store.journal.commit([job.submit()]);
        await store.settled();
        proxy.become(mode);
        const began = performance.now();
        const outcomes = Object.entries(everyCall(job)).map(async ([name, call]) => {
          const outcome = await call().catch((error: unknown) => error);
          expect([name, outcome]).toEqual([name, expect.any(StoreUnavailable)]);
          expect(performance.now() - began).toBeLessThan(TIMEOUT + SLACK);
        });
        await Promise.all(outcomes);
        proxy.become('open');
        await untilTaken(() => store.health());
        expect(await store.projections.job(job.ref)).toBeDefined();
      },
    );

    it('cannot be opened, and says so within the timeout', async () => {
      proxy.become('refusing');
      const began = performance.now();
      await expect(openMongoStore({ url, timeout: TIMEOUT })).rejects.toBeInstanceOf(
        StoreUnavailable,
      );
      expect(performance.now() - began).toBeLessThan(TIMEOUT + SLACK);
    });

    it('has or has not taken a record whose answer was lost; committing it again tells', async () => {
      const [created, idle] = [new StoreJob(), new StoreJob()];
      await store.journal.commit([idle.submit()]);
      const idempotency = { key: 'k', bodyHash: 'h' };
      const batch = [created.submit({ idempotency }), idle.next({ status: 'running' })];
      proxy.loseAnswerTo('insert', 'commits', created.header.jobId);
      await expect(store.journal.commit(batch)).rejects.toBeInstanceOf(StoreUnavailable);
      expect(proxy.waitingToLose).toBe(false);
      expect(await untilTaken(() => store.journal.commit(batch))).toEqual([
        { status: 'committed', version: 1 },
        { status: 'committed', version: 2 },
      ]);
      expect(await store.journal.read(idle.ref, 0, 10)).toHaveLength(2);
      await store.settled();
      for (const { header, progress, ref } of [created, idle]) {
        expect(await store.projections.job(ref)).toEqual({ header, progress });
      }
      expect(await store.connection.commits.countDocuments({ pending: true })).toBe(0);
    });

    it('loses no record that was cut off half-way, and takes none twice', async () => {
      const job = new StoreJob();
      const record = job.submit();
      proxy.become('silent');
      await expect(store.journal.commit([record])).rejects.toBeInstanceOf(StoreUnavailable);
      proxy.become('open');
      expect(await untilTaken(() => store.journal.commit([record]))).toEqual([
        { status: 'committed', version: 1 },
      ]);
      expect(await store.journal.read(job.ref, 0, 10)).toHaveLength(1);
    });

    it('shows what was committed before it went, once it is back', async () => {
      const job = new StoreJob();
      proxy.loseAnswerTo('update', 'jobs', job.header.jobId);
      await store.journal.commit([job.submit()]);
      await store.settled();
      expect(proxy.waitingToLose).toBe(false);
      expect(await store.projections.job(job.ref)).toBeDefined();
    });

    it('is not asked any more once the store has been closed', async () => {
      await store.close();
      for (const [, call] of Object.entries(everyCall(new StoreJob()))) {
        await expect(call()).rejects.toBeInstanceOf(StoreUnavailable);
      }
      await store.close();
    });
  });
}

await withMongo('outages of the MongoDB store', outagesOn);
