import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import type { JsonObject } from '../../core/json.js';
import { WholeNumber } from '../../platform/http/index.js';

export class PutTestCaseRequest {
  @ApiPropertyOptional({ example: 'Logs in with a wrong password' })
  description?: string;

  @ApiProperty({ description: 'The program; there is no shell between.', example: 'npx' })
  command!: string;

  @ApiPropertyOptional({ type: [String], example: ['playwright', 'test', 'login.spec.ts'] })
  args?: readonly string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Added to the clean environment of the command.',
    example: { BASE_URL: 'http://127.0.0.1:8080' },
  })
  env?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({ example: '/srv/tests' })
  cwd?: string;

  @ApiPropertyOptional({
    type: 'object',
    properties: { junit: { type: 'string' }, ctrf: { type: 'string' } },
    additionalProperties: false,
    description: 'Where the command writes its report: a path or a glob.',
    example: { junit: 'results.xml' },
  })
  report?: JsonObject;

  @ApiPropertyOptional({ description: 'Seconds that one attempt may take.', example: 120 })
  timeout?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { area: 'login' },
  })
  labels?: Readonly<Record<string, string>>;
}

export class TestCaseResponse extends PutTestCaseRequest {
  @ApiProperty({ example: 'test1' })
  name!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T14:10:32.000Z' })
  updated_at!: string;

  @ApiProperty({ example: 'anna' })
  updated_by!: string;
}

export class TestCaseListResponse {
  @ApiProperty({ type: [TestCaseResponse], description: 'By name.' })
  test_cases!: readonly TestCaseResponse[];

  @ApiProperty({ example: 1 })
  total!: number;

  @ApiPropertyOptional({ description: 'Give it as `cursor` for the next page.' })
  next_cursor?: string;
}

export class ListTestCasesQuery {
  @WholeNumber({ minimum: 1, maximum: 200, default: 50 })
  limit: number = 50;

  @ApiPropertyOptional({ description: 'The next_cursor of the page before.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  cursor?: string;
}
