import type { DeadLetters } from '../../src/ports/dead-letters.js';
import type { DurationHistory } from '../../src/ports/duration-history.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import type { JobProjections } from '../../src/ports/job-projections.js';
import type { StoreArrival } from '../../src/ports/store-arrival.js';
import type { StoreContents } from '../../src/ports/store-contents.js';
import type { ResultCache } from '../../src/ports/result-cache.js';
import type { Retention } from '../../src/ports/retention.js';
import type { ScheduleStore } from '../../src/ports/schedule-store.js';
import type { TemplateStore } from '../../src/ports/template-store.js';
import type { TestCatalogue } from '../../src/ports/test-catalogue.js';
import type { TokenLedger } from '../../src/ports/token-ledger.js';

export interface StoreUnderTest {
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
  /** Resolves when the projections show every commit answered so far. */
  settled(): Promise<void>;
}

/** How a store contract gets at the adapter it is run on. */
export interface StoreContract {
  readonly name: string;
  /** A store on empty storage. */
  create(): Promise<StoreUnderTest>;
  /** Another store on the same storage, as after a restart; the one before is no longer used. */
  reopen(options?: {
    readonly arriving?: boolean;
    readonly durationNames?: number;
  }): Promise<StoreUnderTest>;
  destroy(): Promise<void>;
}
