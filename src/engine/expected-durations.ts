import { knownDurationSteps, type Durations, type KnownDurations } from '../core/plan/durations.js';
import type { Plan } from '../core/plan/plan.js';
import type { Clock } from '../ports/clock.js';
import type { DurationHistory } from '../ports/duration-history.js';
import { MOST_KNOWN_BY_NODE, scopeOf, TYPES, type RecurringJob } from './duration-scopes.js';
import { remember } from './remember.js';
import { runInSlices } from './slices.js';

type ByName = ReadonlyMap<string, Durations>;

interface Remembered {
  /** Epoch ms. */
  readonly at: number;
  readonly durations: Promise<ByName>;
}

/** ms after which the store is asked again, since other instances add to it. */
const REMEMBERED_FOR = 10_000;
const SCOPES_REMEMBERED = 100;
const NOTHING: ByName = new Map();

/** Looks up what the nodes of a job took before. Where the store is away, nothing is known. */
export class ExpectedDurations {
  readonly #history: DurationHistory;
  readonly #clock: Clock;
  /** The one asked for last is last. */
  readonly #remembered = new Map<string, Remembered>();

  constructor(history: DurationHistory, clock: Clock) {
    this.#history = history;
    this.#clock = clock;
  }

  async of(job: RecurringJob, plan: Pick<Plan, 'nodes'>): Promise<KnownDurations> {
    const { tenantId } = job;
    const isLarge = plan.nodes.length > MOST_KNOWN_BY_NODE;
    const [byNode, byType] = await Promise.all([
      isLarge ? NOTHING : this.#scope(tenantId, scopeOf(job)),
      this.#scope(tenantId, TYPES),
    ]);
    return runInSlices(knownDurationSteps(plan, byNode, byType));
  }

  /** Asks the store again, since something was added there. */
  forget(tenantId: string, scope: string): void {
    this.#remembered.delete(keyOf(tenantId, scope));
  }

  #scope(tenantId: string, scope: string): Promise<ByName> {
    const key = keyOf(tenantId, scope);
    const now = this.#clock.now();
    const known = this.#remembered.get(key);
    const remembered =
      known !== undefined && now - known.at < REMEMBERED_FOR
        ? known
        : { at: now, durations: this.#read(tenantId, scope) };
    remember(this.#remembered, key, remembered, SCOPES_REMEMBERED);
    return remembered.durations;
  }

  #read(tenantId: string, scope: string): Promise<ByName> {
    return this.#history.read(tenantId, scope).catch(() => {
      this.forget(tenantId, scope);
      return NOTHING;
    });
  }
}

function keyOf(tenantId: string, scope: string): string {
  return JSON.stringify([tenantId, scope]);
}
