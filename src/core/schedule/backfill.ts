import type { Backfill } from './schedule.js';
import { firingTimes } from './firing-times.js';

/** Lets as many firings of a backfill go as may; it is finished when there are none and none runs. */
export function advanceBackfill(
  backfill: Backfill,
  running: number,
  now: number,
): { readonly backfill: Backfill; readonly firings: readonly number[] } {
  if (backfill.finishedAt !== undefined) return { backfill, firings: [] };
  const times = firingTimes(backfill.timing);
  const firings: number[] = [];
  let { next } = backfill;
  while (running + firings.length < backfill.concurrency) {
    const firing = times.next(next - 1);
    if (firing === undefined || firing >= backfill.to) {
      if (running + firings.length > 0) break;
      return { backfill: { ...backfill, next: backfill.to, finishedAt: now }, firings };
    }
    firings.push(firing);
    next = firing + 1;
  }
  return { backfill: firings.length === 0 ? backfill : { ...backfill, next }, firings };
}
