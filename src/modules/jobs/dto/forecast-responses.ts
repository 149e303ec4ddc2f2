import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The chain of nodes that a job cannot be faster than. */
export class CriticalPathResponse {
  @ApiProperty({
    type: [String],
    description: 'From the first node on, at most 100 of them.',
    example: ['build', 'e2e'],
  })
  nodes!: readonly string[];

  @ApiProperty({ description: 'How many nodes it has.', example: 2 })
  length!: number;

  @ApiPropertyOptional({
    description:
      'What it takes: what nodes took that have ended, and what the others are expected to. Absent while nothing is known; the path is then that of the most nodes.',
    example: 312.5,
  })
  seconds?: number;
}

/** How many nodes a prediction knows what of. */
export class PredictionNodesResponse {
  @ApiProperty({ description: 'Known by earlier runs of the very node.', example: 5 })
  by_node!: number;

  @ApiProperty({ description: 'Known by nodes of their type only.', example: 1 })
  by_type!: number;

  @ApiProperty({ description: 'Not known: taken for the average of the others.', example: 0 })
  unknown!: number;
}

/** When a job will end. */
export class PredictionResponse {
  @ApiProperty({
    enum: ['none', 'some', 'all'],
    description:
      'Of how many nodes there is a history. `none`: nothing is predicted. Jobs that were made from one template share a history, and else jobs of one name.',
    example: 'all',
  })
  basis!: string;

  @ApiProperty({ type: PredictionNodesResponse })
  nodes!: PredictionNodesResponse;

  @ApiPropertyOptional({
    description:
      'How long it will take: from now for a job that runs, from its start for one that does not. If nothing fails for good, every condition holds, and no other job takes the slots.',
    example: 340.2,
  })
  seconds?: number;

  @ApiPropertyOptional({ description: 'One time in ten it takes less.', example: 301 })
  low?: number;

  @ApiPropertyOptional({ description: 'One time in ten it takes more.', example: 402.7 })
  high?: number;

  @ApiPropertyOptional({
    format: 'date-time',
    example: '2026-11-21T14:10:32.000Z',
    description: 'Now and `seconds`, for a job that runs.',
  })
  finish_at?: string;
}
