import type { JobRef } from '../core/job/job-record.js';

export interface DiscardQuery {
  /** Epoch milliseconds: only jobs that ended before this. */
  readonly endedBefore: number;
  /** Absent: jobs of every tenant. */
  readonly tenantId?: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Jobs discarded in this call, at most; it may be fewer for the sake of a short call. */
  readonly limit: number;
  /** The `next` of the call before. */
  readonly cursor?: string;
}

export interface ErasedJobs {
  readonly jobs: readonly JobRef[];
  /** Absent on the last page. Opaque. */
  readonly next?: string;
}

export interface DiscardedJobs {
  readonly jobs: readonly JobRef[];
  /** Where to go on; absent when every job has been looked at. Opaque. */
  readonly next?: string;
}

/**
 * Takes finished jobs out of the store, in two steps that may be a crash apart.
 *
 * A job is *discarded* at once: no read shows it or any part of it any more, its idempotency key is
 * free, and whoever commits to it, or creates it again, is answered a conflict. What it leaves is
 * then *erased* bit by bit. What was discarded and not erased is found again by `discarded`, so a
 * crash at any point leaves nothing behind for good. The store remembers the bare id of an erased job
 * for {@link FENCE_MS}, and refuses commits to it for as long.
 *
 * Jobs that have not ended are never touched. Every call is short: an embedded store holds the event
 * loop for a few ms, a remote one is asked a handful of times. Several processes may do all of this
 * on one store at the same time. Rejects with {@link StoreUnavailable} when the store cannot be
 * reached; the call may then be repeated.
 */
export interface Retention {
  discard(query: DiscardQuery): Promise<DiscardedJobs>;
  /**
   * Discarded jobs of which something can be erased now (epoch ms), longest discarded first, after
   * passing over the first `skip` of them.
   */
  discarded(now: number, skip: number, limit: number): Promise<readonly JobRef[]>;
  /**
   * Erases some of what is left of discarded jobs; true when there is nothing more to erase of them
   * now. What of a job is kept outside the store is to be deleted before, for `discarded` does not
   * name the job afterwards. Jobs that were not discarded are left alone.
   */
  erase(jobs: readonly JobRef[], now: number): Promise<boolean>;
  /**
   * Jobs that were erased at `since` (epoch ms) or later and are still remembered, in the order in
   * which they were erased: for processes that share the store and keep something of jobs outside it.
   * `cursor` is the `next` of the page before.
   */
  erased(since: number, limit: number, cursor?: string): Promise<ErasedJobs>;
}

/**
 * How long after a job is gone a late commit to it is still refused, in ms. A process that was
 * stopped in the middle of a commit for longer than that could bring part of a job back.
 */
export const FENCE_MS = 7 * 24 * 3_600_000;
