import { cronTimes } from './cron-times.js';
import { intervalTimes } from './interval-times.js';
import type { FiringTimes, FiringWindow, Timing } from './timing.js';

/** Throws `InvalidCron` for what `checkCron` complains about. */
export function firingTimes(timing: Timing, { startsAt, endsAt }: FiringWindow = {}): FiringTimes {
  const times = 'cron' in timing ? cronTimes(timing) : intervalTimes(timing);
  if (startsAt === undefined && endsAt === undefined) return times;
  const [first, end] = [startsAt ?? -Infinity, endsAt ?? Infinity];
  return {
    next: (after) => {
      const next = times.next(Math.max(after, first - 1));
      return next === undefined || next >= end ? undefined : next;
    },
    last: (before, limit) =>
      times.last(Math.min(before, end), limit).filter((time) => time >= first),
  };
}

/** Those from `from` up to and without `to`, earliest first; `undefined` when they are more than `limit`. */
export function firingsBetween(
  times: FiringTimes,
  from: number,
  to: number,
  limit: number,
): readonly number[] | undefined {
  const found: number[] = [];
  let next = times.next(from - 1);
  for (; next !== undefined && next < to; next = times.next(next)) {
    if (found.length === limit) return undefined;
    found.push(next);
  }
  return found;
}
