import type { JobHeader, JobRef, NodeProjection } from '../core/job/job-record.js';
import type { JobStatus } from '../core/job/status.js';
import type { DeadLetter } from './dead-letters.js';
import type { Schedule } from '../core/schedule/schedule.js';
import type { CommitRequest, IdempotencyClaim } from './job-journal.js';
import type { TestCase } from './test-catalogue.js';

/** A job as it lies in a store. */
export interface StoredJob extends JobRef {
  /** How many records it has. */
  readonly version: number;
  readonly status: JobStatus;
  /** Where it stands in the order of creation, for the next page. Opaque, and of this store only. */
  readonly place: string;
}

/** All of one record: what is needed to commit it again elsewhere, save the job's definition. */
export interface StoredRecord extends Pick<
  CommitRequest,
  'commitId' | 'at' | 'events' | 'intents' | 'progress' | 'nodes'
> {
  readonly version: number;
  /** Present if and only if `version` is 1. */
  readonly creation?: { readonly header: JobHeader; readonly idempotency?: IdempotencyClaim };
  /** Characters, about. */
  readonly size: number;
}

export interface RecordPage {
  readonly records: readonly StoredRecord[];
  /** False when there may be more after these. */
  readonly end: boolean;
}

/** A test case with its place in the order of this store's catalogue, which is the store's own. */
export interface StoredTestCase {
  readonly tenantId: string;
  readonly testCase: TestCase;
  /** For the next page; opaque. */
  readonly place: string;
}

/** The name of a template, whose revisions are numbered without gaps. */
export interface StoredTemplateName {
  readonly tenantId: string;
  readonly name: string;
  /** For the next page; opaque. */
  readonly place: string;
}

/** A schedule with its place in the order of this store, which is the store's own. */
export interface PlacedSchedule {
  readonly schedule: Schedule;
  /** For the next page; opaque. */
  readonly place: string;
}

export interface StoredToken {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Everything there is in a store, of all tenants, in pages: for copying and counting it. A page takes
 * a bounded amount of memory, whatever the store holds. Rejects with {@link StoreUnavailable} when
 * the store cannot be reached.
 */
export interface StoreContents {
  /** About how many there are, at little cost: for saying how far a copy has come. */
  size(): Promise<{ readonly jobs: number; readonly records: number }>;
  /** In order of creation; `after` is the place of the last job of the page before. */
  jobs(after: string | undefined, limit: number): Promise<readonly StoredJob[]>;
  /** How many records each of these jobs has at least; 0 for a job that is not there. */
  versions(refs: readonly JobRef[]): Promise<readonly number[]>;
  /** Records after a version, oldest first: at most `limit`, fewer where they are large. */
  records(ref: JobRef, afterVersion: number, limit: number): Promise<RecordPage>;
  /** The states, outputs included, of those of the nodes from `first` up to `end` that have one. */
  states(ref: JobRef, first: number, end: number): Promise<readonly NodeProjection[]>;
  /** In an order of the store's own; `after` is the place of the last one of the page before. */
  testCases(after: string | undefined, limit: number): Promise<readonly StoredTestCase[]>;
  /** Templates, archived or not, in an order of the store's own; `after` as above. */
  templates(after: string | undefined, limit: number): Promise<readonly StoredTemplateName[]>;
  /** Dead letters, in the order of their ids; `after` is the last id before. */
  deadLetters(after: string | undefined, limit: number): Promise<readonly DeadLetter[]>;
  /** In an order of the store's own; `after` as above. */
  schedules(after: string | undefined, limit: number): Promise<readonly PlacedSchedule[]>;
  /** Redeemed tokens, in the order of the bytes of their ids; `after` is the last id before. */
  tokens(after: string | undefined, limit: number): Promise<readonly StoredToken[]>;
}
