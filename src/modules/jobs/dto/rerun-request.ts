import { ApiPropertyOptional } from '@nestjs/swagger';

export class RerunRequest {
  @ApiPropertyOptional({
    type: [String],
    description:
      'Nodes that run again, with all that follows from them; whatever else had succeeded is kept. Left out: everything runs again.',
    example: ['test1'],
  })
  from?: readonly string[];
}
