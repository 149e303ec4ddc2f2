import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { ON_FAILURE } from '../../core/graph/definition.js';
import type { Json, JsonObject } from '../../core/json.js';
import { WholeNumber } from '../../platform/http/index.js';
import { ANY_JSON } from '../any-json.js';
import { JOB_COMPONENT } from '../jobs/index.js';

const TIME = { format: 'date-time', example: '2026-11-21T14:10:32.000Z' };
const PARAMETERS = {
  type: 'object',
  additionalProperties: true,
  description:
    'A JSON Schema of the inputs of a run, with defaults. It keeps to these keywords, and others are refused: title, description, $comment, examples, default, type, enum, const, minLength, maxLength, minimum, maximum, exclusiveMinimum, items, minItems, maxItems, properties, required, additionalProperties, propertyNames, maxProperties, anyOf, oneOf. Without it, runs take no inputs.',
  example: {
    type: 'object',
    properties: { browser: { enum: ['chrome', 'firefox'], default: 'chrome' } },
    additionalProperties: false,
  },
} as const;
const DEFINITION = {
  $ref: `#/components/schemas/${JOB_COMPONENT}`,
  description: 'A job as it is submitted, without `inputs`.',
};

export class PutTemplateRequest {
  @ApiPropertyOptional({ description: 'For people.', example: 'All suites, every night' })
  description?: string;

  @ApiPropertyOptional(PARAMETERS)
  parameters?: JsonObject;

  @ApiProperty(DEFINITION)
  definition!: JsonObject;
}

export class TemplateLinks {
  @ApiProperty({ example: '/api/v1/orchestration/templates/nightly?revision=3' })
  self!: string;

  @ApiProperty({ example: '/api/v1/orchestration/templates/nightly/revisions' })
  revisions!: string;

  @ApiProperty({ example: '/api/v1/orchestration/templates/nightly/run' })
  run!: string;
}

/** A revision without what it says, as lists show it. */
export class TemplateRevisionResponse {
  @ApiProperty({ example: 'nightly' })
  name!: string;

  @ApiProperty({ description: 'From 1, without gaps.', example: 3 })
  revision!: number;

  @ApiProperty({
    description: 'SHA-256 of what it says, in hexadecimal; the order of keys does not matter.',
    example: 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2',
  })
  hash!: string;

  @ApiPropertyOptional({ example: 'All suites, every night' })
  description?: string;

  @ApiProperty({ example: 12 })
  node_count!: number;

  @ApiProperty(TIME)
  created_at!: string;

  @ApiProperty({ example: 'anna' })
  created_by!: string;

  @ApiProperty({ type: TemplateLinks })
  links!: TemplateLinks;
}

export class PutTemplateResponse extends TemplateRevisionResponse {
  @ApiProperty({ type: [String], description: 'What a run may go wrong for, as things stand.' })
  warnings!: readonly string[];
}

export class TemplateResponse extends TemplateRevisionResponse {
  @ApiProperty({ description: 'True when none of its revisions is to be run.', example: false })
  archived!: boolean;

  @ApiPropertyOptional(PARAMETERS)
  parameters?: JsonObject;

  @ApiProperty(DEFINITION)
  definition!: JsonObject;
}

export class TemplateListResponse {
  @ApiProperty({ type: [TemplateRevisionResponse], description: 'The latest of each, by name.' })
  templates!: readonly TemplateRevisionResponse[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;
}

export class RevisionListResponse {
  @ApiProperty({ type: [TemplateRevisionResponse], description: 'Newest first.' })
  revisions!: readonly TemplateRevisionResponse[];

  @ApiProperty({ example: 3 })
  total!: number;

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;
}

export class FieldChangeResponse {
  @ApiProperty({ description: 'JSON pointer.', example: '/config/args' })
  field!: string;

  @ApiProperty({ enum: ['added', 'removed', 'changed'], example: 'changed' })
  change!: string;

  @ApiPropertyOptional({
    ...ANY_JSON,
    description: 'What it was, unless longer than 4 KiB.',
    example: ['a'],
  })
  before?: Json;

  @ApiPropertyOptional({
    ...ANY_JSON,
    description: 'What it is, unless longer than 4 KiB.',
    example: ['b'],
  })
  after?: Json;
}

export class NodeMentionResponse {
  @ApiProperty({ example: 'report' })
  id!: string;

  @ApiProperty({ example: 'shell' })
  type!: string;
}

export class ChangedNodeResponse {
  @ApiProperty({ example: 'unit' })
  id!: string;

  @ApiProperty({ type: [FieldChangeResponse], description: 'Pointers lead into the node.' })
  fields!: readonly FieldChangeResponse[];
}

export class ChangedParameterResponse {
  @ApiProperty({ example: 'browser' })
  name!: string;

