import type { AttemptResult, HeldAttempt } from '../core/job/attempt.js';
import type { JsonObject } from '../core/json.js';
import type { Clock } from '../ports/clock.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import type { AttemptOrder } from './live-attempt.js';
import type { NodeRunner } from './node-runner.js';

/** Failures in a row that open a breaker. */
const FAILURES = 5;
/** How long it stays open before an attempt may try, in ms. */
const OPEN_MS = 60_000;
/** How soon to look again whether the attempt that tries is back, in ms. */
const PROBE_MS = 1_000;
/** Upstreams of a tenant that are known to have failed; beyond, the oldest that is not open is forgotten. */
const REMEMBERED = 1_000;

export interface BreakerState {
  readonly upstream: string;
  readonly state: 'open' | 'half_open';
  /** Epoch milliseconds from which an attempt may try. */
  readonly until: number;
  /** In a row. */
  readonly failures: number;
}

interface Breaker {
  failures: number;
  /** Epoch milliseconds; absent while it is closed. */
  openUntil?: number;
  probing: boolean;
}

/**
 * Holds attempts back whose upstream has failed several times in a row, so that they are not burnt: one
 * of them tries when a minute has passed, and the others follow when it went well. What this process
 * knows of a tenant's upstreams; nothing is kept of one that works.
 */
export class CircuitBreakers {
  readonly #executors: ReadonlyMap<string, NodeExecutor>;
  readonly #clock: Clock;
  readonly #breakers = new Map<string, Map<string, Breaker>>();

  constructor(executors: ReadonlyMap<string, NodeExecutor>, clock: Clock) {
    this.#executors = executors;
    this.#clock = clock;
  }

  /** Runs an attempt in its reserved slot, or gives the slot back and reports that it is held. */
  run(
    order: AttemptOrder,
    runner: Pick<NodeRunner, 'run' | 'giveBack'>,
    report: (result: AttemptResult | HeldAttempt) => void,
  ): void {
    const upstream = order.breaker ?? this.#executors.get(order.type)?.upstream?.(order.config);
    if (upstream === undefined) {
      runner.run(order, report);
      return;
    }
    const until = this.#heldUntil(order.tenantId, upstream);
    if (until !== undefined) {
      runner.giveBack(1);
      report({ status: 'held', until, by: { kind: 'breaker', upstream } });
      return;
    }
    runner.run(order, (result) => {
      this.#note(order.tenantId, upstream, result);
      report(result);
    });
  }

  /** Those of a tenant that are not closed. */
  list(tenantId: string): readonly BreakerState[] {
    const now = this.#clock.now();
    return [...(this.#breakers.get(tenantId) ?? [])].flatMap(([upstream, breaker]) => {
      const { openUntil: until, failures } = breaker;
      if (until === undefined) return [];
      return [{ upstream, state: now < until ? 'open' : 'half_open', until, failures } as const];
    });
  }

  #heldUntil(tenantId: string, upstream: string): number | undefined {
    const breaker = this.#breakers.get(tenantId)?.get(upstream);
    if (breaker?.openUntil === undefined) return undefined;
    const now = this.#clock.now();
    if (now < breaker.openUntil) return breaker.openUntil;
    if (breaker.probing) return now + PROBE_MS;
    breaker.probing = true;
    return undefined;
  }

  #note(tenantId: string, upstream: string, result: AttemptResult): void {
    const breaker = this.#breakers.get(tenantId)?.get(upstream);
    if (breaker !== undefined) breaker.probing = false;
    const health = healthOf(result);
    if (health === 'unknown') return;
    if (health === 'well') {
      this.#forget(tenantId, upstream);
      return;
    }
    const failing = breaker ?? this.#new(tenantId, upstream);
    failing.failures++;
    if (failing.failures >= FAILURES) failing.openUntil = this.#clock.now() + OPEN_MS;
  }

  #new(tenantId: string, upstream: string): Breaker {
    const breaker: Breaker = { failures: 0, probing: false };
    const ofTenant = this.#breakers.get(tenantId) ?? new Map<string, Breaker>();
    this.#breakers.set(tenantId, ofTenant.set(upstream, breaker));
    if (ofTenant.size > REMEMBERED) {
      for (const [oldest, { openUntil }] of ofTenant) {
        if (openUntil !== undefined) continue;
        ofTenant.delete(oldest);
        break;
      }
    }
    return breaker;
  }

  #forget(tenantId: string, upstream: string): void {
    const ofTenant = this.#breakers.get(tenantId);
    if (ofTenant?.delete(upstream) === true && ofTenant.size === 0) this.#breakers.delete(tenantId);
  }
}

/** What an attempt says of its upstream; a bad answer of one that works is no fault of it. */
function healthOf(result: AttemptResult): 'well' | 'ill' | 'unknown' {
  if (result.status !== 'failed') return 'well';
  const { class: kind, code, details } = result.error;
  if (kind === 'timeout' || code === 'network_error') return 'ill';
  if (kind === 'http_status') {
    const status = (details as JsonObject | undefined)?.['status'];
    return typeof status === 'number' && (status >= 500 || status === 429) ? 'ill' : 'well';
  }
  if (kind === 'exit_code' || kind === 'infrastructure') return 'ill';
  return kind === 'assertion' ? 'well' : 'unknown';
}
