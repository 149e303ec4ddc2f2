import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { ERROR_CLASSES } from '../../core/job/attempt.js';
import type { ErrorClass } from '../../core/job/attempt.js';
import type { Json } from '../../core/json.js';
import { WholeNumber } from '../../platform/http/index.js';
import { DEAD_LETTER_STATUSES } from '../../ports/dead-letters.js';
import type { DeadLetterStatus } from '../../ports/dead-letters.js';
import { ErrorResponse, TemplateOriginResponse } from '../jobs/index.js';

const TIME = { format: 'date-time', example: '2026-11-21T14:10:32.000Z' };
const JOB = { example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' };
const ANY_OBJECT = { type: 'object' as const, additionalProperties: true };

export class RequeueResponse {
  @ApiProperty({ ...JOB, description: 'The job it was requeued as.' })
  job_id!: string;

  @ApiProperty({ description: 'Who asked for it.', example: 'anna' })
  by!: string;

  @ApiProperty(TIME)
  at!: string;
}

export class DeadLetterLinks {
  @ApiProperty({ example: '/api/v1/orchestration/dead-letters/dl_0a1b' })
  self!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_123' })
  job!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/nodes/test1' })
  node!: string;

  @ApiProperty({
    description: 'What the last attempt printed.',
    example: '/api/v1/orchestration/job/job_123/nodes/test1/logs?attempt=3',
  })
  log!: string;

  @ApiProperty({ example: '/api/v1/orchestration/dead-letters/dl_0a1b/requeue' })
  requeue!: string;

  @ApiPropertyOptional({ example: '/api/v1/orchestration/job/job_456' })
  requeued_as?: string;
}

/** A node that failed for good because its attempts were used up. */
export class DeadLetterResponse {
  @ApiProperty({ example: 'dl_8f434346648f6b96df89dda901c5176b' })
  id!: string;

  @ApiProperty({ enum: DEAD_LETTER_STATUSES, example: 'open' })
  status!: DeadLetterStatus;

  @ApiProperty(JOB)
  job_id!: string;

  @ApiProperty({ example: 'Test Suite Execution' })
  job_name!: string;

  @ApiProperty({ example: 'anna' })
  owner!: string;

  @ApiPropertyOptional({ type: TemplateOriginResponse })
  template?: TemplateOriginResponse;

  @ApiProperty({ example: 'test1' })
  node_id!: string;

  @ApiProperty({ description: 'Of the node.', example: 'http' })
  type!: string;

  @ApiProperty({ description: 'How many were made.', example: 3 })
  attempts!: number;

  @ApiProperty({ type: ErrorResponse, description: 'Of the last attempt.' })
  error!: ErrorResponse;

  @ApiProperty(TIME)
  failed_at!: string;

  @ApiPropertyOptional({ type: RequeueResponse, description: 'The last requeue.' })
  requeued?: RequeueResponse;

  @ApiProperty({ type: DeadLetterLinks })
  links!: DeadLetterLinks;
}

export class DeadLetterDetailResponse extends DeadLetterResponse {
  @ApiProperty({
    ...ANY_OBJECT,
    description: 'As the job defines it: expressions are not evaluated.',
    example: { url: 'http://127.0.0.1:8080/health' },
  })
  config!: Readonly<Record<string, Json>>;

  @ApiPropertyOptional({
    description: 'True when the config is over 64 KiB, and to be read at the node.',
  })
  config_omitted?: boolean;
}

export class DeadLetterListResponse {
  @ApiProperty({ type: [DeadLetterResponse], description: 'Newest first.' })
  dead_letters!: readonly DeadLetterResponse[];

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;
}

export class RequeueDeadLetterRequest {
  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description: "In place of the node's config; checked as in a submission.",
    example: { url: 'http://127.0.0.1:8081/health' },
  })
  config?: Readonly<Record<string, Json>>;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description: "In place of the node's retry policy.",
    example: { max_attempts: 5 },
  })
  retry?: Readonly<Record<string, Json>>;

  @ApiPropertyOptional({ description: 'Seconds that one attempt may take.', example: 120 })
  timeout?: number;

  @ApiPropertyOptional({ ...ANY_OBJECT, description: "In place of the job's inputs." })
  inputs?: Readonly<Record<string, Json>>;

  @ApiPropertyOptional({ description: 'Also when it was requeued before.', example: true })
  again?: boolean;
}

export class PurgeDeadLettersRequest {
  @ApiPropertyOptional({ ...JOB, description: 'Letters of this job.' })
  job?: string;

  @ApiPropertyOptional({ description: 'Of nodes of this type.', example: 'http' })
  type?: string;

  @ApiPropertyOptional({ enum: DEAD_LETTER_STATUSES })
  status?: DeadLetterStatus;

  @ApiPropertyOptional({ enum: ERROR_CLASSES })
  error_class?: ErrorClass;

  @ApiPropertyOptional({ description: 'Of nodes that failed longer ago than this.', example: 7 })
  older_than_days?: number;

  @ApiPropertyOptional({ description: 'Every one of yours.', enum: [true] })
  all?: boolean;
}

export class PurgeResponse {
  @ApiProperty({ description: 'How many were deleted.', example: 12 })
  deleted!: number;

  @ApiProperty({
    description: 'True when there may be more: one request deletes about 10,000. Send it again.',
    example: false,
  })
  more!: boolean;
}

export class ListDeadLettersQuery {
  @ApiPropertyOptional({ ...JOB, description: 'Letters of this job.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(128)
  job?: string;

  @ApiPropertyOptional({ description: 'Of nodes of this type.', example: 'http' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  type?: string;

  @ApiPropertyOptional({ enum: DEAD_LETTER_STATUSES })
  @IsOptional()
  @IsIn(DEAD_LETTER_STATUSES)
  status?: DeadLetterStatus;

  @ApiPropertyOptional({ enum: ERROR_CLASSES })
  @IsOptional()
  @IsIn(ERROR_CLASSES)
  error_class?: ErrorClass;

  @WholeNumber({ minimum: 1, maximum: 200, default: 50 })
  limit: number = 50;

  @ApiPropertyOptional({ description: 'The next_cursor of the page before.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  cursor?: string;
}
