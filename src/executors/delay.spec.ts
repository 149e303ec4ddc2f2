import { describe, expect, it } from '@jest/globals';
import { attemptContext } from '../../test/support/attempt-context.js';
import { checkShape } from '../core/graph/check-shape.js';
import type { Clock } from '../ports/clock.js';
import { createDelayExecutor } from './delay.js';

const clock: Clock = {
  now: () => 1_700_000_000_000,
  random: () => 0,
  setTimer: () => ({ cancel: () => undefined }),
};
const delay = createDelayExecutor(clock);

describe('delay', () => {
  it.each([
    [{ seconds: 1.5 }, 1_700_000_001_500],
    [{ seconds: 0 }, 1_700_000_000_000],
    [{ until: 1_800_000_000 }, 1_800_000_000_000],
    [{ until: 1_800_000_000.25 }, 1_800_000_000_250],
    [{ until: '2030-01-31T06:00:00+01:00' }, Date.UTC(2030, 0, 31, 5)],
    [{ until: '2030-01-31T06:00Z' }, Date.UTC(2030, 0, 31, 6)],
    [{ until: '2001-01-01T00:00:00.5Z' }, Date.UTC(2001, 0, 1, 0, 0, 0, 500)],
  ])('%j waits until %d', (config, until) => {
    expect(checkShape(delay.configShape, config).problems).toEqual([]);
    expect(delay.execute(attemptContext(config))).toEqual({ status: 'waiting', until });
  });

  it.each([
    {},
    { seconds: 1, until: 1 },
    { seconds: -1 },
    { seconds: 1e9 },
    { seconds: '5' },
    { until: 'tomorrow' },
    { until: '2030-01-31T06:00:00' },
    { until: '2030-01-31' },
    { until: -5 },
    { until: 1e15 },
    { minutes: 1 },
  ])('does not accept %j', (config) => {
    expect(checkShape(delay.configShape, config).problems.length).toBeGreaterThan(0);
  });

  it.each(['2030-13-41T06:00:00Z', '2030-02-31T06:00:00Z'])('fails for good at %s', (until) => {
    expect(delay.execute(attemptContext({ until }))).toMatchObject({
      status: 'failed',
      error: { class: 'non_retryable', code: 'invalid_time' },
    });
  });
});
