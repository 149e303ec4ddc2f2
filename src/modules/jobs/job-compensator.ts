import { Injectable } from '@nestjs/common';
import { isTerminalJob } from '../../core/job/status.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { JobProjections } from '../../ports/job-projections.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import type { CompensationResponse } from './dto/compensation-responses.js';
import type { OrchestrationJobResponse } from './dto/job-responses.js';
import { JobReader } from './job-reader.js';

const ACTIONS_SHOWN = 1_000;

/** Undoes what jobs did, and says before in what order. */
@Injectable()
export class JobCompensator {
  constructor(
    @Use('engine') private readonly engine: Dependencies['engine'],
    @Use('projections') private readonly projections: JobProjections,
    private readonly jobs: JobReader,
  ) {}

  /** Changes nothing. Rejects with `job_not_found`. */
  async plan(principal: Principal, jobId: string): Promise<Answer<CompensationResponse>> {
    const { header } = await this.jobs.find(principal, jobId);
    const { job, actions } = await this.engine.compensations.plan(header);
    const made = await this.projections.job(job);
    return {
      job_id: jobId,
      compensation_job_id: job.jobId,
      ...(made === undefined ? {} : { compensation_status: made.progress.status }),
      actions: actions.slice(0, ACTIONS_SHOWN).map(({ id, type, config, needs }) => ({
        node: id,
        type,
        config: config ?? {},
        after: needs ?? [],
      })),
      actions_truncated: actions.length > ACTIONS_SHOWN,
    };
  }

  /**
   * Answers the job that undoes it, the same one at every call. Rejects with `job_not_found`,
   * `job_not_finished` and `nothing_to_compensate`.
   */
  async start(principal: Principal, jobId: string): Promise<Answer<OrchestrationJobResponse>> {
    const { header, progress } = await this.jobs.find(principal, jobId);
    if (!isTerminalJob(progress.status)) {
      throw new RequestProblem(
        'job_not_finished',
        `The job is ${progress.status}. It can be compensated when it has ended; cancel it to end it now.`,
      );
    }
    const made = await this.engine.compensations.start(header);
    if (made === undefined) {
      throw new RequestProblem(
        'nothing_to_compensate',
        'No node of the job that says how to undo it (compensate) has completed.',
      );
    }
    return this.jobs.show(principal, made.jobId);
  }
}
