import { moved } from './advance.js';
import { recorded } from './records.js';
import type { ActiveRun, Backfill, Firing, FiringRecord, Schedule } from './schedule.js';

/** What came of making the job of a firing: the job, or why there is none and never will be. */
export interface MadeJob {
  readonly firing: Firing;
  readonly result:
    { readonly jobId: string; readonly refused?: never } | { readonly refused: string };
}

/**
 * Notes the jobs of the firings that were pending, all of them. It is to be looked at again
 * at once.
 *
 * @param now epoch milliseconds
 */
export function settle(schedule: Schedule, made: readonly MadeJob[], now: number): Schedule {
  const { state } = schedule;
  const records = made.map(({ firing, result }): FiringRecord => {
    const about = { ...firing, decidedAt: now };
    return result.refused === undefined
      ? { ...about, outcome: 'started', jobId: result.jobId }
      : { ...about, outcome: 'failed', reason: result.refused };
  });
  const started = made.flatMap(({ firing, result }): ActiveRun[] =>
    result.refused === undefined ? [{ ...firing, jobId: result.jobId, since: now }] : [],
  );
  return moved(
    schedule,
    {
      ...state,
      pending: [],
      active: [...state.active, ...started],
      backfills: state.backfills.map((backfill) => counted(backfill, made)),
      recent: recorded(state.recent, records),
    },
    now,
  );
}

function counted(backfill: Backfill, made: readonly MadeJob[]): Backfill {
  const own = made.filter(({ firing }) => firing.backfill === backfill.id);
  const failed = own.filter(({ result }) => result.refused !== undefined).length;
  if (own.length === 0) return backfill;
  return {
    ...backfill,
    started: backfill.started + own.length - failed,
    failed: backfill.failed + failed,
  };
}
