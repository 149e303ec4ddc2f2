import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryDelay } from './retry-delay.js';
import { JITTERS, RETRY_STRATEGIES } from './retry-policy.js';
import type { RetryPolicy } from './retry-policy.js';

const base: RetryPolicy = {
  max_attempts: 3,
  strategy: 'exponential',
  delay: 2,
  factor: 2,
  max_delay: 300,
  jitter: 'none',
};

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  max_attempts: fc.integer({ min: 1, max: 100 }),
  strategy: fc.constantFrom(...RETRY_STRATEGIES),
  delay: fc.double({ min: 0, max: 86_400, noNaN: true }),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  max_delay: fc.double({ min: 0, max: 86_400, noNaN: true }),
  jitter: fc.constantFrom(...JITTERS),
});
const failures = fc.integer({ min: 1, max: 1000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function delays(policy: RetryPolicy): number[] {
  return [1, 2, 3, 4].map((failed) => retryDelay(policy, failed, 0.5));
}

describe('retryDelay', () => {
  it('follows each strategy', () => {
    expect(delays(base)).toEqual([2, 4, 8, 16]);
    expect(delays({ ...base, strategy: 'linear' })).toEqual([2, 4, 6, 8]);
    expect(delays({ ...base, strategy: 'fixed' })).toEqual([2, 2, 2, 2]);
    expect(delays({ ...base, max_delay: 5 })).toEqual([2, 4, 5, 5]);
  });

  it('spreads each jitter over its own range', () => {
    const range = (policy: RetryPolicy, previous?: number): number[] =>
      [0, 0.5, 1].map((random) => retryDelay(policy, 3, random, previous));
    expect(range({ ...base, jitter: 'full' })).toEqual([0, 4, 8]);
    expect(range({ ...base, jitter: 'equal' })).toEqual([4, 6, 8]);
    expect(range({ ...base, jitter: 'decorrelated' })).toEqual([2, 4, 6]);
    expect(range({ ...base, jitter: 'decorrelated' }, 10)).toEqual([2, 16, 30]);
  });

  it('has base * exp^k + jitter as exponential with equal jitter and twice the delay', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), randoms, (k, random) => {
        const policy: RetryPolicy = { ...base, delay: 2, max_delay: 3600, jitter: 'equal' };
        const delay = retryDelay(policy, k + 1, random);
        expect(delay).toBeGreaterThanOrEqual(2 ** k);
        expect(delay).toBeLessThanOrEqual(2 * 2 ** k);
      }),
    );
  });

  it('stays between 0 and the cap whatever the policy', () => {
    fc.assert(
      fc.property(
        policies,
        failures,
        randoms,
        fc.option(randoms),
        (policy, failed, random, prior) => {
          const previous = prior === null ? undefined : prior * policy.max_delay;
          const delay = retryDelay(policy, failed, random, previous);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(policy.max_delay);
        },
      ),
    );
  });

  it('never waits less after more failures, the random number being the same', () => {
    fc.assert(
      fc.property(policies, failures, randoms, (policy, failed, random) => {
        expect(retryDelay(policy, failed + 1, random)).toBeGreaterThanOrEqual(
          retryDelay(policy, failed, random),
        );
      }),
    );
  });

  it('keeps jitter within the delay without it, save the decorrelated', () => {
    fc.assert(
      fc.property(policies, failures, randoms, (policy, failed, random) => {
        fc.pre(policy.jitter !== 'decorrelated');
        const plain = retryDelay({ ...policy, jitter: 'none' }, failed, random);
        expect(retryDelay(policy, failed, random)).toBeLessThanOrEqual(plain);
      }),
    );
  });
});
