import type { JobRef } from '../core/job/job-record.js';

/** A node that holds a concurrency key, or asks for it. Keys of two tenants have nothing in common. */
export interface KeyHolder extends JobRef {
  readonly key: string;
  readonly nodeId: string;
  /** Names this request, never used for another: a late call on a former grant changes nothing. */
  readonly grant: string;
}

/**
 * Which nodes hold which concurrency keys. Everything here is atomic by itself, whichever processes
 * call at once, and may be repeated. All of it rejects with {@link StoreUnavailable} when the store
 * cannot be reached; then it may or may not have been done.
 */
export interface ConcurrencyKeys {
  /**
   * Has the node hold the key, unless as many others as `limit` do; true when it holds it. A node that
   * does so already goes on holding it, under the new grant.
   */
  acquire(holder: KeyHolder, limit: number): Promise<boolean>;
  /** The node no longer holds the key; nothing happens when it does not under this grant. */
  release(holder: KeyHolder): Promise<void>;
  /**
   * These holders are all that the job has, whatever the limits: what a job that was taken up holds by
   * what its journal says. Others must not ask for the job meanwhile.
   */
  reconcile(job: JobRef, holders: readonly KeyHolder[]): Promise<void>;
  /** Who holds a key, those first that have held it longest. */
  holders(tenantId: string, key: string): Promise<readonly KeyHolder[]>;
}
