import { ApiPropertyOptional } from '@nestjs/swagger';
import type { Json } from '../../../core/json.js';

export class JudgeNodeRequest {
  @ApiPropertyOptional({
    description: 'Why; kept with the job.',
    maxLength: 2000,
    example: 'Looks good on staging.',
  })
  comment?: string;
}

export class SignalNodeRequest {
  @ApiPropertyOptional({
    description: "Any JSON value up to 64 KiB; it becomes part of the node's output.",
    example: { build: '1.2.3' },
  })
  payload?: Json;
}
