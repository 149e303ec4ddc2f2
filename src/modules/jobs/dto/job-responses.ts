import { AWAITED } from '../../../core/job/attempt.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ON_FAILURE } from '../../../core/graph/definition.js';
import { ERROR_CLASSES } from '../../../core/job/attempt.js';
import { JOB_STATUSES, NODE_STATUSES } from '../../../core/job/status.js';
import type { JobStatus, NodeStatus } from '../../../core/job/status.js';
import type { Json } from '../../../core/json.js';

import { CriticalPathResponse, PredictionResponse } from './forecast-responses.js';

const TIME = { format: 'date-time', example: '2026-11-21T14:10:32.000Z' };

/** How Swagger shows the counts of a job's nodes. */
export const COUNTS = {
  description: 'How many nodes stand in each status.',
  type: 'object' as const,
  properties: Object.fromEntries(
    NODE_STATUSES.map((status) => [status, { type: 'integer' as const }]),
  ),
  required: [...NODE_STATUSES],
  additionalProperties: false,
};

export class ErrorResponse {
  @ApiProperty({ enum: ERROR_CLASSES, description: 'The class by which retry policies judge.' })
  class!: string;

  @ApiProperty({ description: 'Stable, for programs.', example: 'process_exit' })
  code!: string;

  @ApiProperty({ description: 'What happened and what to do next.' })
  message!: string;

  @ApiPropertyOptional({ description: 'More, such as the failed cases of a test report.' })
  details?: Json;
}

/** The node whose result another took over. */
export class CachedFromResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiProperty({ example: 'build' })
  node_id!: string;

  @ApiProperty({ ...TIME, description: 'When the result was made.' })
  at!: string;
}

export class NodeLinks {
  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/nodes/test1' })
  self!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/nodes/test1/logs' })
  logs!: string;

  @ApiPropertyOptional({
    description: 'The job that runs, or ran, the node.',
    example: '/api/v1/orchestration/job/job_456',
  })
  child_job?: string;
}

export class NodeResponse {
  @ApiProperty({ example: 'test1' })
  id!: string;

  @ApiProperty({ example: 'test_case' })
  type!: string;

  @ApiPropertyOptional({ example: 'Logs in' })
  name?: string;

  @ApiProperty({ enum: NODE_STATUSES, example: 'completed' })
  status!: NodeStatus;

  @ApiProperty({ description: 'Attempts started so far.', example: 1 })
  attempt!: number;

  @ApiPropertyOptional(TIME)
  started_at?: string;

  @ApiPropertyOptional(TIME)
  finished_at?: string;

  @ApiPropertyOptional({ ...TIME, description: 'Until when a retrying or waiting node is held.' })
  until?: string;

  @ApiPropertyOptional({ ...TIME, description: 'By when it is to have ended.' })
  deadline?: string;

  @ApiPropertyOptional({
    description: 'Of a node that is repeated, its round, from 1; between two rounds the next one.',
    example: 2,
  })
  iteration?: number;

  @ApiPropertyOptional({
    enum: AWAITED,
    description: 'What a waiting node waits for, where it is not time alone.',
  })
  awaits?: string;

  @ApiPropertyOptional({
    description: 'The job that runs, or ran, the node.',
    example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d',
  })
  child_job_id?: string;

  @ApiPropertyOptional({
    description: 'True when it was kept as it was in the job that this one runs again.',
  })
  reused?: boolean;

  @ApiPropertyOptional({
    type: CachedFromResponse,
    description:
      'Nothing was run: the node took over the result of an equal one, as its `cache` says.',
  })
  cached?: CachedFromResponse;

  @ApiPropertyOptional({ description: 'True when it passed after a failed attempt.' })
  passed_on_retry?: boolean;

  @ApiPropertyOptional({ description: 'Why it was skipped.', example: 'upstream_failed' })
  skip_reason?: string;

  @ApiPropertyOptional({ type: ErrorResponse })
  error?: ErrorResponse;

  @ApiProperty({ type: NodeLinks })
  links!: NodeLinks;
}

export class JobLinks {
  @ApiProperty({ example: '/api/v1/orchestration/job/job_123' })
  self!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/nodes' })
  nodes!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/events' })
  events!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/graph' })
  graph!: string;
}

/** The job that a job is a part of. */
export class ParentResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiProperty({
    enum: ['sub_job', 'children', 'compensation'],
    description: '`children`: one node an item; `compensation`: it undoes what the other did.',
  })
  kind!: string;

  @ApiPropertyOptional({ description: 'The node that this job runs.', example: 'test1' })
  node_id?: string;
}

/** The job that a job runs again. */
export class RerunOriginResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiPropertyOptional({
    type: [String],
    description:
      'The nodes it was to run again in any case; empty for a retry of what had failed, absent when everything runs again.',
    example: ['test1'],
  })
  from?: readonly string[];
}

/** The schedule that made a job, and what for. */
export class ScheduleOriginResponse {
  @ApiProperty({ example: 'nightly' })
  name!: string;

  @ApiProperty({
    description: 'The firing time; the job may have been made later.',
    format: 'date-time',
    example: '2026-11-21T01:30:00.000Z',
  })
  fired_for!: string;

