import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { checkShape } from '../../core/graph/check-shape.js';
import { checkValue } from '../../core/graph/check-value.js';
import type { CompileOptions } from '../../core/graph/compile.js';
import { jsonBytes } from '../../core/graph/json-size.js';
import { ProblemList } from '../../core/graph/problem.js';
import type { Shape } from '../../core/graph/shape.js';
import { ID_RANDOM_BYTES, sortableId } from '../../core/ids.js';
import { readSpec, type ScheduleBody } from '../../core/schedule/read-spec.js';
import type { Schedule, ScheduledRun, ScheduleSpec } from '../../core/schedule/schedule.js';
import { SCHEDULE_NAME, scheduleShape } from '../../core/schedule/schedule-shape.js';
import { runShape } from '../../core/template/run-shape.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { ScheduleStore } from '../../ports/schedule-store.js';
import { Use } from '../dependencies.js';
import { DefinitionCompiler } from '../jobs/index.js';
import { refusal, type Fault } from '../refusal.js';
import { TemplateRunner } from '../templates/index.js';
import { refOf, ScheduleFinder, scheduleNotFound, type NamedSchedule } from './schedule-finder.js';

/** Bytes of a schedule as JSON: it is written anew with each firing. */
const MAX_BYTES = 64 * 1024;

/** Puts and deletes schedules, pauses and resumes them. */
@Injectable()
export class ScheduleWriter {
  private readonly shape: Shape;

  constructor(
    @Use('schedules') private readonly schedules: ScheduleStore,
    @Use('wakeSchedules') private readonly wake: () => void,
    @Use('clock') private readonly clock: Clock,
    @Use('compileOptions') { shape }: CompileOptions,
    private readonly finder: ScheduleFinder,
    private readonly templates: TemplateRunner,
    private readonly compiler: DefinitionCompiler,
  ) {
    this.shape = scheduleShape(runShape(shape));
  }

  /**
   * Makes a schedule, or changes what one says; how far it has come stays, save that with another
   * timing it fires from now on. Rejects with `invalid_schedule`.
   */
  async put(
    named: NamedSchedule,
    body: unknown,
  ): Promise<{ readonly created: boolean; readonly schedule: Schedule }> {
    const ref = refOf(named);
    const spec = await this.check(named, body);
    const now = this.clock.now();
    const made: Schedule = {
      ...ref,
      id: `sch_${sortableId(now, randomBytes(ID_RANDOM_BYTES))}`,
      version: 1,
      createdAt: now,
      updatedAt: now,
      spec,
      state: {
        decidedTo: now,
        pending: [],
        waiting: [],
        active: [],
        backfills: [],
        recent: [],
      },
      wakeAt: now,
    };
    if (await this.schedules.create(made)) {
      this.wake();
      return { created: true, schedule: made };
    }
    const schedule = await this.finder.change(named, (seen) => ({
      ...seen,
      updatedAt: now,
      spec,
      state: firesAlike(seen.spec, spec) ? seen.state : { ...seen.state, decidedTo: now },
      wakeAt: now,
    }));
    this.wake();
    return { created: false, schedule };
  }

  /** Rejects with `schedule_not_found`. */
  async delete(named: NamedSchedule): Promise<void> {
    if (!(await this.schedules.delete(refOf(named)))) throw scheduleNotFound();
  }

  /** Nothing fires until it is resumed. Rejects with `schedule_not_found`. */
  async pause(named: NamedSchedule): Promise<Schedule> {
    const now = this.clock.now();
    const paused = { at: now, by: named.principal.user };
    const schedule = await this.finder.change(named, (seen) =>
      seen.state.paused === undefined
        ? { ...seen, state: { ...seen.state, paused }, updatedAt: now, wakeAt: now }
        : seen,
    );
    this.wake();
    return schedule;
  }

  /** What would have fired in the pause does not. Rejects with `schedule_not_found`. */
  async resume(named: NamedSchedule): Promise<Schedule> {
    const now = this.clock.now();
    const schedule = await this.finder.change(named, (seen) => {
      if (seen.state.paused === undefined) return seen;
      const state: { -readonly [K in keyof Schedule['state']]: Schedule['state'][K] } = {
        ...seen.state,
        decidedTo: Math.max(now, seen.state.decidedTo),
      };
      delete state.paused;
      return { ...seen, state, updatedAt: now, wakeAt: now };
    });
    this.wake();
    return schedule;
  }

  private async check({ principal, name }: NamedSchedule, body: unknown): Promise<ScheduleSpec> {
    const faults: Fault[] = [];
    const fault = checkValue(SCHEDULE_NAME, name);
    if (fault !== undefined) {
      const message = `the name ${fault.message}`;
      faults.push({ in: 'path', pointer: '/name', code: fault.code, message });
    }
    const report = checkShape(this.shape, body ?? {});
    faults.push(...report.problems);
    if (report.problems.length > 0) throw refusal('invalid_schedule', faults, report.truncated);
    // The shape has been checked.
    const given = body as ScheduleBody;
    const problems = new ProblemList();
    if (jsonBytes(given, MAX_BYTES) > MAX_BYTES) {
      problems.add(
        '',
        'too_big',
        'must be at most 64 KiB as JSON; give the job references to data',
      );
    }
    const spec = readSpec(given, problems);
    faults.push(...problems.problems, ...(await this.checkRun(principal, given.run)));
    if (spec === undefined || faults.length > 0) {
      throw refusal('invalid_schedule', faults, problems.truncated);
    }
    return spec;
  }

  /** What is wrong with a run as the template stands now. */
  private async checkRun(principal: Principal, run: ScheduledRun): Promise<readonly Fault[]> {
    const { template, ...rest } = run;
    try {
      const { body } = await this.templates.prepare(principal, template, rest);
      const compiled = await this.compiler.check(body);
      if (compiled.ok) return [];
      return compiled.problems.map(({ pointer, code, message }) => ({
        pointer: '/run',
        code,
        message: `makes no valid job of the template: ${pointer} ${message}`,
      }));
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error;
      if (error.errors.length > 0) {
        return error.errors.map(({ pointer, code, message }) => ({
          pointer: `/run${pointer}`,
          code,
          message,
        }));
      }
      const field = error.problem === 'template_revision_not_found' ? 'revision' : 'template';
      return [{ pointer: `/run/${field}`, code: error.problem, message: error.message }];
    }
  }
}

function firesAlike(a: ScheduleSpec, b: ScheduleSpec): boolean {
  const when = ({ timing, startsAt, endsAt }: ScheduleSpec): string =>
    'cron' in timing
      ? JSON.stringify([timing.cron, timing.zone, startsAt, endsAt])
      : JSON.stringify([timing.interval, timing.anchor, startsAt, endsAt]);
  return when(a) === when(b);
}
