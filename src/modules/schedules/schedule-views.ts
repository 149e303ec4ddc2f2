import type { JobStatus } from '../../core/job/status.js';
import { firingTimes } from '../../core/schedule/firing-times.js';
import type { Backfill, FiringRecord, Schedule } from '../../core/schedule/schedule.js';
import type { Answer } from '../answer.js';
import { jobPath, schedulePath } from '../paths.js';
import type {
  BackfillResponse,
  FiringResponse,
  ScheduledJobResponse,
  ScheduleResponse,
  ScheduleSummaryResponse,
} from './schedules.dto.js';

const NEXT_SHOWN = 5;

/** Statuses of jobs by their ids; those that are gone are left out. */
export type JobStatuses = ReadonlyMap<string, JobStatus>;

/** @param now epoch milliseconds */
export function showSummary(schedule: Schedule, now: number): Answer<ScheduleSummaryResponse> {
  const { spec, state } = schedule;
  const { timing } = spec;
  const path = schedulePath(schedule.name);
  const [next] = nextFirings(schedule, now, 1);
  return {
    name: schedule.name,
    owner: schedule.owner,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    ...('cron' in timing
      ? { cron: timing.cron, zone: timing.zone }
      : { interval: timing.interval / 1000, anchor: iso(timing.anchor) }),
    jitter: spec.jitter / 1000,
    ...(spec.startsAt === undefined ? {} : { starts_at: iso(spec.startsAt) }),
    ...(spec.endsAt === undefined ? {} : { ends_at: iso(spec.endsAt) }),
    overlap: spec.overlap,
    max_waiting: spec.maxWaiting,
    missed: spec.missed,
    run: spec.run,
    paused: state.paused !== undefined,
    ...(state.paused === undefined
      ? {}
      : { paused_at: iso(state.paused.at), paused_by: state.paused.by }),
    ...(next === undefined ? {} : { next_firing: next }),
    version: schedule.version,
    created_at: iso(schedule.createdAt),
    updated_at: iso(schedule.updatedAt),
    links: {
      self: path,
      pause: `${path}/pause`,
      resume: `${path}/resume`,
      trigger: `${path}/trigger`,
      backfill: `${path}/backfill`,
    },
  };
}

/** @param now epoch milliseconds */
export function showSchedule(
  schedule: Schedule,
  now: number,
  statuses: JobStatuses,
): Answer<ScheduleResponse> {
  const { state } = schedule;
  return {
    ...showSummary(schedule, now),
    next_firings: nextFirings(schedule, now, NEXT_SHOWN),
    waiting: state.waiting.map(({ at }) => iso(at)),
    running: state.active
      .filter(({ jobId }) => statuses.has(jobId))
      .map(({ at, jobId, backfill }) => ({
        fired_for: iso(at),
        ...(backfill === undefined ? {} : { backfill }),
        job: showJob(jobId, statuses),
      })),
    backfills: state.backfills.map(showBackfill),
    last_firings: state.recent.map((record) => showFiring(record, statuses)),
  };
}

export function showBackfill(backfill: Backfill): Answer<BackfillResponse> {
  const { id, from, to, concurrency, total, started, failed, finishedAt } = backfill;
  return {
    id,
    from: iso(from),
    to: iso(to),
    concurrency,
    total,
    started,
    failed,
    requested_at: iso(backfill.requestedAt),
    requested_by: backfill.requestedBy,
    ...(finishedAt === undefined ? {} : { finished_at: iso(finishedAt) }),
  };
}

function showFiring(record: FiringRecord, statuses: JobStatuses): Answer<FiringResponse> {
  const { at, outcome, decidedAt, jobId, reason, triggeredBy, backfill, until, count } = record;
  return {
    fired_for: iso(at),
    outcome,
    decided_at: iso(decidedAt),
    ...(jobId === undefined ? {} : { job: showJob(jobId, statuses) }),
    ...(reason === undefined ? {} : { reason }),
    ...(backfill === undefined ? {} : { backfill }),
    ...(triggeredBy === undefined ? {} : { triggered_by: triggeredBy }),
    ...(until === undefined ? {} : { until: iso(until) }),
    ...(count === undefined ? {} : { count }),
    ...(record.more === true ? { count_is_lower_bound: true } : {}),
  };
}

function showJob(jobId: string, statuses: JobStatuses): Answer<ScheduledJobResponse> {
  const status = statuses.get(jobId);
  return {
    id: jobId,
    ...(status === undefined ? {} : { status }),
    links: { self: jobPath(jobId) },
  };
}

function nextFirings({ spec, state }: Schedule, now: number, limit: number): string[] {
  if (state.paused !== undefined) return [];
  const times = firingTimes(spec.timing, spec);
  const found: string[] = [];
  let next = times.next(Math.max(now, state.decidedTo));
  for (; next !== undefined && found.length < limit; next = times.next(next)) found.push(iso(next));
  return found;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
