import type { Durations } from '../../src/core/plan/durations.js';
import {
  NAMES_KEPT,
  SAMPLES_KEPT,
  type DurationEntry,
  type DurationHistory,
} from '../../src/ports/duration-history.js';

interface Kept extends DurationEntry {
  readonly usedAt: number;
}

/** What nodes took, in memory: for simulations and benches. */
export class MemoryDurationHistory implements DurationHistory {
  readonly #kept: Map<string, Map<string, Kept>>;

  /** With another one, on the same storage as it. */
  constructor(
    readonly namesKept = NAMES_KEPT,
    other?: MemoryDurationHistory,
  ) {
    this.#kept = other === undefined ? new Map<string, Map<string, Kept>>() : other.#kept;
  }

  add(tenantId: string, entries: readonly DurationEntry[], now: number): Promise<void> {
    const kept = this.#kept.get(tenantId) ?? new Map<string, Kept>();
    this.#kept.set(tenantId, kept);
    for (const { scope, name, durations } of entries) {
      const key = JSON.stringify([scope, name]);
      const all = [...(kept.get(key)?.durations ?? []), ...durations].slice(-SAMPLES_KEPT);
      kept.set(key, { scope, name, durations: all, usedAt: now });
    }
    const byUse = [...kept].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key] of byUse.slice(0, Math.max(0, kept.size - this.namesKept))) kept.delete(key);
    return Promise.resolve();
  }

  read(tenantId: string, scope: string): Promise<ReadonlyMap<string, Durations>> {
    const all = [...(this.#kept.get(tenantId)?.values() ?? [])];
    const found = all.filter((entry) => entry.scope === scope);
    return Promise.resolve(new Map(found.map(({ name, durations }) => [name, durations])));
  }
}
