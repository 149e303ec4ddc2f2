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
});
