import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, SubmitLimit } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import type { Answer } from '../answer.js';
import { ORCHESTRATION } from '../paths.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { CompensationResponse } from './dto/compensation-responses.js';
import { OrchestrationJobResponse } from './dto/job-responses.js';
import { JOB_ID } from './dto/route-params.js';
import { JobCompensator } from './job-compensator.js';

/** Undoing what jobs did. */
@ApiTags('steering')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class JobCompensationController {
  constructor(private readonly compensator: JobCompensator) {}

  @Get('job/:job_id/compensation')
  @ApiOperation({
    operationId: 'planCompensation',
    summary: 'How a job would be undone',
    description:
      'A dry run: the actions that undo the nodes that have completed by now, in order. Nothing is started.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: CompensationResponse })
  @ApiProblems(...TOKEN_PROBLEMS, 'job_not_found', 'store_unavailable')
  plan(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
  ): Promise<Answer<CompensationResponse>> {
    return this.compensator.plan(principal, jobId);
  }

  @Post('job/:job_id/compensate')
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'compensateJob',
    summary: 'Undo a job',
    description:
      'Makes a job that undoes what one that has ended did; answers that one when there is one already, as for a job that failed, which is undone by itself. Actions that failed are tried again by a retry of that job.',
  })
  @ApiParam(JOB_ID)
  @ApiAcceptedResponse({ type: OrchestrationJobResponse, description: 'The job that undoes it.' })
  @ApiProblems(
    ...TOKEN_PROBLEMS,
    'job_not_found',
    'job_not_finished',
    'nothing_to_compensate',
    'rate_limited',
    'store_unavailable',
  )
  compensate(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
  ): Promise<Answer<OrchestrationJobResponse>> {
    return this.compensator.start(principal, jobId);
  }
}