  @ApiPropertyOptional({
    description: 'The backfill that it belongs to.',
    example: 'bf_01kb0z3v5w8f4n6c2q9x7t1r0d',
  })
  backfill?: string;
}

/** The template that a job was made from. */
export class TemplateOriginResponse {
  @ApiProperty({ example: 'nightly' })
  name!: string;

  @ApiProperty({ example: 3 })
  revision!: number;

  @ApiProperty({
    description: 'SHA-256 of what the revision says, in hexadecimal.',
    example: 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2',
  })
  hash!: string;
}

/** A job without its nodes, as lists show it. */
export class JobSummaryResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  id!: string;

  @ApiProperty({ example: 'Test Suite Execution' })
  name!: string;

  @ApiPropertyOptional({ example: 'Execute comprehensive test suite' })
  description?: string;

  @ApiProperty({ enum: JOB_STATUSES, example: 'running' })
  status!: JobStatus;

  @ApiProperty({ description: 'Share of the nodes that have ended, 0 to 100.', example: 50 })
  progress!: number;

  @ApiPropertyOptional({ description: 'Why the job ended as it did.' })
  reason?: string;

  @ApiProperty(COUNTS)
  counts!: Readonly<Record<NodeStatus, number>>;

  @ApiProperty({ example: 2 })
  node_count!: number;

  @ApiProperty({ description: 'The node types it uses.', example: ['test_case'], type: [String] })
  types!: readonly string[];

  @ApiProperty({ description: 'The one in force, 1 (low) to 5 (high).', example: 3 })
  priority!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { branch: 'main' },
  })
  labels!: Readonly<Record<string, string>>;

  @ApiProperty({ description: 'The user who submitted it.', example: 'anna' })
  owner!: string;

  @ApiProperty({ example: 'default' })
  tenant!: string;

  @ApiProperty({ description: 'Nodes that may run at once.', example: 10 })
  concurrency!: number;

  @ApiProperty({ description: 'Seconds the job may run.', example: 3600 })
  timeout!: number;

  @ApiPropertyOptional({ ...TIME, description: 'By when it is to have ended, queued or not.' })
  deadline?: string;

  @ApiProperty({ enum: ON_FAILURE, example: 'finish_branches' })
  on_failure!: string;

  @ApiProperty({ example: '4bf92f3577b34da6a3ce929d0e0e4736' })
  correlation_id!: string;

  @ApiProperty({ description: 'Grows with every change of the job.', example: 4 })
  version!: number;

  @ApiPropertyOptional({ type: RerunOriginResponse, description: 'When it runs another again.' })
  rerun_of?: RerunOriginResponse;

  @ApiPropertyOptional({ type: ParentResponse, description: 'When it is a part of another.' })
  parent?: ParentResponse;

  @ApiPropertyOptional({ type: TemplateOriginResponse, description: 'When a template was run.' })
  template?: TemplateOriginResponse;

  @ApiPropertyOptional({ type: ScheduleOriginResponse, description: 'When a schedule made it.' })
  schedule?: ScheduleOriginResponse;

  @ApiProperty({ type: [String], description: 'What may go wrong, said when it was accepted.' })
  warnings!: readonly string[];

  @ApiProperty(TIME)
  created_at!: string;

  @ApiProperty(TIME)
  updated_at!: string;

  @ApiPropertyOptional(TIME)
  started_at?: string;

  @ApiPropertyOptional(TIME)
  finished_at?: string;

  @ApiProperty({ type: JobLinks })
  links!: JobLinks;
}

export class OrchestrationJobResponse extends JobSummaryResponse {
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  inputs?: Readonly<Record<string, Json>>;

  @ApiProperty({
    type: [NodeResponse],
    description: 'The first 1,000 nodes in definition order; links.nodes lists them all.',
  })
  nodes!: readonly NodeResponse[];

  @ApiProperty({ description: 'True when the job has more nodes than are shown here.' })
  nodes_truncated!: boolean;

  @ApiPropertyOptional({
    type: CriticalPathResponse,
    description:
      'The longest chain of nodes, by what they took and are expected to take. Of more than 1,000 nodes it is worked out behind the first look at the job, and absent until then; absent of the past.',
  })
  critical_path?: CriticalPathResponse;

  @ApiPropertyOptional({
    type: PredictionResponse,
    description:
      'When it will end, worked out anew every 2 s at most. Present while the job is queued, running or paused; absent where `critical_path` is.',
  })
  prediction?: PredictionResponse;
}

export class JobListLinks {
  @ApiPropertyOptional({ description: 'The next page; absent on the last.' })
  next?: string;
}

export class JobListResponse {
  @ApiProperty({ type: [JobSummaryResponse] })
  jobs!: readonly JobSummaryResponse[];

  @ApiProperty({ description: 'Jobs that match in all.', example: 1 })
  total!: number;

  @ApiProperty({ description: 'True when there are so many that they were not all counted.' })
  total_is_lower_bound!: boolean;

  @ApiProperty({ example: 50 })
  limit!: number;

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;

  @ApiProperty({ type: JobListLinks })
  links!: JobListLinks;
}
