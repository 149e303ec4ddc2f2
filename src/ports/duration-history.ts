import type { Durations } from '../core/plan/durations.js';

/** What nodes took, filed under a scope (such as a template) and a name within it (such as a node's). */
export interface DurationEntry {
  readonly scope: string;
  readonly name: string;
  readonly durations: Durations;
}

/**
 * What nodes took in earlier runs: a statistic that predictions are made from. Of each name only the
 * last {@link SAMPLES_KEPT} times are kept, and of each tenant only the {@link NAMES_KEPT} names that
 * were added to last, so it does not grow without end. Nothing that Baton promises rests on it: what
 * was added last may be lost in a crash. Rejects with {@link StoreUnavailable} when the store cannot
 * be reached.
 */
export interface DurationHistory {
  /**
   * Adds to what is there, later ones last; each scope and name comes once in a call, and calls of
   * several processes add up. `now` is in epoch ms.
   */
  add(tenantId: string, entries: readonly DurationEntry[], now: number): Promise<void>;
  /** What there is in a scope, by name; of more than {@link NAMES_READ} names, so many of them. */
  read(tenantId: string, scope: string): Promise<ReadonlyMap<string, Durations>>;
}

export const SAMPLES_KEPT = 20;
export const NAMES_KEPT = 50_000;
export const NAMES_READ = 5_000;
