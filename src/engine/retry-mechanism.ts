import { INTERRUPTED, type AttemptResult, type HeldAttempt } from '../core/job/attempt.js';
import type { JobCommand, RoundOutcome } from '../core/job/commands.js';
import type { Clock } from '../ports/clock.js';
import type { Timer, Timers } from './timers.js';

/**
 * Holds nodes back between two attempts and lets them go when their time has come. Whether and how
 * long is decided in core; this supplies the randomness for it and keeps the clock. What is held is
 * in the journal, so after a restart {@link hold} is called again for every held node.
 */
export class RetryMechanism {
  readonly #timers: Timers;
  readonly #clock: Clock;

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  /** The command that reports what an attempt came to, with the randomness of a backoff to follow. */
  report(
    node: number,
    attempt: number,
    result: AttemptResult | HeldAttempt,
    until?: RoundOutcome,
  ): JobCommand {
    const random = result.status === 'failed' ? this.#clock.random() : 0;
    return {
      type: 'finish_attempt',
      node,
      attempt,
      result,
      random,
      ...(until === undefined ? {} : { until }),
    };
  }

  /** What an attempt came to that the service did not live to see the end of. */
  interrupted(node: number, attempt: number): JobCommand {
    return this.report(node, attempt, {
      status: 'failed',
      error: {
        class: 'infrastructure',
        code: INTERRUPTED,
        message: 'The service stopped while this attempt was running; it counts as an attempt.',
      },
    });
  }

  /** Calls back when a held node may go on; `until` is in epoch milliseconds. */
  hold(until: number, release: () => void): Timer {
    return this.#timers.set(until, release);
  }

  forget(timer: Timer): void {
    this.#timers.cancel(timer);
  }
}
