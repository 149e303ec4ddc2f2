import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TRIGGER_RULES } from '../../../core/graph/definition.js';
import { AWAITED } from '../../../core/job/attempt.js';
import type { Json } from '../../../core/json.js';
import { CriticalPathResponse, PredictionResponse } from './forecast-responses.js';
import { CachedFromResponse, ErrorResponse, NodeResponse } from './job-responses.js';

const TIME = { format: 'date-time', example: '2026-11-21T14:10:32.000Z' };

export class AttemptLinks {
  @ApiProperty({ example: '/api/v1/orchestration/job/job_123/nodes/test1/logs?attempt=1' })
  logs!: string;
}

export class AttemptResponse {
  @ApiProperty({ description: 'From 1.', example: 1 })
  attempt!: number;

  @ApiProperty({
    description: 'The idempotency key handed to the outside world.',
    example: 'job_123/test1/1',
  })
  attempt_id!: string;

  @ApiProperty({ enum: ['running', 'waiting', 'completed', 'failed', 'cancelled'] })
  status!: string;

  @ApiPropertyOptional(TIME)
  started_at?: string;

  @ApiPropertyOptional(TIME)
  finished_at?: string;

  @ApiPropertyOptional({ type: ErrorResponse })
  error?: ErrorResponse;

  @ApiProperty({ type: [String], description: 'Files it left behind.', example: ['output.log'] })
  artifacts!: readonly string[];

  @ApiProperty({ type: AttemptLinks })
  links!: AttemptLinks;
}

export class NodeDetailResponse extends NodeResponse {
  @ApiProperty({ description: 'Its place in the definition, from 0.', example: 0 })
  index!: number;

  @ApiProperty({ type: [String], description: 'The nodes it depends on.', example: [] })
  needs!: readonly string[];

  @ApiProperty({ enum: TRIGGER_RULES, example: 'all_success' })
  trigger_rule!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: {} })
  config!: Readonly<Record<string, Json>>;

  @ApiPropertyOptional({ description: 'Of a child: what it is for; any JSON value.' })
  item?: Json;

  @ApiPropertyOptional({ description: 'Of a child: its place among the children.', example: 0 })
  index_of_item?: number;

  @ApiPropertyOptional({ description: 'What the node handed on; any JSON value.' })
  output?: Json;

  @ApiProperty({
    type: [AttemptResponse],
    description: 'Oldest first; of a node that is repeated those of its last round.',
  })
  attempts!: readonly AttemptResponse[];
}

export class NodeListResponse {
  @ApiProperty({ type: [NodeResponse], description: 'In definition order.' })
  nodes!: readonly NodeResponse[];

  @ApiProperty({ description: 'Nodes of the job, or those in the status asked for.', example: 2 })
  total!: number;

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;
}

export class HeldByResponse {
  @ApiProperty({ enum: ['breaker'] })
  kind!: string;

  @ApiProperty({ example: 'https://staging.example.com' })
  upstream!: string;
}

export class EventResponse {
  @ApiProperty({ description: 'Events of one version were committed together.', example: 1 })
  version!: number;

  @ApiProperty(TIME)
  at!: string;

  @ApiProperty({ example: 'node_completed' })
  type!: string;

  @ApiPropertyOptional({ example: 'test1' })
  node?: string;

  @ApiPropertyOptional({ example: 1 })
  attempt?: number;

  @ApiPropertyOptional({ description: 'Who asked for it.', example: 'anna' })
  by?: string;

  @ApiPropertyOptional({ description: 'Why.' })
  reason?: string;

  @ApiPropertyOptional({ description: 'What was said about it.' })
  comment?: string;

  @ApiPropertyOptional({ description: 'What a signal brought; any JSON value.' })
  payload?: Json;

  @ApiPropertyOptional({ enum: AWAITED, description: 'What the node waits for.' })
  awaits?: string;

  @ApiPropertyOptional({ enum: ['fail', 'complete'], description: 'What becomes of it then.' })
  on_expiry?: string;

  @ApiPropertyOptional({ description: 'The job that runs the node.' })
  child?: string;

  @ApiPropertyOptional({
    description: 'What keeps an attempt from beginning.',
    type: () => HeldByResponse,
  })
  held_by?: HeldByResponse;

  @ApiPropertyOptional({ description: 'How the compensation came out.' })
  compensation?: string;

  @ApiPropertyOptional({ description: 'How the job ended.', example: 'completed' })
  status?: string;

  @ApiPropertyOptional({ description: 'How many nodes the job has.', example: 2 })
  nodes?: number;

  @ApiPropertyOptional({ ...TIME, description: 'The deadline that passed.' })
  deadline?: string;

  @ApiPropertyOptional({ description: 'The number of the round to come.', example: 2 })
  iteration?: number;

  @ApiPropertyOptional({ description: 'The priority from then on.', example: 5 })
  priority?: number;

  @ApiPropertyOptional({ type: ErrorResponse })
  error?: ErrorResponse;

  @ApiPropertyOptional({ description: 'What the node handed on; any JSON value.' })
  output?: Json;

  @ApiPropertyOptional({
    type: CachedFromResponse,
    description: 'The node whose result it took over.',
  })
  cached?: CachedFromResponse;

  @ApiPropertyOptional(TIME)
  until?: string;

  @ApiPropertyOptional({ description: 'Seconds until the next attempt.', example: 2 })
  delay?: number;
}

export class EventListResponse {
  @ApiProperty({ type: [EventResponse], description: 'Oldest first.' })
  events!: readonly EventResponse[];

  @ApiPropertyOptional({
    description: 'Give it as `after` for the events that follow; absent at the end.',
    example: 4,
  })
  next_after?: number;
}

export class ValidationResponse {
  @ApiProperty({ example: true })
  valid!: boolean;

  @ApiProperty({ example: 2 })
  node_count!: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { type: 'string' } },
    description: 'Nodes that may run side by side, level by level.',
    example: [['build'], ['test1', 'test2']],
  })
  levels!: readonly (readonly string[])[];

  @ApiProperty({
    type: [String],
    description: 'Each after all it needs.',
    example: ['build', 'test1', 'test2'],
  })
  order!: readonly string[];

  @ApiProperty({ type: CriticalPathResponse })
  critical_path!: CriticalPathResponse;

  @ApiProperty({
    type: PredictionResponse,
    description: 'How long the job would take, from what earlier jobs of this name took.',
  })
  prediction!: PredictionResponse;

  @ApiProperty({ type: [String], example: [] })
  warnings!: readonly string[];
}
