import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { JOB_STATUSES } from '../../core/job/status.js';
import type { JsonObject } from '../../core/json.js';
import {
  FIRING_OUTCOMES,
  MAX_BACKFILL_CONCURRENCY,
  MAX_WAITING,
  MISSED_POLICIES,
  OVERLAP_POLICIES,
} from '../../core/schedule/schedule.js';
import { WholeNumber } from '../../platform/http/index.js';
import { RunTemplateRequest } from '../templates/index.js';

const TIME = { format: 'date-time', example: '2026-11-21T14:10:32.000Z' };
const FIRED_FOR = { description: 'The firing time.', ...TIME };

/** A run of a template, with the name of the template. */
export class ScheduledRunRequest extends RunTemplateRequest {
  @ApiProperty({ example: 'nightly' })
  template!: string;
}

export class PutScheduleRequest {
  @ApiPropertyOptional({ description: 'For people.', example: 'Every night' })
  description?: string;

  @ApiPropertyOptional({
    description:
      'Minute, hour, day of month, month, day of week; or six fields, seconds first; or `@daily` and its like. Either this or `interval`.',
    example: '30 2 * * *',
  })
  cron?: string;

  @ApiPropertyOptional({
    description:
      'The IANA time zone of the cron. When clocks go forward, fixed times that are skipped fire at the change; when they go back, fixed times fire the first time only. Patterns with `*` or a step in seconds, minutes or hours follow elapsed time.',
    default: 'UTC',
    example: 'Europe/Berlin',
  })
  zone?: string;

  @ApiPropertyOptional({ description: 'Seconds from one firing to the next.', minimum: 1 })
  interval?: number;

  @ApiPropertyOptional({
    description:
      'A time at which an interval fires; the others are counted from it. `starts_at` when left out, else 1970-01-01T00:00:00Z.',
    format: 'date-time',
  })
  anchor?: string;

  @ApiPropertyOptional({
    description:
      'Seconds by which a firing may be put off: by how much follows from the schedule and the firing time.',
    minimum: 0,
    maximum: 86_400,
    default: 0,
  })
  jitter?: number;

  @ApiPropertyOptional({ description: 'Nothing fires before.', format: 'date-time' })
  starts_at?: string;

  @ApiPropertyOptional({ description: 'Nothing fires then or after.', format: 'date-time' })
  ends_at?: string;

  @ApiPropertyOptional({
    enum: OVERLAP_POLICIES,
    default: 'skip',
    description:
      'What a firing does while the job of an earlier one has not ended: it is skipped, waits its turn, or has that job cancelled and starts when it has ended.',
  })
  overlap?: string;

  @ApiPropertyOptional({
    description: 'Firings that wait at most, with `queue`; those beyond are skipped.',
    minimum: 1,
    maximum: MAX_WAITING,
    default: 10,
  })
  max_waiting?: number;

  @ApiPropertyOptional({
    enum: MISSED_POLICIES,
    default: 'latest',
    description:
      'What is made up for of firings that are a minute late and more, since no Baton ran: nothing, the latest, or all (the last hundred) one after the other.',
  })
  missed?: string;

  @ApiProperty({ type: ScheduledRunRequest })
  run!: ScheduledRunRequest;
}

export class ScheduleLinks {
  @ApiProperty({ example: '/api/v1/orchestration/schedules/nightly' })
  self!: string;

  @ApiProperty({ example: '/api/v1/orchestration/schedules/nightly/pause' })
  pause!: string;

  @ApiProperty({ example: '/api/v1/orchestration/schedules/nightly/resume' })
  resume!: string;

  @ApiProperty({ example: '/api/v1/orchestration/schedules/nightly/trigger' })
  trigger!: string;

  @ApiProperty({ example: '/api/v1/orchestration/schedules/nightly/backfill' })
  backfill!: string;
}

export class ScheduleSummaryResponse {
  @ApiProperty({ example: 'nightly' })
  name!: string;

  @ApiProperty({ example: 'anna' })
  owner!: string;

  @ApiPropertyOptional({ example: 'Every night' })
  description?: string;

  @ApiPropertyOptional({ example: '30 2 * * *' })
  cron?: string;

  @ApiPropertyOptional({ example: 'Europe/Berlin' })
  zone?: string;

  @ApiPropertyOptional({ description: 'Seconds.', example: 600 })
  interval?: number;

  @ApiPropertyOptional(TIME)
  anchor?: string;

  @ApiProperty({ description: 'Seconds.', example: 300 })
  jitter!: number;

  @ApiPropertyOptional(TIME)
  starts_at?: string;

  @ApiPropertyOptional(TIME)
  ends_at?: string;

  @ApiProperty({ enum: OVERLAP_POLICIES, example: 'skip' })
  overlap!: string;

  @ApiProperty({ example: 10 })
  max_waiting!: number;

