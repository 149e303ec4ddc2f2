import { openMongoStore } from '../src/adapters/storage/mongo/index.js';
import type { JobJournal } from '../src/ports/job-journal.js';
import { BenchEngine } from './bench-engine.js';
import { portsOf, type StoreSource } from './stores.js';
import { W1_JOBS, W1_NODES, WORKLOADS } from './workloads.js';

/** What the issue asks for: fewer round trips than one for five nodes. */
export const ROUND_TRIPS_A_NODE = 0.2;

export interface RoundTrips {
  readonly nodes: number;
  /** Group commits of the engine. */
  readonly flushes: number;
  /** Commands sent to the server from the first submit until lists show the end of every job. */
  readonly commands: number;
  readonly perNode: number;
  /** Commands that a flush waits for, on average: 1 when all of its commits go out together. */
  readonly perFlush: number;
  /** Commands by name and collection, the most frequent first. */
  readonly byCommand: Readonly<Record<string, number>>;
  readonly met: boolean;
}

/** Counts the commands that W1 sends to MongoDB, by the driver's own command monitoring. */
export async function measureRoundTrips(source: StoreSource): Promise<RoundTrips> {
  const workload = WORKLOADS.find(({ name }) => name === 'W1');
  if (workload === undefined) throw new Error('There is no workload W1 to count round trips of.');
  const place = source.fresh();
  const store = await openMongoStore({ url: place.url, monitorCommands: true });
  const counted = { flushes: 0, inFlushes: 0, flushing: 0 };
  const journal: JobJournal = {
    commit: async (batch) => {
      counted.flushes++;
      counted.flushing++;
      const results = await store.journal.commit(batch);
      counted.flushing--;
      return results;
    },
    stage: (ref, chunk) => store.journal.stage(ref, chunk),
    sweepStaged: () => store.journal.sweepStaged(),
    read: (ref, after, limit) => store.journal.read(ref, after, limit),
    readDefinition: (ref, first, limit) => store.journal.readDefinition(ref, first, limit),
    findClaim: (tenant, owner, key) => store.journal.findClaim(tenant, owner, key),
  };
  const bench = new BenchEngine({ ...portsOf(store), journal }, workload.settings);
  await bench.engine.start();
  const commands = new Map<string, number>();
  counted.flushes = 0;
  store.connection.mongoose.getClient().on('commandStarted', ({ commandName, command }) => {
    const on = (command as Record<string, unknown>)[commandName];
    const name = `${commandName} ${typeof on === 'string' ? on : ''}`.trim();
    commands.set(name, (commands.get(name) ?? 0) + 1);
    // While a flush is out, only the projector's update of the journal is not the flush's own.
    if (counted.flushing > 0 && /^(insert|find) (commits|commit_parts)$/.test(name)) {
      counted.inFlushes++;
    }
  });
  await workload.measure(bench);
  const byCommand = [...commands].sort(([, a], [, b]) => b - a);
  const { flushes, inFlushes } = counted;
  await bench.close();
  await place.remove();
  const sent = byCommand.reduce((sum, [, count]) => sum + count, 0);
  const nodes = W1_JOBS * W1_NODES;
  return {
    nodes,
    flushes,
    commands: sent,
    perNode: sent / nodes,
    perFlush: inFlushes / flushes,
    byCommand: Object.fromEntries(byCommand),
    met: sent / nodes < ROUND_TRIPS_A_NODE,
  };
}
