import type { MongoServer } from '../../support/mongo/mongo-server.js';
import type { ServiceProcess } from '../../support/service-process.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Point } from '../service/points.js';
import type { Fault, StoreName } from './faults.js';
import { checkInvariants, watchEnds } from './invariants.js';
import { idle, World, type Build } from './world.js';

export interface Cell {
  readonly store: StoreName;
  readonly point: Point;
  readonly fault: Fault;
}

export interface CellOptions {
  readonly build: Build;
  /** Where the store is MongoDB. */
  readonly server: MongoServer | undefined;
  /** ms. */
  readonly outage: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const JOBS_BEFORE = 3;
const JOBS_DURING = 2;
const JOBS_AFTER = 1;
/** A point of which there are several is passed up to so often first. */
const MOST_PASSES = 2;
const END_LIMIT_MS = 90_000;
const HOLD_LIMIT_MS = 20_000;

/** Has a fault strike at a point while jobs run, and checks every invariant when all has ended. */
export async function runCell(cell: Cell, options: CellOptions): Promise<void> {
  const world = await World.open(options.build, options.server);
  const after: (() => void)[] = [];
  try {
    const { fault, store, point } = cell;
    const { victim, before } = await bringToPoint(world, cell, options.random);
    await world.reached(victim);
    const orders = await fault.strike({ world, store, point, victim, after, ...options });
    if (victim.alive) world.goOn(victim, orders);
    world.workload.openGate();
    await Promise.all([
      fault.outlast({ world, store, point, victim, after, ...options }),
      world.workload.submit(JOBS_DURING, () => world.alive),
      before,
    ]);

    const ends = await watchEnds(world, END_LIMIT_MS);
    await world.workload.submit(JOBS_AFTER, () => world.alive);
    for (const instance of world.alive) await world.workload.submitFull(instance, world.folder);
    await watchEnds(world, END_LIMIT_MS, ends);
    for (const instance of world.alive) await idle(instance);
    // To bring about a take-over, an instance is killed in any case.
    const spared = fault.sparesAttempts && point !== 'during-take-over';
    await checkInvariants(world, ends, spared);
  } catch (error) {
    throw new Error(`${String(error)}\n${world.logs}`, { cause: error });
  } finally {
    for (const undo of after) undo();
    await world.close();
  }
}

interface Brought {
  /** The instance that will stop at the point. */
  readonly victim: ServiceProcess;
  /** Resolves when the jobs have been accepted that were submitted to bring it there. */
  readonly before: Promise<void>;
}

/** Starts what is to be there, and has jobs bring an instance to the point. */
async function bringToPoint(
  world: World,
  { store, point, fault }: Cell,
  random: () => number,
): Promise<Brought> {
  const first = world.newInstance();
  const company = store === 'sqlite' ? undefined : fault.company;
  const submit = (): Promise<void> => {
    const submitted = world.workload.submit(JOBS_BEFORE, () =>
      first.alive ? [first] : world.alive,
    );
    // It is waited for later on.
    submitted.catch(() => undefined);
    return submitted;
  };
  if (point !== 'during-take-over') {
    const passes = point === 'during-attempt' ? 0 : Math.floor(random() * (MOST_PASSES + 1));
    await world.launchFaulty(first, point, passes);
    await first.ready();
    if (company !== undefined) await world.newInstance(company).start();
    return { victim: first, before: submit() };
  }
  await first.start();
  const alone = company === undefined;
  const heir = alone ? first : world.newInstance();
  if (!alone) {
    await world.launchFaulty(heir, point, 0);
    await heir.ready();
  }
  const before = submit();
  await before;
  await waitUntil(() => world.workload.isHolding, HOLD_LIMIT_MS);
  await first.kill();
  if (alone) await world.launchFaulty(heir, point, 0);
  return { victim: heir, before };
}
