import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, SubmitLimit } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { answerSubmitted, submissionContextOf } from '../submissions.js';
import { ORCHESTRATION } from '../paths.js';
import { API_JOB_BODY } from './dto/job-body.js';
import { JobListResponse, OrchestrationJobResponse } from './dto/job-responses.js';
import { ValidationResponse } from './dto/node-responses.js';
import { ListJobsQuery } from './dto/queries.js';
import { JobReader } from './job-reader.js';
import { JobSubmitter } from './job-submitter.js';
import { JobValidator } from './job-validator.js';
import type { Answer } from '../answer.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { JOB_ID } from './dto/route-params.js';

const BODY_PROBLEMS = [
  'malformed_json',
  'unsupported_content_type',
  'forbidden_key',
  ...TOKEN_PROBLEMS,
  'body_too_large',
  'invalid_definition',
  'store_unavailable',
] as const;

@ApiTags('jobs')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class JobsController {
  constructor(
    private readonly submitter: JobSubmitter,
    private readonly reader: JobReader,
    private readonly validator: JobValidator,
  ) {}

  @Post('job')
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'submitJob',
    summary: 'Submit a job',
    description:
      'Checks the definition and stores the job; once this answers 202 the job is durable and runs by itself. At most SUBMIT_PER_MINUTE (100) a minute a user.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      '1 to 255 printable characters. The same key with the same body answers with the job that the first request made, and makes no other.',
    example: 'nightly-2026-11-21',
  })
  @ApiBody(API_JOB_BODY)
  @ApiAcceptedResponse({
    type: OrchestrationJobResponse,
    headers: {
      Location: { description: 'Where the job is.', schema: { type: 'string' } },
      'Idempotency-Replayed': {
        description: '`true` when the job was made by an earlier request with this key.',
        schema: { type: 'string' },
      },
    },
  })
  @ApiProblems(
    ...BODY_PROBLEMS,
    'invalid_request',
    'idempotency_key_reused',
    'rate_limited',
    'stopping',
  )
  async submit(
    @CurrentPrincipal() principal: Principal,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const { rawBody, ...context } = submissionContextOf(request);
    const submitted = await this.submitter.submit({
      principal,
      read: () => Promise.resolve({ body }),
      content: [rawBody ?? ''],
      ...context,
    });
    return answerSubmitted(reply, submitted);
  }

  @Post('job/validate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'validateJob',
    summary: 'Check a definition',
    description:
      'Says how the job would run: its levels, an order and the critical path. Starts nothing and stores nothing.',
  })
  @ApiBody(API_JOB_BODY)
  @ApiOkResponse({ type: ValidationResponse })
  @ApiProblems(...BODY_PROBLEMS)
  validate(
    @CurrentPrincipal() principal: Principal,
    @Body() body: unknown,
  ): Promise<Answer<ValidationResponse>> {
    return this.validator.validate(principal, body);
  }

  @Get('job/:job_id')
  @ApiOperation({
    operationId: 'getJob',
    summary: 'Get a job',
    description: 'Its state, and its first 1,000 nodes.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: OrchestrationJobResponse })
  @ApiProblems(...TOKEN_PROBLEMS, 'job_not_found', 'store_unavailable')
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
  ): Promise<Answer<OrchestrationJobResponse>> {
    return this.reader.show(principal, jobId);
  }

  @Get('jobs')
  @ApiOperation({
    operationId: 'listJobs',
    summary: 'List jobs',
    description: 'Your jobs, or for an admin those of the tenant; filters narrow each other down.',
  })
  @ApiOkResponse({ type: JobListResponse })
  @ApiProblems(...TOKEN_PROBLEMS, 'invalid_query', 'invalid_cursor', 'store_unavailable')
  list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: ListJobsQuery,
  ): Promise<Answer<JobListResponse>> {
    return this.reader.list(principal, query);
  }
}
