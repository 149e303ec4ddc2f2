import { openMongoStore } from './adapters/storage/mongo/index.js';
import { lockFolder, openDrivenSqliteStore } from './adapters/storage/sqlite/index.js';
import type { Config } from './platform/config/index.js';
import type { Cluster } from './ports/cluster.js';
import type { DurationHistory } from './ports/duration-history.js';
import type { DeadLetters } from './ports/dead-letters.js';
import type { JobJournal } from './ports/job-journal.js';
import type { JobProjections } from './ports/job-projections.js';
import type { Logger } from './ports/logger.js';
import type { ResultCache } from './ports/result-cache.js';
import type { Retention } from './ports/retention.js';
import type { ScheduleStore } from './ports/schedule-store.js';
import type { TemplateStore } from './ports/template-store.js';
import type { TestCatalogue } from './ports/test-catalogue.js';
import type { TokenLedger } from './ports/token-ledger.js';

/** Every store port, on whichever store the configuration names. */
export interface Store {
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
  /** Present where other instances may share the store. */
  readonly cluster?: Cluster;
  /** Rejects, or says why, when the store cannot be used. */
  health(): Promise<void>;
  /** Lets go of the store, and of the data folder. */
  close(): Promise<void>;
}

/**
 * Opens the store for driving jobs, and takes what only one process may have: the embedded database,
 * or the data folder of an instance. Rejects with `StoreInUse`, `FolderInUse`, `StoreUnavailable` or
 * `SchemaTooNew`, each of which says what to do.
 */
export async function openStore(config: Config, logger: Logger): Promise<Store> {
  return config.database.kind === 'sqlite'
    ? openDrivenSqliteStore({ path: config.database.path })
    : shared(config.database.url, config, logger);
}

async function shared(url: string, config: Config, logger: Logger): Promise<Store> {
  const lock = lockFolder(config.dataDir);
  try {
    const store = await openMongoStore({
      url,
      timeout: config.databaseTimeout * 1000,
      poolSize: config.databasePool,
      onNoValidators: (why) =>
        logger.info({ reason: why }, 'MongoDB does not check the documents it is given'),
      onProjectionError: (error) =>
        logger.error(
          { err: error },
          'what lists and status reads show could not be brought up to date; tried again',
        ),
    });
    return {
      ...store,
      close: async () => {
        await store.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
