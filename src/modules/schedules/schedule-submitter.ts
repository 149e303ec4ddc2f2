import { Injectable } from '@nestjs/common';
import type { Firing, Schedule, ScheduleOrigin } from '../../core/schedule/schedule.js';
import type { ScheduledSubmission, ScheduleRunnerParts } from '../../engine/schedule-runner.js';
import type { Principal } from '../../platform/auth/index.js';
import { PROBLEMS, RequestProblem } from '../../platform/errors/index.js';
import { readCorrelation } from '../../platform/http/index.js';
import type { Dependencies } from '../dependencies.js';
import { DefinitionCompiler, JobReader, JobSubmitter, type SubmitAnswer } from '../jobs/index.js';
import type { SubmissionContext } from '../submissions.js';
import { TemplateReader, TemplateRunner } from '../templates/index.js';

/** No key of a user has a character such as this: no firing takes another's job for its own. */
const OWN = '\u0001';

/** Submits the jobs of schedules, for their owners. */
@Injectable()
export class ScheduleSubmitter {
  constructor(
    private readonly templates: TemplateRunner,
    private readonly submitter: JobSubmitter,
  ) {}

  /** Makes the job of a firing, or answers the one that was made; or why there can be none. */
  async fire(schedule: Schedule, firing: Firing): Promise<ScheduledSubmission> {
    const { at, backfill = '' } = firing;
    try {
      const { job } = await this.submitter.submit({
        principal: ownerOf(schedule),
        read: () => this.prepare(schedule, firing),
        content: [],
        idempotencyKey: undefined,
        claim: { key: `${OWN}schedule/${schedule.id}/${backfill}/${at}`, bodyHash: 'schedule' },
        correlation: readCorrelation({}),
      });
      return { jobId: job.id };
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error;
      if (error.problem === 'stopping') return { stopping: true };
      const [status] = PROBLEMS[error.problem];
      if (status >= 500) throw error;
      return { refused: error.message };
    }
  }

  /** Runs the template now, as a user asks for it. Rejects as a run of the template does. */
  trigger(schedule: Schedule, at: number, context: SubmissionContext): Promise<SubmitAnswer> {
    return this.submitter.submit({
      principal: ownerOf(schedule),
      read: () => this.prepare(schedule, { at }),
      content: [`trigger ${schedule.id}\n`, context.rawBody ?? ''],
      idempotencyKey: context.idempotencyKey,
      correlation: context.correlation,
    });
  }

  private async prepare(
    schedule: Schedule,
    { at, backfill }: Firing,
  ): ReturnType<TemplateRunner['prepare']> {
    const { template, ...run } = schedule.spec.run;
    const origin: ScheduleOrigin = {
      name: schedule.name,
      id: schedule.id,
      firedFor: at,
      ...(backfill === undefined ? {} : { backfill }),
    };
    const submitted = await this.templates.prepare(ownerOf(schedule), template, run);
    return { ...submitted, schedule: origin };
  }
}

/** How the engine makes the jobs of schedules. */
export function scheduleSubmit(
  parts: Pick<
    Dependencies,
    | 'compileOptions'
    | 'forecaster'
    | 'engine'
    | 'journal'
    | 'projections'
    | 'catalogue'
    | 'templates'
    | 'clock'
    | 'executors'
  >,
): ScheduleRunnerParts['submit'] {
  const { compileOptions, engine, journal, projections, catalogue, templates } = parts;
  const { clock, executors, forecaster } = parts;
  const compiler = new DefinitionCompiler(compileOptions, executors, catalogue, clock);
  const jobs = new JobReader(projections, forecaster, clock);
  const submitter = new JobSubmitter(engine, journal, clock, compiler, jobs, forecaster);
  const runner = new TemplateRunner(compileOptions, new TemplateReader(templates), submitter);
  const schedules = new ScheduleSubmitter(runner, submitter);
  return (schedule, firing) => schedules.fire(schedule, firing);
}

function ownerOf({ owner, tenantId }: Schedule): Principal {
  return { user: owner, tenantId, roles: [] };
}
