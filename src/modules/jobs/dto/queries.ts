import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  MinLength,
  Validate,
  ValidatorConstraint,
} from 'class-validator';
import type { ValidationArguments, ValidatorConstraintInterface } from 'class-validator';
import { parseIsoTime } from '../../../core/iso-time.js';
import { JOB_STATUSES, NODE_STATUSES } from '../../../core/job/status.js';
import type { JobStatus, NodeStatus } from '../../../core/job/status.js';
import { WholeNumber } from '../../../platform/http/index.js';
import { JOB_SORTS } from '../../../ports/job-projections.js';
import type { JobSort } from '../../../ports/job-projections.js';

const MAX_LABELS = 16;

@ValidatorConstraint({ name: 'iso8601' })
class IsoTime implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && parseIsoTime(value) !== undefined;
  }
  defaultMessage({ property }: ValidationArguments): string {
    return `${property} must be an ISO 8601 time with a zone, such as 2026-11-21T14:00:00Z (write + as %2B)`;
  }
}

/** `a,b` and repeated parameters both make a list. */
const toList = ({ value }: { value: unknown }): unknown =>
  [value].flat().flatMap((each) => (typeof each === 'string' ? each.split(',') : [each]));
const toArray = ({ value }: { value: unknown }): unknown => [value].flat();

export class ListJobsQuery {
  @ApiPropertyOptional({
    enum: JOB_STATUSES,
    isArray: true,
    description: 'Any of these; repeat it or part them by commas.',
    example: ['running'],
  })
  @IsOptional()
  @Transform(toList)
  @IsIn(JOB_STATUSES, { each: true })
  status?: JobStatus[];

  @ApiPropertyOptional({ description: 'The exact name.', example: 'Test Suite Execution' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  name?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'A label and its value as `key=value`; repeat it to ask for several.',
    example: ['branch=main'],
  })
  @IsOptional()
  @Transform(toArray)
  @ArrayMaxSize(MAX_LABELS)
  @IsString({ each: true })
  @Matches(/^[^=]{1,255}=[^]{0,1024}$/, {
    each: true,
    message: 'label must be key=value, such as branch=main',
  })
  label?: string[];

  @ApiPropertyOptional({ description: 'Jobs with a node of this type.', example: 'test_case' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  type?: string;

  @ApiPropertyOptional({
    description: 'Created at this time or later.',
    example: '2026-11-21T00:00:00Z',
  })
  @IsOptional()
  @Validate(IsoTime)
  created_from?: string;

  @ApiPropertyOptional({
    description: 'Created before this time.',
    example: '2026-11-22T00:00:00Z',
  })
  @IsOptional()
  @Validate(IsoTime)
  created_to?: string;

  @WholeNumber({ minimum: 1, maximum: 5, example: 3 })
  priority?: number;

  @ApiPropertyOptional({ enum: JOB_SORTS, default: '-created_at', description: '- is descending.' })
  @IsOptional()
  @IsIn(JOB_SORTS)
  sort: JobSort = '-created_at';

  @WholeNumber({ minimum: 1, maximum: 200, default: 50 })
  limit: number = 50;

  @ApiPropertyOptional({ description: 'The next_cursor of the page before.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  cursor?: string;

  @WholeNumber({
    minimum: 1,
    maximum: 1_000_000,
    description: 'The page, from 1, instead of a cursor.',
  })
  page?: number;

  @WholeNumber({
    minimum: 0,
    maximum: 100_000_000,
    description: 'Jobs to pass over, instead of a cursor.',
  })
  offset?: number;
}

export class ListNodesQuery {
  @ApiPropertyOptional({ enum: NODE_STATUSES })
  @IsOptional()
  @IsIn(NODE_STATUSES)
  status?: NodeStatus;

  @WholeNumber({ minimum: 1, maximum: 1000, default: 200 })
  limit: number = 200;

  @ApiPropertyOptional({ description: 'The next_cursor of the page before.' })
  @IsOptional()
  @Matches(/^n\d{1,9}$/, { message: 'cursor must be the next_cursor of the page before' })
  cursor?: string;
}

export class LogQuery {
  @WholeNumber({ minimum: 1, maximum: 1_000_000, description: 'The latest attempt when left out.' })
  attempt?: number;

  @WholeNumber({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: 'Bytes to pass over.',
  })
  offset: number = 0;

  @WholeNumber({ minimum: 1, maximum: 1_048_576, default: 65_536, description: 'Bytes.' })
  limit: number = 65_536;
}

export class ListEventsQuery {
  @WholeNumber({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: 'Events after this version.',
  })
  after: number = 0;

  @WholeNumber({
    minimum: 1,
    maximum: 1000,
    default: 200,
    description: 'Versions at most; an answer also ends with the version that fills a megabyte.',
  })
  limit: number = 200;
}

export const GRAPH_FORMATS = ['mermaid', 'dot'] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

export class GraphQuery {
  @ApiPropertyOptional({ enum: GRAPH_FORMATS, default: 'mermaid' })
  @IsOptional()
  @IsIn(GRAPH_FORMATS)
  format: GraphFormat = 'mermaid';
}

export class CancelQuery {
  @ApiPropertyOptional({ description: 'Why; kept with the job.', maxLength: 1000 })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}
