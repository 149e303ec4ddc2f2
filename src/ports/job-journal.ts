import type { Intent, JobEvent } from '../core/job/events.js';
import type {
  DefinitionChunk,
  JobHeader,
  JobProgress,
  JobRef,
  NodeProjection,
} from '../core/job/job-record.js';

/** Claims a submitter's key for the job being created; the claim and the job stand or fall together. */
export interface IdempotencyClaim {
  readonly key: string;
  /** Hash of the request body, by which a repeat is told from a misuse of the key. */
  readonly bodyHash: string;
}

export interface JobCreation {
  readonly header: JobHeader;
  /** The chunks not staged before; together with the staged ones they are the whole definition. */
  readonly chunks: readonly DefinitionChunk[];
  readonly idempotency?: IdempotencyClaim;
}

/** One commit of one job: a single atomic record, with the projections that follow from it. */
export interface CommitRequest extends JobRef {
  /** Unique to this commit. Committing the same record again answers `committed` again. */
  readonly commitId: string;
  /** The version the events were decided on; the record becomes the next. 0 creates the job. */
  readonly expectedVersion: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly events: readonly JobEvent[];
  readonly intents: readonly Intent[];
  readonly progress: JobProgress;
  readonly nodes: readonly NodeProjection[];
  /** Present if and only if `expectedVersion` is 0. */
  readonly creation?: JobCreation;
}

export type CommitResult =
  | { readonly status: 'committed'; readonly version: number }
  /** Another record already has this version: the caller no longer drives this job. */
  | { readonly status: 'conflict'; readonly actualVersion: number }
  /** The idempotency key is another job's. Nothing was written. */
  | { readonly status: 'duplicate_key'; readonly jobId: string; readonly bodyHash: string };

export interface JournalRecord {
  readonly version: number;
  readonly at: number;
  readonly events: readonly JobEvent[];
}

/**
 * The truth about every job: its definition and its commits.
 *
 * When `commit` resolves, every record answered `committed` survives a crash of the process and of
 * the machine. It rejects with {@link StoreUnavailable} when the store cannot be reached or cannot
 * write; then the outcome of each record is unknown, and committing the same records again settles
 * it. A record is visible whole or not at all.
 */
export interface JobJournal {
  /** Commits records of different jobs together; each succeeds or fails by itself, in order. */
  commit(batch: readonly CommitRequest[]): Promise<readonly CommitResult[]>;
  /**
   * Stores part of the definition of a job that is about to be created. Until its creation is
   * committed the job does not exist for anybody. Staging the same chunk again replaces it.
   */
  stage(ref: JobRef, chunk: DefinitionChunk): Promise<void>;
  /** Forgets staged chunks of jobs that were never created. To be called before work is accepted. */
  sweepStaged(): Promise<void>;
  /** Records after a version, oldest first, at most `limit`. */
  read(ref: JobRef, afterVersion: number, limit: number): Promise<readonly JournalRecord[]>;
  /** The definition from node `first` on: the chunks that hold it, in order, at most `limit` chunks. */
  readDefinition(ref: JobRef, first: number, limit: number): Promise<readonly DefinitionChunk[]>;
  /** The job that claimed this key, if any. */
  findClaim(
    tenantId: string,
    owner: string,
    key: string,
  ): Promise<{ readonly jobId: string; readonly bodyHash: string } | undefined>;
}
