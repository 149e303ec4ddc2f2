import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PROBLEMS } from './problem.js';

export class ProblemDetailDto {
  @ApiProperty({ enum: ['body', 'query', 'path', 'header'], example: 'body' })
  in!: string;

  @ApiProperty({
    description: 'RFC 6901 JSON pointer into that part.',
    example: '/dag_definition/nodes/0/id',
  })
  pointer!: string;

  @ApiProperty({ description: 'Stable, for programs.', example: 'duplicate_id' })
  code!: string;

  @ApiProperty({ description: 'For people.', example: 'Two nodes have the id "test1".' })
  message!: string;
}

/** An RFC 9457 problem document, sent as `application/problem+json`. */
export class ProblemDto {
  @ApiProperty({ example: 'urn:baton:problem:invalid_definition' })
  type!: string;

  @ApiProperty({ example: 'The job definition is not valid' })
  title!: string;

  @ApiProperty({ example: 422 })
  status!: number;

  @ApiProperty({ description: 'What is wrong and what to do next.' })
  detail!: string;

  @ApiProperty({ enum: Object.keys(PROBLEMS), description: 'Stable, for programs.' })
  code!: string;

  @ApiProperty({ example: '/api/v1/orchestration/job' })
  instance!: string;

  @ApiProperty({ example: '4bf92f3577b34da6a3ce929d0e0e4736' })
  correlation_id!: string;

  @ApiPropertyOptional({ type: [ProblemDetailDto] })
  errors?: ProblemDetailDto[];

  @ApiPropertyOptional({ description: 'True when more was wrong than `errors` lists.' })
  errors_truncated?: boolean;
}
