import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
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
import { ORCHESTRATION, schedulePath } from '../paths.js';
import { answerSubmitted, submissionContextOf } from '../submissions.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { BACKFILL_EXAMPLE, PUT_EXAMPLES } from './schedule-examples.js';
import { ScheduleFirer } from './schedule-firer.js';
import { ScheduleReader } from './schedule-reader.js';
import { showBackfill } from './schedule-views.js';
import { ScheduleWriter } from './schedule-writer.js';
import {
  BackfillRequest,
  BackfillResponse,
  ListSchedulesQuery,
  OwnerQuery,
  PutScheduleRequest,
  ScheduleListResponse,
  ScheduleResponse,
} from './schedules.dto.js';

const NAME = { name: 'name', example: 'nightly' };
const READ_PROBLEMS = [...TOKEN_PROBLEMS, 'invalid_query', 'store_unavailable'] as const;
const CHANGE_PROBLEMS = [
  ...READ_PROBLEMS,
  'malformed_json',
  'unsupported_content_type',
  'schedule_not_found',
] as const;
const BODY_PROBLEMS = ['forbidden_key', 'body_too_large'] as const;

@ApiTags('schedules')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class SchedulesController {
  constructor(
    private readonly reader: ScheduleReader,
    private readonly writer: ScheduleWriter,
    private readonly firer: ScheduleFirer,
  ) {}

  @Get('schedules')
  @ApiOperation({
    operationId: 'listSchedules',
    summary: 'List schedules',
    description: 'Yours by name; of admins, all of the tenant, by owner and name.',
  })
  @ApiOkResponse({ type: ScheduleListResponse })
  @ApiProblems(...READ_PROBLEMS, 'invalid_cursor', 'schedule_not_found')
  list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: ListSchedulesQuery,
  ): Promise<Answer<ScheduleListResponse>> {
    return this.reader.list(principal, query);
  }

  @Put('schedules/:name')
  @ApiOperation({
    operationId: 'putSchedule',
    summary: 'Put a schedule',
    description:
      'Makes a schedule of yours, or changes what one says: it goes on where it was, and with another timing fires from now on. Whether the template, its inputs and the settings make a job is checked now; a firing of which none can be made later is listed as failed.',
  })
  @ApiParam(NAME)
  @ApiBody({ type: PutScheduleRequest, examples: PUT_EXAMPLES })
  @ApiOkResponse({ type: ScheduleResponse, description: 'It was there, and is changed.' })
  @ApiCreatedResponse({
    type: ScheduleResponse,
    headers: { Location: { description: 'Where it is.', schema: { type: 'string' } } },
  })
  @ApiProblems(...CHANGE_PROBLEMS, ...BODY_PROBLEMS, 'invalid_schedule')
  async put(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<ScheduleResponse>> {
    const { created, schedule } = await this.writer.put({ principal, name, owner }, body);
    if (created) void reply.status(201).header('location', schedulePath(name));
    else void reply.status(200);
    return this.reader.describe(schedule);
  }

  @Get('schedules/:name')
  @ApiOperation({
    operationId: 'getSchedule',
    summary: 'Get a schedule',
    description: 'With its next firing times, its last firings and their jobs.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: ScheduleResponse })
  @ApiProblems(...READ_PROBLEMS, 'schedule_not_found')
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
  ): Promise<Answer<ScheduleResponse>> {
    return this.reader.show({ principal, name, owner });
  }

  @Delete('schedules/:name')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteSchedule',
    summary: 'Delete a schedule',
    description: 'Its jobs stay, and those under way go on.',
  })
  @ApiParam(NAME)
  @ApiNoContentResponse({ description: 'It is deleted.' })
  @ApiProblems(...CHANGE_PROBLEMS)
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
  ): Promise<void> {
    await this.writer.delete({ principal, name, owner });
  }

  @Post('schedules/:name/pause')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'pauseSchedule',
    summary: 'Pause a schedule',
    description: 'Nothing fires, and what waits goes on waiting; jobs under way go on.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: ScheduleResponse })
  @ApiProblems(...CHANGE_PROBLEMS)
  async pause(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
  ): Promise<Answer<ScheduleResponse>> {
    return this.reader.describe(await this.writer.pause({ principal, name, owner }));
  }

  @Post('schedules/:name/resume')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'resumeSchedule',
    summary: 'Resume a schedule',
    description: 'It fires from now on; what it did not fire in the pause, a backfill can run.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: ScheduleResponse })
  @ApiProblems(...CHANGE_PROBLEMS)
  async resume(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
  ): Promise<Answer<ScheduleResponse>> {
    return this.reader.describe(await this.writer.resume({ principal, name, owner }));
  }

  @Post('schedules/:name/trigger')
  @BodyOptional()
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'triggerSchedule',
    summary: 'Run it now',
    description:
      'Submits its job now, whatever runs already, also while it is paused. It is answered as a submission is, and counts as one.',
  })
  @ApiParam(NAME)
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: '1 to 255 printable characters. The same key answers with the same job.',
    example: 'nightly-again',
  })
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
    ...CHANGE_PROBLEMS,
    'template_not_found',
    'template_revision_not_found',
    'template_archived',
    'invalid_request',
    'invalid_definition',
    'idempotency_key_reused',
    'rate_limited',
    'stopping',
  )
  async trigger(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const context = submissionContextOf(request);
    return answerSubmitted(reply, await this.firer.trigger({ principal, name, owner }, context));
  }

  @Post('schedules/:name/backfill')
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'backfillSchedule',
    summary: 'Run a range of the past',
    description:
      'Makes one job for each firing time of the range, at most 1,000, a few at once, beside what fires meanwhile; also for times for which there is a job already.',
  })
  @ApiParam(NAME)
  @ApiBody({ type: BackfillRequest, examples: BACKFILL_EXAMPLE })
  @ApiAcceptedResponse({ type: BackfillResponse, description: 'GET the schedule to follow it.' })
  @ApiProblems(...CHANGE_PROBLEMS, ...BODY_PROBLEMS, 'invalid_request', 'rate_limited')
  async backfill(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { owner }: OwnerQuery,
    @Body() body: unknown,
  ): Promise<Answer<BackfillResponse>> {
    return showBackfill(await this.firer.backfill({ principal, name, owner }, body));
  }
}
