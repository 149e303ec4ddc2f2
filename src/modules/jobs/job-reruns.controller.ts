import { Body, Controller, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, SubmitLimit } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { BodyOptional } from '../../platform/http/index.js';
import { answerSubmitted, submissionContextOf } from '../submissions.js';
import type { Answer } from '../answer.js';
import { ORCHESTRATION } from '../paths.js';
import { OrchestrationJobResponse } from './dto/job-responses.js';
import { RerunRequest } from './dto/rerun-request.js';
import { JobRerunner } from './job-rerunner.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { JOB_ID } from './dto/route-params.js';

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: false,
  description: 'As for submitting a job.',
};
const ACCEPTED = {
  type: OrchestrationJobResponse,
  description: 'The new job.',
  headers: { Location: { description: 'Where the new job is.', schema: { type: 'string' } } },
} as const;
const RERUN_PROBLEMS = [
  ...TOKEN_PROBLEMS,
  'malformed_json',
  'unsupported_content_type',
  'forbidden_key',
  'body_too_large',
  'invalid_request',
  'idempotency_key_reused',
  'job_not_found',
  'job_not_finished',
  'rate_limited',
  'stopping',
  'store_unavailable',
] as const;

/** Running jobs again: what has ended stays as it is, and a new job does the rest. */
@ApiTags('steering')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class JobRerunsController {
  constructor(private readonly rerunner: JobRerunner) {}

  @Post('job/:job_id/retry')
  @BodyOptional()
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'retryJob',
    summary: 'Retry what failed',
    description:
      'Makes a new job of one that has ended: what had succeeded is kept with its output, what failed, was cancelled or never ran runs, with all that follows from it.',
  })
  @ApiParam(JOB_ID)
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(...RERUN_PROBLEMS, 'nothing_to_retry')
  async retry(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const context = submissionContextOf(request);
    const made = await this.rerunner.retry({ principal, jobId, body, ...context });
    return answerSubmitted(reply, made);
  }

  @Post('job/:job_id/rerun')
  @BodyOptional()
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'rerunJob',
    summary: 'Run a job again',
    description:
      'Makes a new job of one that has ended: all of it, or the nodes of `from` with all that follows from them, while whatever else had succeeded is kept with its output.',
  })
  @ApiParam(JOB_ID)
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiBody({ type: RerunRequest, required: false })
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(...RERUN_PROBLEMS)
  async rerun(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const context = submissionContextOf(request);
    const made = await this.rerunner.rerun({ principal, jobId, body, ...context });
    return answerSubmitted(reply, made);
  }
}
