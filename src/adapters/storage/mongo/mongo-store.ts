import type { Cluster } from '../../../ports/cluster.js';
import type { DeadLetters } from '../../../ports/dead-letters.js';
import { NAMES_KEPT, type DurationHistory } from '../../../ports/duration-history.js';
import type { JobJournal } from '../../../ports/job-journal.js';
import type { JobProjections } from '../../../ports/job-projections.js';
import type { ResultCache } from '../../../ports/result-cache.js';
import type { Retention } from '../../../ports/retention.js';
import type { StoreArrival } from '../../../ports/store-arrival.js';
import type { StoreContents } from '../../../ports/store-contents.js';
import type { ScheduleStore } from '../../../ports/schedule-store.js';
import type { TemplateStore } from '../../../ports/template-store.js';
import type { TestCatalogue } from '../../../ports/test-catalogue.js';
import type { TokenLedger } from '../../../ports/token-ledger.js';
import { CommitWriter } from './commit-writer.js';
import { CreationOrder } from './creation-order.js';
import { Definitions } from './definitions.js';
import { JobList } from './job-list.js';
import { JobProjector } from './job-projector.js';
import { KnownVersions } from './known-versions.js';
import { Connection, type ConnectionOptions } from './mongo-connection.js';
import { MongoDeadLetters } from './mongo-dead-letters.js';
import { MongoDurationHistory } from './mongo-duration-history.js';
import { MongoConcurrencyKeys } from './mongo-concurrency-keys.js';
import { MongoInstanceRegistry } from './mongo-instance-registry.js';
import { MongoJobInbox } from './mongo-job-inbox.js';
import { MongoJobJournal } from './mongo-job-journal.js';
import { MongoJobLeases } from './mongo-job-leases.js';
import { MongoJobProjections } from './mongo-job-projections.js';
import { MongoResultCache } from './mongo-result-cache.js';
import { MongoRetention } from './mongo-retention.js';
import { MongoScheduleStore } from './mongo-schedule-store.js';
import { MongoStoreArrival } from './mongo-store-arrival.js';
import { MongoStoreContents } from './mongo-store-contents.js';
import { MongoTemplateStore } from './mongo-template-store.js';
import { MongoTestCatalogue } from './mongo-test-catalogue.js';
import { MongoTokenLedger } from './mongo-token-ledger.js';
import { NodePages } from './node-pages.js';
import { StoredCommits } from './stored-commits.js';

export interface MongoStoreOptions extends ConnectionOptions {
  /** How often to look for commits that another instance left without projections, in ms. */
  readonly catchUpInterval?: number;
  /** How long a read waits for the projections of this instance's own commits, in ms, at most. */
  readonly readPatience?: number;
  /** How long staged definitions are left to the instance that may still create their job, in ms. */
  readonly stagingGrace?: number;
  /** Told why projections could not be brought up to date; it is tried again. */
  readonly onProjectionError?: (error: unknown) => void;
  /** Names of which each tenant's history of durations keeps something. */
  readonly durationNames?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** Every store port on one MongoDB database. */
export interface MongoStore {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly catalogue: TestCatalogue;
  readonly templates: TemplateStore;
  readonly deadLetters: DeadLetters;
  readonly results: ResultCache;
  readonly schedules: ScheduleStore;
  readonly tokens: TokenLedger;
  readonly durations: DurationHistory;
  readonly cluster: Cluster;
  readonly retention: Retention;
  readonly contents: StoreContents;
  readonly arrival: StoreArrival;
  /** For tests and tools that look beneath the ports. */
  readonly connection: Connection;
  /** Resolves when the projections show everything that this instance has committed. */
  settled(): Promise<void>;
  /** Rejects with `StoreUnavailable` while no primary answers. */
  health(): Promise<void>;
  /** Every later call rejects with `StoreUnavailable`. Safe to call twice. */
  close(): Promise<void>;
}

const CATCH_UP_INTERVAL = 5_000;
const READ_PATIENCE = 1_000;
const STAGING_GRACE = 3_600_000;

/**
 * Connects to MongoDB, creates what indexes are missing, and catches up on projections that a crash
 * left behind. Rejects with `SchemaTooNew`, and with `StoreUnavailable` when the server cannot be
 * used now.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const connection = await Connection.open(options);
  const stored = new StoredCommits(connection);
  const now = options.now ?? Date.now;
  const projector = new JobProjector(connection, stored, now, options.onProjectionError);
  const definitions = new Definitions(connection, options.stagingGrace ?? STAGING_GRACE, now);
  const order = new CreationOrder(Math.random);
  try {
    await projector.catchUp();
    const last = await connection.call(() => newestOrder(connection));
    if (last !== undefined) order.startAfter(last);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const patience = Math.min(options.readPatience ?? READ_PATIENCE, connection.timeout / 2);
  projector.lookEvery(options.catchUpInterval ?? CATCH_UP_INTERVAL);
  return {
    journal: new MongoJobJournal(connection, {
      writer: new CommitWriter(order, definitions, stored),
      stored,
      definitions,
      projector,
      known: new KnownVersions(now),
      now,
    }),
    projections: new MongoJobProjections(
      connection,
      {
        definitions,
        projector,
        list: new JobList(connection),
        pages: new NodePages(connection, definitions),
      },
      patience,
    ),
    catalogue: new MongoTestCatalogue(connection),
    templates: new MongoTemplateStore(connection),
    deadLetters: new MongoDeadLetters(connection, projector, patience, now),
    results: new MongoResultCache(connection),
    schedules: new MongoScheduleStore(connection),
    tokens: new MongoTokenLedger(connection),
    durations: new MongoDurationHistory(connection, options.durationNames ?? NAMES_KEPT),
    retention: new MongoRetention(connection, projector),
    contents: new MongoStoreContents(connection, stored, projector, patience),
    arrival: new MongoStoreArrival(connection),
    cluster: {
      instances: new MongoInstanceRegistry(connection),
      leases: new MongoJobLeases(connection, projector, patience),
      inbox: new MongoJobInbox(connection),
      keys: new MongoConcurrencyKeys(connection),
    },
    connection,
    settled: () => projector.settled(),
    health: () => connection.ping(),
    close: async () => {
      await projector.close(connection.timeout);
      await connection.close();
    },
  };
}

async function newestOrder({ jobs }: Connection): Promise<string | undefined> {
  const newest = await Promise.all(
    [true, false].map((open) =>
      jobs
        .find({ 'state.open': open, order: { $gt: '' } }, { projection: { order: 1 } })
        .sort({ order: -1 })
        .limit(1)
        .next(),
    ),
  );
  return newest
    .flatMap((job) => job?.order ?? [])
    .sort()
    .at(-1);
}
