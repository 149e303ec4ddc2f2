import { describe, expect, it } from '@jest/globals';
import { ERROR_CLASSES } from '../job/attempt.js';
import { mayRetry } from './judge.js';

describe('mayRetry', () => {
  it.each(ERROR_CLASSES)('judges %s', (errorClass) => {
    const final = errorClass === 'cancelled' || errorClass === 'non_retryable';
    const judge = (failed: number): boolean =>
      mayRetry({ class: errorClass }, { max_attempts: 3 }, failed);
    expect([1, 2, 3, 4].map(judge)).toEqual([!final, !final, false, false]);
  });

  it('tries again only after errors of the classes that the policy names', () => {
    const policy = { max_attempts: 3, retry_on: ['infrastructure', 'timeout'] } as const;
    expect(mayRetry({ class: 'timeout' }, policy, 1)).toBe(true);
    expect(mayRetry({ class: 'assertion' }, policy, 1)).toBe(false);
    expect(mayRetry({ class: 'timeout' }, { max_attempts: 3, retry_on: [] }, 1)).toBe(false);
    expect(mayRetry({ class: 'cancelled' }, policy, 1)).toBe(false);
  });
});
