import type { ServiceProcess } from '../../support/service-process.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Orders, Point } from '../service/points.js';
import { WriteLock } from './write-lock.js';
import type { Way, World } from './world.js';

export const STORES = ['mongodb', 'sqlite'] as const;
export type StoreName = (typeof STORES)[number];

/** The instance at its point, and those beside it. */
export interface Scene {
  readonly world: World;
  readonly store: StoreName;
  readonly point: Point;
  readonly victim: ServiceProcess;
  /** ms that an outage lasts. */
  readonly outage: number;
  /** For whatever must be undone. */
  readonly after: (() => void)[];
}

export interface Fault {
  readonly name: string;
  /** What is done, for the docs. */
  readonly meaning: string;
  readonly stores: readonly StoreName[];
  /** Wants a server that keeps its data on disk and that the test may kill. */
  readonly killsDatabase?: boolean;
  /** With MongoDB: how a second instance reaches it, where one is there from the start. */
  readonly company?: Way;
  /** No process ends and nobody is cut off alone: every attempt lives through it. */
  readonly sparesAttempts: boolean;
  /** Called while the victim stands still; it is told the orders then, unless it is dead. */
  strike(scene: Scene): Promise<Orders> | Orders;
  /** Called once it goes on; resolves when the fault is over. */
  outlast(scene: Scene): Promise<void>;
}

const LOST_ANSWERS = 3;
const DROPS = 3;
const SLOW_MS = 300;

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'killed, started again',
    meaning: '`kill -9` of the service, which is started again on the same folder',
    stores: ['mongodb', 'sqlite'],
    sparesAttempts: false,
    strike: async ({ victim }) => {
      await victim.kill();
      return {};
    },
    outlast: ({ victim }) => victim.start(),
  },
  {
    name: 'killed, taken over',
    meaning: '`kill -9` of the service; another instance takes its jobs over',
    stores: ['mongodb'],
    company: 'direct',
    sparesAttempts: false,
    strike: async ({ victim }) => {
      await victim.kill();
      return {};
    },
    outlast: async ({ world }) => {
      // Where the victim was the one that took over, nobody is left yet.
      if (world.alive.length === 0) await world.newInstance('direct').start();
    },
  },
  {
    name: 'database killed',
    meaning: '`kill -9` of a mongod, which is started again on the same data',
    stores: ['mongodb'],
    killsDatabase: true,
    sparesAttempts: true,
    strike: async ({ world }) => {
      await world.mongod.kill();
      return {};
    },
    outlast: async ({ world, outage }) => {
      await pass(outage);
      await world.mongod.restart();
    },
  },
  {
    name: 'database away',
    meaning:
      'connections are refused, for every instance; with SQLite, another program holds the write lock',
    stores: ['mongodb', 'sqlite'],
    company: 'proxied',
    sparesAttempts: true,
    strike: ({ world, store, after }) => {
      if (store === 'mongodb') {
        world.proxy.become('refusing');
        return {};
      }
      const lock = new WriteLock(world.databaseFile);
      after.push(() => lock.release());
      lock.take();
      return {};
    },
    outlast: async ({ world, store, outage, after }) => {
      await pass(outage);
      if (store === 'mongodb') world.proxy.become('open');
      for (const undo of after.splice(0)) undo();
    },
  },
  {
    name: 'connections dropped',
    meaning: `every connection to the database is cut, ${DROPS} times in a row`,
    stores: ['mongodb'],
    sparesAttempts: true,
    strike: ({ world }) => {
      world.proxy.dropConnections();
      return {};
    },
    outlast: async ({ world }) => {
      for (let drop = 1; drop < DROPS; drop++) {
        await pass(200);
        world.proxy.dropConnections();
      }
    },
  },
  {
    name: 'half-open',
    meaning:
      'the connections of one of two instances swallow what is sent, for good; the other takes its jobs over',
    stores: ['mongodb'],
    company: 'direct',
    sparesAttempts: false,
    strike: ({ world }) => {
      world.proxy.become('silent');
      return {};
    },
    outlast: async ({ world, outage }) => {
      // Where the one cut off had just taken over from another, it is alone.
      if (world.alive.length === 1) await world.newInstance('direct').start();
      await pass(outage);
      world.proxy.strandConnections();
      world.proxy.become('open');
    },
  },
  {
    name: 'answers lost',
    meaning: `${LOST_ANSWERS} writes in a row are carried out and their answers lost`,
    stores: ['mongodb'],
    sparesAttempts: true,
    strike: ({ world, point }) => {
      world.proxy.loseAnswerTo(...lostWords(point));
      return {};
    },
    outlast: async ({ world, point }) => {
      for (let lost = 1; lost < LOST_ANSWERS; lost++) {
        await waitUntil(() => !world.proxy.waitingToLose, 20_000);
        world.proxy.loseAnswerTo(...lostWords(point));
      }
      await waitUntil(() => !world.proxy.waitingToLose, 20_000);
    },
  },
  {
    name: 'slow store',
    meaning: `every answer of the database comes ${SLOW_MS} ms late; with SQLite, every commit`,
    stores: ['mongodb', 'sqlite'],
    sparesAttempts: true,
    strike: ({ world, store, outage }) => {
      if (store === 'sqlite') return { slowBy: SLOW_MS, slowFor: outage };
      world.proxy.delayAnswers(SLOW_MS);
      return {};
    },
    outlast: async ({ world, store, outage }) => {
      await pass(outage);
      if (store === 'mongodb') world.proxy.delayAnswers(0);
    },
  },
  {
    name: 'not the primary',
    meaning: 'writes are answered `NotWritablePrimary` (10107), for every instance',
    stores: ['mongodb'],
    company: 'proxied',
    sparesAttempts: true,
    strike: ({ world }) => {
      world.proxy.refuseWrites(true);
      return {};
    },
    outlast: async ({ world, outage }) => {
      await pass(outage);
      world.proxy.refuseWrites(false);
      if (world.proxy.refusedWrites === 0) throw new Error('No write was refused.');
    },
  },
];

/** Tells the write that is about to be made at the point: of the journal, or of the projections. */
function lostWords(point: Point): readonly string[] {
  return point === 'during-projection' ? ['update', 'jobs'] : ['insert', 'commits'];
}
