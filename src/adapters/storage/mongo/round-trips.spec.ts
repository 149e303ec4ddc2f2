import { afterEach, describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  scriptedExecutor,
  submissionOf,
} from '../../../../test/support/engine-fixture.js';
import type { MongoServer } from '../../../../test/support/mongo/mongo-server.js';
import { withMongo } from '../../../../test/support/mongo/with-mongo.js';
import { waitUntil } from '../../../../test/support/wait-until.js';
import type { AttemptResult } from '../../../core/job/attempt.js';
import type { DagExecutionEngine } from '../../../engine/dag-execution-engine.js';
import type { Clock } from '../../../ports/clock.js';
import type { JobJournal } from '../../../ports/job-journal.js';
import type { JobProjections } from '../../../ports/job-projections.js';
import { openMongoStore, type MongoStore } from './mongo-store.js';

const realClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
const JOBS = 300;
const NODES = 10;

function both({ journal, projections }: MongoStore): JobJournal & JobProjections {
  return {
    commit: (batch) => journal.commit(batch),
    stage: (ref, chunk) => journal.stage(ref, chunk),
    sweepStaged: () => journal.sweepStaged(),
    read: (ref, after, limit) => journal.read(ref, after, limit),
    readDefinition: (ref, first, limit) => journal.readDefinition(ref, first, limit),
    findClaim: (tenant, owner, key) => journal.findClaim(tenant, owner, key),
    job: (ref) => projections.job(ref),
    nodes: (ref, query) => projections.nodes(ref, query),
    node: (ref, id) => projections.node(ref, id),
    standings: (ref, ids) => projections.standings(ref, ids),
    list: (query) => projections.list(query),
    unfinished: (after, limit) => projections.unfinished(after, limit),
  };
}

function roundTripsOn(server: MongoServer): void {
  describe('round trips to MongoDB', () => {
    let store: MongoStore;
    let engine: DagExecutionEngine;
    afterEach(async () => {
      await engine.stop(1_000);
      await store.connection.mongoose.dropDatabase();
      await store.close();
    });

    it(`are fewer than one for five nodes, at ${JOBS} jobs of ${NODES}`, async () => {
      store = await openMongoStore({ url: server.freshDatabase(), monitorCommands: true });
      const DONE: AttemptResult = { status: 'completed' };
      const executor = scriptedExecutor(
        () => new Promise((resolve) => setImmediate(() => resolve(DONE))),
      );
      engine = makeEngine({
        store: both(store),
        executors: [executor],
        clock: realClock,
        maxRunningJobs: JOBS,
      });
      await engine.start();
      const commands = new Map<string, number>();
      store.connection.mongoose.getClient().on('commandStarted', ({ commandName, command }) => {
        const name = `${commandName} ${String((command as Record<string, unknown>)[commandName])}`;
        commands.set(name, (commands.get(name) ?? 0) + 1);
      });
      const node = (id: string, needs: readonly string[] = []): { id: string; type: string } => ({
        id,
        type: 'scripted',
        ...(needs.length === 0 ? {} : { needs }),
      });
      const middle = Array.from({ length: NODES - 2 }, (_, at) => `m${at}`);
      const nodes = [
        node('source'),
        ...middle.map((id) => node(id, ['source'])),
        node('sink', middle),
      ];
      const began = performance.now();
      await Promise.all(
        Array.from({ length: JOBS }, (_, at) => engine.submit(submissionOf(`job-${at}`, nodes))),
      );
      const completed = { tenantId: 'acme', status: ['completed'] as const };
      await waitUntil(() => engine.stats().runningJobs + engine.stats().queuedJobs === 0, 60_000);
      await store.settled();
      const took = performance.now() - began;
      const trips = [...commands.values()].reduce((sum, count) => sum + count, 0);
      const perNode = trips / (JOBS * NODES);
      process.stdout.write(
        `MongoDB (${server.name}): ${JOBS} jobs of ${NODES} nodes in ${Math.round(took)} ms, ` +
          `${trips} round trips, ${perNode.toFixed(3)} a node: ` +
          `${[...commands].map(([name, count]) => `${name} ${count}`).join(', ')}\n`,
      );
      expect(perNode).toBeLessThan(0.2);
      const { total } = await store.projections.list({
        ...completed,
        sort: 'created_at',
        limit: 1,
        start: { offset: 0 },
      });
      expect(total).toBe(JOBS);
    });
  });
}

await withMongo('round trips of the MongoDB store', roundTripsOn);
