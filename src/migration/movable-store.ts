import type { DeadLetters } from '../ports/dead-letters.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { StoreArrival } from '../ports/store-arrival.js';
import type { StoreContents } from '../ports/store-contents.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
import type { TemplateStore } from '../ports/template-store.js';
import type { TestCatalogue } from '../ports/test-catalogue.js';
import type { TokenLedger } from '../ports/token-ledger.js';

/** What of a store a copy needs, on either side. */
export interface MovableStore {
  readonly journal: Pick<JobJournal, 'commit' | 'stage' | 'readDefinition'>;
  readonly projections: Pick<JobProjections, 'job'>;
  readonly catalogue: Pick<TestCatalogue, 'get' | 'put'>;
  readonly templates: Pick<TemplateStore, 'get' | 'put' | 'archive'>;
  readonly deadLetters: Pick<DeadLetters, 'get' | 'put' | 'delete'>;
  readonly schedules: Pick<ScheduleStore, 'get' | 'create' | 'delete'>;
  readonly tokens: TokenLedger;
  readonly contents: StoreContents;
  readonly arrival: StoreArrival;
  /** Resolves when the projections show every commit answered so far; absent where they always do. */
  settled?(): Promise<void>;
}

/** How far a copy or a comparison has come. The totals are estimates. */
export interface Progress {
  readonly phase: 'copied' | 'verified';
  readonly jobs: number;
  readonly ofJobs: number;
  readonly records: number;
  readonly ofRecords: number;
}