  @ApiProperty({ type: [FieldChangeResponse], description: 'Pointers lead into its schema.' })
  fields!: readonly FieldChangeResponse[];
}

export class NodesDiffResponse {
  @ApiProperty({ type: [NodeMentionResponse] })
  added!: readonly NodeMentionResponse[];

  @ApiProperty({ type: [NodeMentionResponse] })
  removed!: readonly NodeMentionResponse[];

  @ApiProperty({ type: [ChangedNodeResponse] })
  changed!: readonly ChangedNodeResponse[];
}

export class ParametersDiffResponse {
  @ApiProperty({ type: [String], example: ['shards'] })
  added!: readonly string[];

  @ApiProperty({ type: [String] })
  removed!: readonly string[];

  @ApiProperty({ type: [ChangedParameterResponse] })
  changed!: readonly ChangedParameterResponse[];
}

export class DiffCountsResponse {
  @ApiProperty({ example: 1 })
  nodes_added!: number;

  @ApiProperty({ example: 0 })
  nodes_removed!: number;

  @ApiProperty({ example: 1 })
  nodes_changed!: number;

  @ApiProperty({ example: 1 })
  parameters_added!: number;

  @ApiProperty({ example: 0 })
  parameters_removed!: number;

  @ApiProperty({ example: 1 })
  parameters_changed!: number;

  @ApiProperty({ example: 0 })
  settings!: number;
}

export class TemplateDiffResponse {
  @ApiProperty({ example: 'nightly' })
  name!: string;

  @ApiProperty({ example: 1 })
  from!: number;

  @ApiProperty({ example: 2 })
  to!: number;

  @ApiProperty({
    description:
      'True when nothing that matters differs: the order of nodes, and edges in place of needs, do not.',
    example: false,
  })
  same!: boolean;

  @ApiProperty({ type: NodesDiffResponse })
  nodes!: NodesDiffResponse;

  @ApiProperty({ type: ParametersDiffResponse })
  parameters!: ParametersDiffResponse;

  @ApiProperty({
    type: [FieldChangeResponse],
    description: 'What belongs to no node and no parameter; pointers lead into the template.',
  })
  settings!: readonly FieldChangeResponse[];

  @ApiProperty({ type: DiffCountsResponse, description: 'How many there are of each in all.' })
  counts!: DiffCountsResponse;

  @ApiProperty({ description: 'True when a list was cut at 1,000.', example: false })
  truncated!: boolean;
}

/** What may be said of one run; what is left out is as the template has it. */
export class RunTemplateRequest {
  @ApiPropertyOptional({ description: 'The latest when left out.', example: 3 })
  revision?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'Checked against the parameters, whose defaults are filled in.',
    example: { browser: 'firefox' },
  })
  inputs?: JsonObject;

  @ApiPropertyOptional({ example: 'Nightly on Firefox' })
  name?: string;

  @ApiPropertyOptional({ example: 'Before the release' })
  description?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: "Added to the template's.",
    example: { branch: 'main' },
  })
  labels?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({
    description: 'From 1 (low) to 5 (high), or low, medium or high.',
    oneOf: [{ type: 'integer', minimum: 1, maximum: 5 }, { enum: ['low', 'medium', 'high'] }],
    example: 'high',
  })
  priority?: number | string;

  @ApiPropertyOptional({ description: 'Nodes that may run at once.', example: 10 })
  concurrency?: number;

  @ApiPropertyOptional({ description: 'Seconds from the start of the job.', example: 3600 })
  timeout?: number;

  @ApiPropertyOptional({ enum: ON_FAILURE, example: 'finish_branches' })
  on_failure?: string;
}

const CURSOR = { description: 'The next_cursor of the page before.' };
const REVISION = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

export class ListTemplatesQuery {
  @WholeNumber({ minimum: 1, maximum: 200, default: 50 })
  limit: number = 50;

  @ApiPropertyOptional(CURSOR)
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  cursor?: string;

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'Those in the archive, or those that are not.',
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  archived: 'true' | 'false' = 'false';
}

export class ListRevisionsQuery {
  @WholeNumber({ minimum: 1, maximum: 200, default: 50 })
  limit: number = 50;

  @ApiPropertyOptional(CURSOR)
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  cursor?: string;
}

export class RevisionQuery {
  @WholeNumber({ ...REVISION, description: 'The latest when left out.', example: 3 })
  revision?: number;
}

export class DiffQuery {
  @WholeNumber({ ...REVISION, description: 'The one before `to` when left out.', example: 1 })
  from?: number;

  @WholeNumber({ ...REVISION, description: 'The latest when left out.', example: 2 })
  to?: number;
}
