import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { MongoServer } from '../support/mongo/mongo-server.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import type { ServiceProcess } from '../support/service-process.js';
import { waitUntil } from '../support/wait-until.js';
import { checkInvariants, watchEnds } from './matrix/invariants.js';
import { seededRandom } from './matrix/seeded-random.js';
import { buildOnce, idle, World } from './matrix/world.js';

/** What can befall instances that share a database, with how long it may last. */
type Trouble = (world: World, victim: ServiceProcess, ms: number) => Promise<void>;

const LONG = process.env['FAULTS_FORM'] === 'long';
const ROUNDS = LONG ? 60 : 4;
const INSTANCES = LONG ? 3 : 2;
const LONGEST_MS = 4_000;
const JOBS_A_ROUND = 4;
const END_LIMIT_MS = 180_000;
const LIMIT_MS = END_LIMIT_MS + ROUNDS * 60_000;
const seed = process.env['SEED'] ?? String(Date.now() % 1e6);

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const TROUBLES: readonly Trouble[] = [
  async (_world, victim, ms) => {
    await victim.kill();
    await pass(ms);
    await victim.start();
  },
  async (_world, victim, ms) => {
    process.kill(victim.pid, 'SIGSTOP');
    await pass(ms);
    process.kill(victim.pid, 'SIGCONT');
  },
  async ({ proxy }, _victim, ms) => {
    proxy.become('refusing');
    await pass(ms);
    proxy.become('open');
  },
  async ({ proxy }, _victim, ms) => {
    proxy.become('silent');
    await pass(ms);
    proxy.strandConnections();
    proxy.become('open');
  },
  async ({ proxy }, _victim, ms) => {
    proxy.dropConnections();
    await pass(ms / 10);
    proxy.dropConnections();
  },
  async ({ proxy }) => {
    proxy.loseAnswerTo('insert', 'commits');
    await waitUntil(() => !proxy.waitingToLose, 30_000);
  },
  async ({ proxy }, _victim, ms) => {
    proxy.delayAnswers(200);
    await pass(ms);
    proxy.delayAnswers(0);
  },
  async ({ proxy }, _victim, ms) => {
    proxy.refuseWrites(true);
    await pass(ms);
    proxy.refuseWrites(false);
  },
];

function soakOn(server: MongoServer): void {
  describe(`random faults of several instances, seed ${seed} (SEED=${seed} repeats them)`, () => {
    let world: World;
    beforeAll(async () => {
      world = await World.open(buildOnce(), server);
    });
    afterAll(() => world.close());

    const soak = async (): Promise<void> => {
      const random = seededRandom(seed);
      const instances = Array.from({ length: INSTANCES }, () => world.newInstance());
      for (const instance of instances) await instance.start();
      world.workload.openGate();
      const submitted: Promise<void>[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        submitted.push(world.workload.submit(JOBS_A_ROUND, () => world.alive));
        await pass(random() * 500);
        const trouble = TROUBLES[Math.floor(random() * TROUBLES.length)];
        const victim = instances[Math.floor(random() * INSTANCES)];
        if (victim !== undefined) await trouble?.(world, victim, random() * LONGEST_MS);
      }
      await Promise.all(submitted);
      const ends = await watchEnds(world, END_LIMIT_MS);
      for (const instance of world.alive) await world.workload.submitFull(instance, world.folder);
      await watchEnds(world, END_LIMIT_MS, ends);
      for (const instance of world.alive) await idle(instance);
      await checkInvariants(world, ends, false);
    };
    const told = (): Promise<void> =>
      soak().catch((error: unknown) => {
        throw new Error(`${String(error)}\n${world.logs}`, { cause: error });
      });
    it(`breaks no promise in ${ROUNDS} rounds with ${INSTANCES} instances`, told, LIMIT_MS);
  });
}

await withMongo('random faults on the MongoDB store', soakOn);
