import type { JobRef } from '../core/job/job-record.js';

/** A node that holds a concurrency key, or asks for it. Keys of two tenants have nothing in common. */
export interface KeyHolder extends JobRef {
  readonly key: string;
  readonly nodeId: string;
  /** Names this request, never used for another: a late call on a former grant changes nothing. */
  readonly grant: string;
  /**
   * The version of the job as its driver took it. Whoever drove the job before has a lower one, and
   * can take nothing from who drives it now, however late its calls come.
   */
  readonly epoch: number;
}

/**
 * Which nodes hold which concurrency keys. Everything here is atomic by itself, whichever processes
 * call at once, and may be repeated. All of it rejects with {@link StoreUnavailable} when the store
 * cannot be reached; then it may or may not have been done.
 */
export interface ConcurrencyKeys {
  /**
   * Has the node hold the key, unless as many others as `limit` do; true when it holds it. A node that
   * does so already goes on holding it, under the new grant, unless that has a lower epoch.
   */
  acquire(holder: KeyHolder, limit: number): Promise<boolean>;
  /** The node no longer holds the key; nothing happens when it does not under this grant. */
  release(holder: KeyHolder): Promise<void>;
  /**
   * These holders are all that the job has, whatever the limits: what a job that was taken up holds by
   * what its journal says. What has a higher epoch than `job` stays as it is.
   */
  reconcile(job: JobRef & Pick<KeyHolder, 'epoch'>, holders: readonly KeyHolder[]): Promise<void>;
  /** Who holds a key, those first that have held it longest. */
  holders(tenantId: string, key: string): Promise<readonly KeyHolder[]>;
}