  @ApiProperty({ enum: MISSED_POLICIES, example: 'latest' })
  missed!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'As it was put.',
    example: { template: 'nightly', inputs: { browser: 'firefox' } },
  })
  run!: JsonObject;

  @ApiProperty({ example: false })
  paused!: boolean;

  @ApiPropertyOptional(TIME)
  paused_at?: string;

  @ApiPropertyOptional({ example: 'anna' })
  paused_by?: string;

  @ApiPropertyOptional({ description: 'Absent when paused or at an end.', ...TIME })
  next_firing?: string;

  @ApiProperty({ description: 'Raised by every change, its firings included.', example: 12 })
  version!: number;

  @ApiProperty(TIME)
  created_at!: string;

  @ApiProperty(TIME)
  updated_at!: string;

  @ApiProperty({ type: ScheduleLinks })
  links!: ScheduleLinks;
}

export class ScheduledJobLinks {
  @ApiProperty({ example: '/api/v1/orchestration/job/job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  self!: string;
}

export class ScheduledJobResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  id!: string;

  @ApiPropertyOptional({ enum: JOB_STATUSES, description: 'Absent when the job is gone.' })
  status?: string;

  @ApiProperty({ type: ScheduledJobLinks })
  links!: ScheduledJobLinks;
}

export class FiringResponse {
  @ApiProperty(FIRED_FOR)
  fired_for!: string;

  @ApiProperty({
    enum: FIRING_OUTCOMES,
    description:
      '`skipped` for the overlap policy; `missed` when no Baton ran and the missed-run policy did not make up for it; `failed` when no job could be made.',
    example: 'started',
  })
  outcome!: string;

  @ApiProperty(TIME)
  decided_at!: string;

  @ApiPropertyOptional({ type: ScheduledJobResponse })
  job?: ScheduledJobResponse;

  @ApiPropertyOptional({ example: 'The job of an earlier firing had not ended.' })
  reason?: string;

  @ApiPropertyOptional({ example: 'bf_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  backfill?: string;

  @ApiPropertyOptional({ description: 'Who asked for it.', example: 'anna' })
  triggered_by?: string;

  @ApiPropertyOptional({ description: 'The last, where there are several in a row.', ...TIME })
  until?: string;

  @ApiPropertyOptional({ description: 'How many, where there are several.', example: 4 })
  count?: number;

  @ApiPropertyOptional({ description: 'True when they are more.', example: true })
  count_is_lower_bound?: boolean;
}

export class RunningFiringResponse {
  @ApiProperty(FIRED_FOR)
  fired_for!: string;

  @ApiPropertyOptional({ example: 'bf_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  backfill?: string;

  @ApiProperty({ type: ScheduledJobResponse })
  job!: ScheduledJobResponse;
}

export class BackfillResponse {
  @ApiProperty({ example: 'bf_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  id!: string;

  @ApiProperty(TIME)
  from!: string;

  @ApiProperty({ description: 'Exclusive.', ...TIME })
  to!: string;

  @ApiProperty({ description: 'Jobs of it that may run at once.', example: 2 })
  concurrency!: number;

  @ApiProperty({ description: 'Firing times in the range.', example: 7 })
  total!: number;

  @ApiProperty({ example: 3 })
  started!: number;

  @ApiProperty({ description: 'Of which no job could be made.', example: 0 })
  failed!: number;

  @ApiProperty(TIME)
  requested_at!: string;

  @ApiProperty({ example: 'anna' })
  requested_by!: string;

  @ApiPropertyOptional({ description: 'When the last of its jobs had ended.', ...TIME })
  finished_at?: string;
}

export class ScheduleResponse extends ScheduleSummaryResponse {
  @ApiProperty({ type: [String], description: 'The next five firing times, before jitter.' })
  next_firings!: readonly string[];

  @ApiProperty({ type: [String], description: 'Firing times that wait for a job to end.' })
  waiting!: readonly string[];

  @ApiProperty({ type: [RunningFiringResponse], description: 'Jobs that may not have ended.' })
  running!: readonly RunningFiringResponse[];

  @ApiProperty({ type: [BackfillResponse], description: 'Under way, and the last finished ones.' })
  backfills!: readonly BackfillResponse[];

  @ApiProperty({ type: [FiringResponse], description: 'The last fifty, newest first.' })
  last_firings!: readonly FiringResponse[];
}

export class ScheduleListResponse {
  @ApiProperty({ type: [ScheduleSummaryResponse], description: 'By owner, then by name.' })
  schedules!: readonly ScheduleSummaryResponse[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;
}

export class BackfillRequest {
  @ApiProperty({ description: 'The first firing time at the earliest.', ...TIME })
  from!: string;

  @ApiProperty({ description: 'Every firing time is before; not in the future.', ...TIME })
  to!: string;

  @ApiPropertyOptional({
    description: 'Jobs of it that may run at once.',
    minimum: 1,
    maximum: MAX_BACKFILL_CONCURRENCY,
    default: 1,
  })
  concurrency?: number;
}

export class OwnerQuery {
  @ApiPropertyOptional({ description: 'Whose; for admins. Yours when left out.', example: 'anna' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(256)
  owner?: string;
}

class PageQuery {
  @WholeNumber({ minimum: 1, maximum: 200, default: 50 })
  limit: number = 50;

  @ApiPropertyOptional({ description: 'The next_cursor of the page before.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  cursor?: string;
}

export class ListSchedulesQuery extends IntersectionType(PageQuery, OwnerQuery) {}
