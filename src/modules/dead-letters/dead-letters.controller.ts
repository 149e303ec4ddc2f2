import {
  Body,
  Controller,
  Delete,
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
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, SubmitLimit } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { BodyOptional } from '../../platform/http/index.js';
import type { Answer } from '../answer.js';
import { OrchestrationJobResponse } from '../jobs/index.js';
import { ORCHESTRATION } from '../paths.js';
import { answerSubmitted, submissionContextOf } from '../submissions.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { DeadLetterPurger } from './dead-letter-purger.js';
import { DeadLetterReader } from './dead-letter-reader.js';
import { DeadLetterRequeuer } from './dead-letter-requeuer.js';
import {
  DeadLetterDetailResponse,
  DeadLetterListResponse,
  ListDeadLettersQuery,
  PurgeDeadLettersRequest,
  PurgeResponse,
  RequeueDeadLetterRequest,
} from './dead-letters.dto.js';

const ID = { name: 'id', example: 'dl_8f434346648f6b96df89dda901c5176b' };
const READ_PROBLEMS = [...TOKEN_PROBLEMS, 'store_unavailable'] as const;
const BODY_PROBLEMS = [
  'malformed_json',
  'unsupported_content_type',
  'forbidden_key',
  'body_too_large',
  'invalid_request',
] as const;

@ApiTags('dead letters')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class DeadLettersController {
  constructor(
    private readonly reader: DeadLetterReader,
    private readonly requeuer: DeadLetterRequeuer,
    private readonly purger: DeadLetterPurger,
  ) {}

  @Get('dead-letters')
  @ApiOperation({
    operationId: 'listDeadLetters',
    summary: 'List dead letters',
    description:
      'Your nodes that failed for good because their attempts were used up, newest first; those of all users of the tenant for admins. They are kept for DEAD_LETTER_DAYS.',
  })
  @ApiOkResponse({ type: DeadLetterListResponse })
  @ApiProblems(...READ_PROBLEMS, 'invalid_query', 'invalid_cursor')
  list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: ListDeadLettersQuery,
  ): Promise<Answer<DeadLetterListResponse>> {
    return this.reader.list(principal, query);
  }

  @Post('dead-letters/purge')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'purgeDeadLetters',
    summary: 'Delete several dead letters',
    description:
      'Those of yours (for admins: of the tenant) that are as all given fields say. At least one is to be given.',
  })
  @ApiBody({ type: PurgeDeadLettersRequest })
  @ApiOkResponse({ type: PurgeResponse })
  @ApiProblems(...READ_PROBLEMS, ...BODY_PROBLEMS)
  purge(
    @CurrentPrincipal() principal: Principal,
    @Body() body: unknown,
  ): Promise<Answer<PurgeResponse>> {
    return this.purger.purge(principal, body);
  }

  @Get('dead-letters/:id')
  @ApiOperation({
    operationId: 'getDeadLetter',
    summary: 'Inspect a dead letter',
    description: 'What failed, how, and with which config; it outlives its job.',
  })
  @ApiParam(ID)
  @ApiOkResponse({ type: DeadLetterDetailResponse })
  @ApiProblems(...READ_PROBLEMS, 'dead_letter_not_found')
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
  ): Promise<Answer<DeadLetterDetailResponse>> {
    return this.reader.show(principal, id);
  }

  @Post('dead-letters/:id/requeue')
  @BodyOptional()
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'requeueDeadLetter',
    summary: 'Give a dead letter another try',
    description:
      'Runs its job again from the node on, as a new job, with the node changed as the body says; what else had succeeded is kept with its output. The letter says as which job. It counts as a submission.',
  })
  @ApiParam(ID)
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'As for submitting a job.',
  })
  @ApiBody({ type: RequeueDeadLetterRequest, required: false })
  @ApiAcceptedResponse({
    type: OrchestrationJobResponse,
    description: 'The new job.',
    headers: { Location: { description: 'Where the new job is.', schema: { type: 'string' } } },
  })
  @ApiProblems(
    ...READ_PROBLEMS,
    ...BODY_PROBLEMS,
    'dead_letter_not_found',
    'dead_letter_requeued',
    'dead_letter_job_gone',
    'job_not_finished',
    'idempotency_key_reused',
    'rate_limited',
    'stopping',
  )
  async requeue(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const context = submissionContextOf(request);
    return answerSubmitted(reply, await this.requeuer.requeue({ principal, id, body, ...context }));
  }

  @Delete('dead-letters/:id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteDeadLetter',
    summary: 'Delete a dead letter',
    description: 'It does not come back; its job is left as it is.',
  })
  @ApiParam(ID)
  @ApiNoContentResponse({ description: 'It is gone.' })
  @ApiProblems(
    ...READ_PROBLEMS,
    'malformed_json',
    'unsupported_content_type',
    'dead_letter_not_found',
  )
  async delete(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<void> {
    await this.purger.delete(principal, id);
  }
}
