import type { Json } from '../core/json.js';

/** The result of a node that completed, kept for others that would do the same. */
export interface CachedResult {
  readonly tenantId: string;
  /** Of all that the result depends on; the tenant is among it. */
  readonly hash: string;
  /** What the node's `cache.key` came to, where it has one: results are deleted by it. */
  readonly key?: string;
  readonly output?: Json;
  /** Which node made it. */
  readonly jobId: string;
  readonly nodeId: string;
  /** Epoch milliseconds at which it was made. */
  readonly at: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Results of nodes that may be used again. What is lost of it is made anew, so it does not move between
 * stores, and nothing waits for it to be durable. Rejects with {@link StoreUnavailable} when the store
 * cannot be reached.
 */
export interface ResultCache {
  /** `undefined` when there is none, or it has expired at `now` (epoch ms). */
  get(tenantId: string, hash: string, now: number): Promise<CachedResult | undefined>;
  /** In place of the one with the same hash. */
  put(result: CachedResult): Promise<void>;
  /** Deletes at most `limit` results of a tenant, of a key if it is given; answers how many. */
  delete(tenantId: string, key: string | undefined, limit: number): Promise<number>;
  /** Deletes at most `limit` results that have expired; true when there are no more. */
  expire(now: number, limit: number): Promise<boolean>;
}
