import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import type { OrchestrationJobResponse } from './dto/job-responses.js';
import { JobReader } from './job-reader.js';
import type { Answer } from '../answer.js';

/** Cancels jobs that have not ended. */
@Injectable()
export class JobCanceller {
  constructor(
    @Use('engine') private readonly engine: Dependencies['engine'],
    private readonly jobs: JobReader,
  ) {}

  /** Answers the job as it stands then. Rejects with `job_not_found` or `job_already_finished`. */
  async cancel(
    principal: Principal,
    jobId: string,
    reason?: string,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const { header } = await this.jobs.find(principal, jobId);
    const outcome = await this.engine.cancel(header, principal.user, reason);
    if (outcome.status === 'already_finished') {
      throw new RequestProblem(
        'job_already_finished',
        `The job has already ended as ${outcome.jobStatus}; there is nothing to cancel.`,
      );
    }
    return this.jobs.show(principal, jobId);
  }
}
