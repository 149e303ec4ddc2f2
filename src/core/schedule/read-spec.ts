import type { ProblemList } from '../graph/problem.js';
import { parseIsoTime } from '../iso-time.js';
import { checkCron, checkZone } from './cron-times.js';
import type { MissedPolicy, OverlapPolicy, ScheduledRun, ScheduleSpec } from './schedule.js';
import type { Timing } from './timing.js';

/** A body of the shape of a schedule. */
export interface ScheduleBody {
  readonly description?: string;
  readonly cron?: string;
  readonly zone?: string;
  readonly interval?: number;
  readonly anchor?: string;
  readonly jitter?: number;
  readonly starts_at?: string;
  readonly ends_at?: string;
  readonly overlap?: OverlapPolicy;
  readonly max_waiting?: number;
  readonly missed?: MissedPolicy;
  readonly run: ScheduledRun;
}

const DEFAULT_WAITING = 10;

/** What a body of the right shape says, defaults filled in; or what is wrong with it is added to `problems`. */
export function readSpec(body: ScheduleBody, problems: ProblemList): ScheduleSpec | undefined {
  const startsAt = readTime(body.starts_at, '/starts_at', problems);
  const endsAt = readTime(body.ends_at, '/ends_at', problems);
  if (startsAt !== undefined && endsAt !== undefined && endsAt <= startsAt) {
    problems.add('/ends_at', 'too_small', 'must be after starts_at');
  }
  const timing = readTiming(body, startsAt, problems);
  if (timing === undefined || problems.problems.length > 0) return undefined;
  return {
    ...(body.description === undefined ? {} : { description: body.description }),
    timing,
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    jitter: Math.round((body.jitter ?? 0) * 1000),
    overlap: body.overlap ?? 'skip',
    maxWaiting: body.max_waiting ?? DEFAULT_WAITING,
    missed: body.missed ?? 'latest',
    run: body.run,
  };
}

/** Epoch milliseconds of an ISO 8601 time, about which there may be a problem at `pointer`. */
export function readTime(
  text: string | undefined,
  pointer: string,
  problems: ProblemList,
): number | undefined {
  if (text === undefined) return undefined;
  const at = parseIsoTime(text);
  if (at === undefined) {
    problems.add(
      pointer,
      'format',
      'must be a date or a time with its zone, such as "2026-11-21T14:10:32Z"',
    );
  }
  return at;
}

function readTiming(
  { cron, zone, interval, anchor }: ScheduleBody,
  startsAt: number | undefined,
  problems: ProblemList,
): Timing | undefined {
  const anchorAt = readTime(anchor, '/anchor', problems);
  if (cron !== undefined && interval !== undefined) {
    problems.add('/interval', 'too_many', 'must be left out where there is a cron, or the cron');
    return undefined;
  }
  if (cron !== undefined) {
    if (anchor !== undefined) {
      problems.add('/anchor', 'unknown_field', 'belongs to an interval; a cron has a zone');
    }
    add(problems, '/cron', checkCron(cron));
    if (zone !== undefined) add(problems, '/zone', checkZone(zone));
    return { cron, zone: zone ?? 'UTC' };
  }
  if (zone !== undefined) {
    problems.add('/zone', 'unknown_field', 'belongs to a cron; an interval has an anchor');
  }
  if (interval === undefined) {
    problems.add('', 'required', 'must have the field "cron" or the field "interval"');
    return undefined;
  }
  return { interval: interval * 1000, anchor: anchorAt ?? startsAt ?? 0 };
}

function add(problems: ProblemList, pointer: string, message: string | undefined): void {
  if (message !== undefined) problems.add(pointer, 'format', message);
}
