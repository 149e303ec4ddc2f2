import { firingTimes } from './firing-times.js';
import { jitterOf } from './jitter.js';
import { MAX_MADE_UP, type Schedule } from './schedule.js';

/** How much later than its jitter allows a firing may be decided on before it counts as missed, in ms. */
export const LATE_MS = 60_000;
const MAX_COUNTED = 1_000;
const MAX_A_STEP = 1_000;

export interface DueFirings {
  /** Earliest first. */
  readonly onTime: readonly number[];
  /** Missed ones that the policy makes up for, earliest first. */
  readonly madeUp: readonly number[];
  /** Missed ones that it does not make up for. */
  readonly missed?: {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    /** There are more, before these. */
    readonly more: boolean;
  };
  /** Every firing up to here is among these, or was decided on before. */
  readonly decidedTo: number;
  /** When the next one is due; absent when there is none. */
  readonly next?: number;
}

/**
 * Which firings are due and have not been decided on, in their order. A firing is due when its time
 * and its jitter have come, and never before an earlier one. It is *missed* when it was due a minute
 * ago and more, whatever its jitter.
 *
 * @param now epoch milliseconds
 */
export function dueFirings({ id, spec, state }: Schedule, now: number): DueFirings {
  const times = firingTimes(spec.timing, spec);
  const missedUpTo = now - spec.jitter - LATE_MS;
  let { decidedTo } = state;
  let late: readonly number[] = [];
  let more = false;
  let next = times.next(decidedTo);
  if (next !== undefined && next <= missedUpTo) {
    const first = next;
    late = times
      .last(missedUpTo + 1, MAX_COUNTED)
      .filter((time) => time >= first)
      .reverse();
    more = late[0] !== undefined && late[0] > first;
    decidedTo = missedUpTo;
    next = times.next(decidedTo);
  }
  const onTime: number[] = [];
  let due: number | undefined;
  for (; next !== undefined; next = times.next(next)) {
    due = next + jitterOf(id, next, spec.jitter);
    if (due > now || onTime.length === MAX_A_STEP) break;
    onTime.push(next);
    decidedTo = next;
  }
  const kept = { skip: 0, latest: 1, all: MAX_MADE_UP }[spec.missed];
  const missed = late.slice(0, Math.max(0, late.length - kept));
  const [from, to] = [missed[0], missed.at(-1)];
  return {
    onTime,
    madeUp: late.slice(missed.length),
    ...(from === undefined || to === undefined
      ? {}
      : { missed: { from, to, count: missed.length, more } }),
    decidedTo,
    ...(next === undefined || due === undefined ? {} : { next: due }),
  };
}
