import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Json } from '../../../core/json.js';

export class JudgeNodeRequest {
  @ApiPropertyOptional({
    description: 'Why; kept with the job.',
    maxLength: 2000,
    example: 'Looks good on staging.',
  })
  comment?: string;
}

export class ChangePriorityRequest {
  @ApiProperty({
    oneOf: [
      { type: 'integer', minimum: 1, maximum: 5 },
      { type: 'string', enum: ['low', 'medium', 'high'] },
    ],
    description: 'From 1 (low) to 5 (high); low is 1, medium is 3, high is 5.',
    example: 'high',
  })
  priority!: number | 'low' | 'medium' | 'high';
}

export class SignalNodeRequest {
  @ApiPropertyOptional({
    description: "Any JSON value up to 64 KiB; it becomes part of the node's output.",
    example: { build: '1.2.3' },
  })
  payload?: Json;
}
