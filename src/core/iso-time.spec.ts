import { describe, expect, it } from '@jest/globals';
import { parseIsoTime } from './iso-time.js';

describe('parseIsoTime', () => {
  it.each([
    ['2026-11-21', Date.UTC(2026, 10, 21)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2026-12-31T23:59:59.999Z', Date.UTC(2026, 11, 31, 23, 59, 59, 999)],
    ['2026-11-21T14:00+02:00', Date.UTC(2026, 10, 21, 12)],
    ['2026-11-21T14:00:00.123456789Z', Date.UTC(2026, 10, 21, 14, 0, 0, 123)],
  ])('reads %s', (text, at) => {
    expect(parseIsoTime(text)).toBe(at);
  });

  it.each([
    '2026-02-29',
    '2026-02-31T00:00:00Z',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-01-32',
    '2026-01-01T25:00Z',
    '2026-01-01T10:00',
    '20260101',
    'tomorrow',
    '',
  ])('knows no %s', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });
});
