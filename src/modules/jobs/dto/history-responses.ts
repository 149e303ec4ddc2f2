import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { DIFFERENCES } from '../../../core/compare/compare-runs.js';
import { JOB_STATUSES, NODE_STATUSES } from '../../../core/job/status.js';
import type { JobStatus, NodeStatus } from '../../../core/job/status.js';
import type { Json } from '../../../core/json.js';
import { ANY_JSON } from '../../any-json.js';
import { COUNTS, OrchestrationJobResponse } from './job-responses.js';

const MAX_ID = 200;

export class CompareJobsQuery {
  @ApiProperty({ description: 'The id of a job.', example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_ID)
  a!: string;

  @ApiProperty({
    description: 'The id of another, such as a later run of the same template.',
    example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0e',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_ID)
  b!: string;
}

/** A job as it stood; `version` is the one asked for. */
export class PastJobResponse extends OrchestrationJobResponse {
  @ApiProperty({ description: 'The version at which the job stands now.', example: 9 })
  latest_version!: number;
}

export class SettingChangeResponse {
  @ApiProperty({ description: 'JSON pointer into the settings.', example: '/labels/branch' })
  field!: string;

  @ApiProperty({ enum: ['added', 'removed', 'changed'], example: 'changed' })
  change!: string;

  @ApiPropertyOptional({
    ...ANY_JSON,
    description: 'In a, unless longer than 4 KiB.',
    example: 'main',
  })
  before?: Json;

  @ApiPropertyOptional({
    ...ANY_JSON,
    description: 'In b, unless longer than 4 KiB.',
    example: 'next',
  })
  after?: Json;
}

export class NodeOutcomeResponse {
  @ApiProperty({ enum: NODE_STATUSES, example: 'completed' })
  status!: NodeStatus;

  @ApiProperty({ description: 'Attempts started.', example: 1 })
  attempts!: number;

  @ApiPropertyOptional({
    description: 'Milliseconds from the start of its first attempt to its end.',
    example: 1200,
  })
  duration_ms?: number;

  @ApiPropertyOptional({ example: 'process_exit' })
  error_code?: string;

  @ApiPropertyOptional({
    description: 'SHA-256 of its output as canonical JSON, in base64url; absent without one.',
    example: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  })
  output_hash?: string;

  @ApiPropertyOptional({
    description:
      'True when its output is kept as a file, since it is large, and was not looked at.',
  })
  output_unknown?: boolean;
}

export class ComparedNodeResponse {
  @ApiProperty({ example: 'unit' })
  id!: string;

  @ApiProperty({
    enum: DIFFERENCES,
    isArray: true,
    description: 'What differs; durations hardly ever agree, and do not count.',
    example: ['status', 'error'],
  })
  differs!: readonly string[];

  @ApiPropertyOptional({ description: 'Absent where it is not known.', example: true })
  output_equal?: boolean;

  @ApiPropertyOptional({
    description: 'The duration in b divided by that in a; absent where one is unknown or 0 ms.',
    example: 1.5,
  })
  duration_ratio?: number;

  @ApiProperty({ type: NodeOutcomeResponse })
  a!: NodeOutcomeResponse;

  @ApiProperty({ type: NodeOutcomeResponse })
  b!: NodeOutcomeResponse;
}

export class ComparedJobResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  id!: string;

  @ApiProperty({ description: 'The version compared.', example: 9 })
  version!: number;

  @ApiProperty({ enum: JOB_STATUSES, example: 'completed' })
  status!: JobStatus;

  @ApiProperty({ example: 2 })
  node_count!: number;

  @ApiProperty(COUNTS)
  counts!: Readonly<Record<NodeStatus, number>>;

  @ApiProperty({ description: 'Attempts started, of all nodes.', example: 3 })
  attempts!: number;

  @ApiPropertyOptional({ description: 'Milliseconds from its start to its end.', example: 5300 })
  duration_ms?: number;

  @ApiProperty({
    description: 'The durations of its nodes added up, in milliseconds.',
    example: 9100,
  })
  node_ms!: number;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  link!: string;
}

export class ComparisonCountsResponse {
  @ApiProperty({ description: 'Nodes that both have.', example: 2 })
  common!: number;

  @ApiProperty({ description: 'Of those, the ones that differ.', example: 1 })
  differing!: number;

  @ApiProperty({ example: 0 })
  only_in_a!: number;

  @ApiProperty({ example: 0 })
  only_in_b!: number;
}

export class JobComparisonResponse {
  @ApiProperty({ type: ComparedJobResponse })
  a!: ComparedJobResponse;

  @ApiProperty({ type: ComparedJobResponse })
  b!: ComparedJobResponse;

  @ApiPropertyOptional({
    description: 'The duration of b divided by that of a; absent where one is unknown or 0 ms.',
    example: 1.2,
  })
  duration_ratio?: number;

  @ApiProperty({
    type: [SettingChangeResponse],
    description: 'Settings that differ, from a to b: name, labels, priority, inputs and the like.',
  })
  settings!: readonly SettingChangeResponse[];

  @ApiProperty({ type: [String], description: 'Nodes that b does not have.', example: [] })
  only_in_a!: readonly string[];

  @ApiProperty({ type: [String], description: 'Nodes that a does not have.', example: [] })
  only_in_b!: readonly string[];

  @ApiProperty({
    type: [ComparedNodeResponse],
    description: 'Nodes that both have: those that differ first, each in the order of a.',
  })
  nodes!: readonly ComparedNodeResponse[];

  @ApiProperty({ type: ComparisonCountsResponse })
  counts!: ComparisonCountsResponse;

  @ApiProperty({ description: 'True when a list has more than the 1,000 that are shown.' })
  truncated!: boolean;
}
