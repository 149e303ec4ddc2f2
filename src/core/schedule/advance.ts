import { advanceBackfill } from './backfill.js';
import { dueFirings, type DueFirings } from './due-firings.js';
import { recorded } from './records.js';
import {
  MAX_LINED_UP,
  type Firing,
  type FiringRecord,
  type Schedule,
  type ScheduleState,
  type WaitingFiring,
} from './schedule.js';

/** How long whoever committed that a job is to be made has it to himself, in ms. */
export const PENDING_MS = 5_000;
/** How often to look whether what is waited for has ended, in ms, for want of news. */
export const POLL_MS = 5_000;

const TOO_MANY = 'As many firings as may were waiting already.';

/** A step of a schedule, to be committed before anything is done about it. */
export interface Advance {
  /** The schedule as it is then; the one given when nothing changes. */
  readonly schedule: Schedule;
  /** Jobs to be cancelled, once that is committed. */
  readonly cancel: readonly string[];
}

/**
 * Decides on everything that is due. What follows is in `state.pending`: the firings of which jobs
 * are to be made once the step is committed. While there are such, nothing more is decided.
 *
 * @param now epoch milliseconds
 * @param ended ids of active jobs that have ended
 */
export function advance(schedule: Schedule, now: number, ended: ReadonlySet<string>): Advance {
  if (schedule.state.pending.length > 0) return { schedule, cancel: [] };
  const active = schedule.state.active.filter(({ jobId }) => !ended.has(jobId));
  const standing: ScheduleState = { ...schedule.state, active };
  if (standing.paused !== undefined) {
    return { schedule: moved(schedule, standing, undefined), cancel: [] };
  }
  const due = dueFirings(schedule, now);
  const { state, cancel } = start(backfilled(overlapped(schedule, standing, due, now), now));
  return { schedule: moved(schedule, state, wakeTime(state, due.next, now)), cancel };
}

/** The schedule in another state; itself when it is in that already. */
export function moved(
  schedule: Schedule,
  state: ScheduleState,
  wakeAt: number | undefined,
): Schedule {
  if (wakeAt === schedule.wakeAt && isSame(state, schedule.state)) return schedule;
  const next: { -readonly [K in keyof Schedule]: Schedule[K] } = { ...schedule, state };
  delete next.wakeAt;
  return wakeAt === undefined ? next : { ...next, wakeAt };
}

/** Sorts what is due into what waits its turn and what will never run. */
function overlapped(
  { spec }: Schedule,
  state: ScheduleState,
  due: DueFirings,
  now: number,
): ScheduleState {
  const records: FiringRecord[] = [];
  const skip = (at: number, reason: string): void => {
    records.push({ at, outcome: 'skipped', decidedAt: now, reason });
  };
  if (due.missed !== undefined) records.push(missedRecord(due.missed, now));
  const replaces = spec.overlap === 'replace' ? ({ replaces: true } as const) : {};
  const make = spec.missed === 'all' ? ({ madeUp: true } as const) : replaces;
  const over = Math.max(0, state.waiting.length + due.madeUp.length - MAX_LINED_UP);
  for (const at of due.madeUp.slice(0, over)) skip(at, TOO_MANY);
  let waiting: readonly WaitingFiring[] = [
    ...state.waiting,
    ...due.madeUp.slice(over).map((at) => ({ at, ...make })),
  ];
  const runs = state.active.some(({ backfill }) => backfill === undefined);
  for (const at of due.onTime) {
    // All that were missed are made up for one after the other, and what comes then is behind them.
    const behind = waiting.some(({ madeUp }) => madeUp === true);
    if ((!runs && waiting.length === 0) || (behind && waiting.length < MAX_LINED_UP)) {
      waiting = [...waiting, { at }];
    } else if (behind) skip(at, TOO_MANY);
    else if (spec.overlap === 'skip') skip(at, 'The job of an earlier firing had not ended.');
    else if (spec.overlap === 'replace') {
      for (const { at: before } of waiting) skip(before, 'A later firing took its place.');
      waiting = [{ at, ...replaces }];
    } else if (waiting.length < spec.maxWaiting) waiting = [...waiting, { at }];
    else skip(at, TOO_MANY);
  }
  return {
    ...state,
    decidedTo: due.decidedTo,
    waiting,
    recent: recorded(state.recent, records),
  };
}

function missedRecord(
  { from, to, count, more }: NonNullable<DueFirings['missed']>,
  now: number,
): FiringRecord {
  return {
    at: from,
    outcome: 'missed',
    decidedAt: now,
    ...(count === 1 ? {} : { until: to, count }),
    ...(more ? { more } : {}),
  };
}

function backfilled(state: ScheduleState, now: number): ScheduleState {
  if (state.backfills.every(({ finishedAt }) => finishedAt !== undefined)) return state;
  const pending: Firing[] = [...state.pending];
  const backfills = state.backfills.map((backfill) => {
    const running = state.active.filter((run) => run.backfill === backfill.id).length;
    const step = advanceBackfill(backfill, running, now);
    pending.push(...step.firings.map((at) => ({ at, backfill: backfill.id })));
    return step.backfill;
  });
  return { ...state, pending, backfills };
}

/** Lets the first that waits go, when nothing is in its way; or says what is to get out of it. */
function start(state: ScheduleState): {
  readonly state: ScheduleState;
  readonly cancel: readonly string[];
} {
  const [first, ...rest] = state.waiting;
  if (first === undefined) return { state, cancel: [] };
  const inTheWay = state.active.filter(({ backfill }) => backfill === undefined);
  if (inTheWay.length > 0) {
    return { state, cancel: first.replaces === true ? inTheWay.map(({ jobId }) => jobId) : [] };
  }
  const pending = [...state.pending, { at: first.at }];
  return { state: { ...state, waiting: rest, pending }, cancel: [] };
}

function wakeTime(state: ScheduleState, next: number | undefined, now: number): number | undefined {
  if (state.pending.length > 0) return now + PENDING_MS;
  const underWay = state.backfills.some(({ finishedAt }) => finishedAt === undefined);
  const poll = underWay || state.waiting.length > 0 ? now + POLL_MS : Infinity;
  const wakeAt = Math.min(next ?? Infinity, poll);
  return wakeAt === Infinity ? undefined : wakeAt;
}

function isSame(a: ScheduleState, b: ScheduleState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
