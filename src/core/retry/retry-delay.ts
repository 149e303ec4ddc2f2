import type { RetryPolicy } from './retry-policy.js';

/**
 * Seconds to wait before the next attempt; never less than 0, never more than `policy.max_delay`.
 *
 * Without jitter, after the `n`th failed attempt:
 * - fixed: `delay`
 * - linear: `delay * n`
 * - exponential: `delay * factor^(n-1)`; 2, 4, 8, … with delay 2 and factor 2
 *
 * Jitter, from the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015), with `d` the capped
 * delay of the strategy:
 * - none: `d`
 * - full: uniform from 0 to `d`
 * - equal: `d/2` plus uniform from 0 to `d/2`
 * - decorrelated: uniform from `delay` to `3 * previousDelay`, capped; it replaces the strategy
 *
 * `min(base * exp^k + jitter, max)`, with `k` counted from 0, is the exponential strategy with equal
 * jitter and `delay` at twice the base, the jitter then being up to as much again.
 *
 * @param failedAttempts how many attempts have failed, at least 1.
 * @param random uniform in [0, 1).
 * @param previousDelay seconds waited before the attempt that failed; only decorrelated jitter reads
 * it, and takes `delay` when there was none.
 */
export function retryDelay(
  policy: RetryPolicy,
  failedAttempts: number,
  random: number,
  previousDelay?: number,
): number {
  if (policy.jitter === 'decorrelated') {
    const previous = Math.max(policy.delay, previousDelay ?? policy.delay);
    return capped(policy.delay + random * (3 * previous - policy.delay), policy);
  }
  const delay = capped(strategyDelay(policy, failedAttempts), policy);
  switch (policy.jitter) {
    case 'none':
      return delay;
    case 'full':
      return random * delay;
    case 'equal':
      return delay * (0.5 + random / 2);
  }
}

function strategyDelay({ strategy, delay, factor }: RetryPolicy, failedAttempts: number): number {
  switch (strategy) {
    case 'fixed':
      return delay;
    case 'linear':
      return delay * failedAttempts;
    case 'exponential':
      // 0 times an overflown power would not be a number.
      return delay === 0 ? 0 : delay * factor ** (failedAttempts - 1);
  }
}

function capped(seconds: number, policy: RetryPolicy): number {
  return Math.min(seconds, policy.max_delay);
}
