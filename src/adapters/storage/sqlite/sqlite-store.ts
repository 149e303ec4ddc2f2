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
import { Connection, type ConnectionOptions } from './connection.js';
import { Definitions } from './definitions.js';
import { DiscardedJobs } from './discarded-jobs.js';
import { JobIndex } from './job-index.js';
import { JobList } from './job-list.js';
import { JobLookup } from './job-lookup.js';
import { LiveJobs } from './live-jobs.js';
import { NodeStates } from './node-states.js';
import { Postings } from './postings.js';
import { Scopes } from './scopes.js';
import { SqliteDeadLetters } from './sqlite-dead-letters.js';
import { SqliteDurationHistory } from './sqlite-duration-history.js';
import { SqliteJobJournal } from './sqlite-job-journal.js';
import { SqliteJobProjections } from './sqlite-job-projections.js';
import { SqliteResultCache } from './sqlite-result-cache.js';
import { SqliteRetention } from './sqlite-retention.js';
import { SqliteScheduleStore } from './sqlite-schedule-store.js';
import { SqliteStoreArrival } from './sqlite-store-arrival.js';
import { SqliteStoreContents } from './sqlite-store-contents.js';
import { SqliteTemplateStore } from './sqlite-template-store.js';
import { SqliteTestCatalogue } from './sqlite-test-catalogue.js';
import { SqliteTokenLedger } from './sqlite-token-ledger.js';
import { TimeBounds } from './time-bounds.js';

export interface SqliteStoreOptions extends ConnectionOptions {
  /** Names of which each tenant's history of durations keeps something. */
  readonly durationNames?: number;
}

/** Every store port on one SQLite file. */
export interface SqliteStore {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly catalogue: TestCatalogue;
  readonly templates: TemplateStore;
  readonly deadLetters: DeadLetters;
  readonly results: ResultCache;
  readonly schedules: ScheduleStore;
  readonly tokens: TokenLedger;
  readonly durations: DurationHistory;
  readonly retention: Retention;
  readonly contents: StoreContents;
  readonly arrival: StoreArrival;
  /** For tests and tools that look beneath the ports. */
  readonly connection: Connection;
  /** Rejects with `StoreUnavailable` while the database cannot be read, or could not be written last. */
  health(): Promise<void>;
  /** Every later call rejects with `StoreUnavailable`. Safe to call twice. */
  close(): void;
}

/**
 * Opens the database, creating it or bringing its schema up to date. Does not keep other processes
 * out: whoever drives jobs takes `lockForDriving(path)` first. Throws `SchemaTooNew`, `StoreIncomplete`
 * while another store is being copied into it, and `StoreUnavailable` when it cannot be used now.
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const connection = new Connection(options);
  const scopes = new Scopes(connection);
  const postings = new Postings(connection);
  const bounds = new TimeBounds(connection);
  const definitions = new Definitions(connection);
  const nodes = new NodeStates(connection);
  const live = new LiveJobs(connection, scopes);
  const lookup = new JobLookup(connection, scopes);
  const index = new JobIndex(connection, scopes, postings, bounds);
  const discards = new DiscardedJobs(connection, scopes, bounds);
  const deadLetters = new SqliteDeadLetters(connection, scopes);
  const list = new JobList({ scopes, postings, bounds, index, lookup });
  return {
    journal: new SqliteJobJournal(connection, {
      scopes,
      definitions,
      live,
      index,
      nodes,
      lookup,
      discards,
      deadLetters,
    }),
    projections: new SqliteJobProjections(connection, {
      definitions,
      nodes,
      lookup,
      list,
      index,
      postings,
      discards,
    }),
    catalogue: new SqliteTestCatalogue(connection, scopes),
    templates: new SqliteTemplateStore(connection, scopes),
    deadLetters,
    results: new SqliteResultCache(connection, scopes),
    schedules: new SqliteScheduleStore(connection, scopes),
    tokens: new SqliteTokenLedger(connection),
    durations: new SqliteDurationHistory(connection, scopes, options.durationNames ?? NAMES_KEPT),
    retention: new SqliteRetention(connection, { scopes, postings, bounds, index, discards }),
    contents: new SqliteStoreContents(connection, lookup, nodes),
    arrival: new SqliteStoreArrival(connection),
    connection,
    health: () => connection.probe(Date.now()),
    close: () => connection.close(),
  };
}
