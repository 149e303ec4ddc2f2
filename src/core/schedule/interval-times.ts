import type { FiringTimes, IntervalTiming } from './timing.js';

/** Every `anchor + k * interval` there is, for whole `k`, negative ones included. */
export function intervalTimes({ interval, anchor }: IntervalTiming): FiringTimes {
  const latestUpTo = (time: number): number =>
    anchor + Math.floor((time - anchor) / interval) * interval;
  return {
    next: (after) => latestUpTo(after) + interval,
    last: (before, limit) => {
      const last = latestUpTo(before - 1);
      return Array.from({ length: limit }, (_, back) => last - back * interval);
    },
  };
}
