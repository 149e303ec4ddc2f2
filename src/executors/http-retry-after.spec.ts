import { describe, expect, it } from '@jest/globals';
import { retryAfterOf } from './http-retry-after.js';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);

describe('retryAfterOf', () => {
  it.each([
    ['120', 120],
    [' 0 ', 0],
    ['Sat, 21 Nov 2026 12:01:30 GMT', 90],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    [null, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['99999999999', undefined],
    ['Sat, 99 Nov 2026 12:01:30 GMT', undefined],
  ])('reads %p as %p', (header, seconds) => {
    expect(retryAfterOf(header, NOW)).toBe(seconds);
  });
});
