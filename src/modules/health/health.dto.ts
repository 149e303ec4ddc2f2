import { ApiProperty } from '@nestjs/swagger';

const details = {
  type: 'object' as const,
  additionalProperties: { type: 'object' as const, additionalProperties: true },
};

export class HealthResponse {
  @ApiProperty({ enum: ['ok', 'error', 'shutting_down'], example: 'ok' })
  status!: string;

  @ApiProperty({ ...details, description: 'What is up.', example: { store: { status: 'up' } } })
  info!: object;

  @ApiProperty({ ...details, description: 'What is down.', example: {} })
  error!: object;

  @ApiProperty({ ...details, description: 'Both.', example: { store: { status: 'up' } } })
  details!: object;
}
