import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ProblemList } from '../../core/graph/problem.js';
import { ID_RANDOM_BYTES, sortableId } from '../../core/ids.js';
import { firingsBetween, firingTimes } from '../../core/schedule/firing-times.js';
import { readTime } from '../../core/schedule/read-spec.js';
import { recorded } from '../../core/schedule/records.js';
import {
  MAX_BACKFILL_FIRINGS,
  MAX_BACKFILLS,
  type Backfill,
  type Schedule,
} from '../../core/schedule/schedule.js';
import { BACKFILL_SHAPE } from '../../core/schedule/schedule-shape.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import { checkedBody } from '../checked-body.js';
import { Use } from '../dependencies.js';
import type { SubmitAnswer } from '../jobs/index.js';
import { refusal } from '../refusal.js';
import type { SubmissionContext } from '../submissions.js';
import { ScheduleFinder, type NamedSchedule } from './schedule-finder.js';
import { ScheduleSubmitter } from './schedule-submitter.js';

interface BackfillBody {
  readonly from: string;
  readonly to: string;
  readonly concurrency?: number;
}

/** Has schedules fire when users ask for it: now, or for a range of the past. */
@Injectable()
export class ScheduleFirer {
  constructor(
    @Use('wakeSchedules') private readonly wake: () => void,
    @Use('clock') private readonly clock: Clock,
    @Use('logger') private readonly logger: Logger,
    private readonly finder: ScheduleFinder,
    private readonly submitter: ScheduleSubmitter,
  ) {}

  /**
   * Runs the template now, whatever runs already, paused or not. A crash right after the job was made
   * may leave it out of the schedule's last firings; the job names its schedule all the same.
   */
  async trigger(named: NamedSchedule, context: SubmissionContext): Promise<SubmitAnswer> {
    const now = this.clock.now();
    const answer = await this.submitter.trigger(await this.finder.find(named), now, context);
    if (!answer.replayed) await this.note(named, answer.job.id, now);
    return answer;
  }

  /** Lets a range of the past fire, a few jobs at once. Rejects with `invalid_request`. */
  async backfill(named: NamedSchedule, body: unknown): Promise<Backfill> {
    const given = checkedBody(BACKFILL_SHAPE, body, 'invalid_request') as BackfillBody;
    const now = this.clock.now();
    const problems = new ProblemList();
    const from = readTime(given.from, '/from', problems) ?? 0;
    const to = readTime(given.to, '/to', problems) ?? 0;
    if (problems.problems.length === 0) {
      if (to <= from) problems.add('/to', 'too_small', 'must be after from');
      if (to > now) problems.add('/to', 'too_large', 'must not be in the future');
    }
    if (problems.problems.length > 0) throw refusal('invalid_request', problems.problems, false);
    const id = `bf_${sortableId(now, randomBytes(ID_RANDOM_BYTES))}`;
    let made: Backfill | undefined;
    await this.finder.change(named, (seen) => {
      made = {
        id,
        timing: seen.spec.timing,
        from,
        to,
        concurrency: given.concurrency ?? 1,
        total: countOf(seen, from, to),
        requestedAt: now,
        requestedBy: named.principal.user,
        next: from,
        started: 0,
        failed: 0,
      };
      const backfills = withAnother(seen.state.backfills, made);
      return { ...seen, state: { ...seen.state, backfills }, updatedAt: now, wakeAt: now };
    });
    this.wake();
    return made as unknown as Backfill;
  }

  private async note(named: NamedSchedule, jobId: string, now: number): Promise<void> {
    const { user } = named.principal;
    try {
      await this.finder.change(named, (seen) => {
        const record = { at: now, outcome: 'started', decidedAt: now, jobId } as const;
        const recent = recorded(seen.state.recent, [{ ...record, triggeredBy: user }]);
        const active = [...seen.state.active, { at: now, jobId, since: now }];
        return { ...seen, state: { ...seen.state, active, recent }, wakeAt: now };
      });
    } catch (error) {
      // The job is there: to answer that it is not would have it made again.
      this.logger.warn({ err: error, schedule: named.name }, 'a triggered firing was not noted');
    }
  }
}

function countOf({ spec }: Schedule, from: number, to: number): number {
  const firings = firingsBetween(firingTimes(spec.timing), from, to, MAX_BACKFILL_FIRINGS);
  if (firings === undefined) {
    throw tooMany(
      '/to',
      `The schedule fires more than ${MAX_BACKFILL_FIRINGS} times in this range. Ask for parts of it.`,
    );
  }
  if (firings.length === 0) {
    throw tooMany('/to', 'The schedule does not fire in this range. Ask for another.');
  }
  return firings.length;
}

/** Those under way, and of the finished ones the last. */
function withAnother(backfills: readonly Backfill[], another: Backfill): readonly Backfill[] {
  const underWay = backfills.filter(({ finishedAt }) => finishedAt === undefined);
  if (underWay.length >= MAX_BACKFILLS) {
    throw tooMany(
      '',
      `${MAX_BACKFILLS} backfills are under way already. Wait until one has ended.`,
    );
  }
  const finished = backfills.filter(({ finishedAt }) => finishedAt !== undefined);
  return [...finished.slice(-MAX_BACKFILLS), ...underWay, another];
}

function tooMany(pointer: string, message: string): RequestProblem {
  return new RequestProblem('invalid_request', message, {
    errors: [{ in: 'body', pointer, code: 'range', message }],
  });
}
