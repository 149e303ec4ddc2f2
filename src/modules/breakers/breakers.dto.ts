import { ApiProperty } from '@nestjs/swagger';

export class BreakerResponse {
  @ApiProperty({
    description: 'The origin of requests, or the name that nodes give.',
    example: 'https://staging.example.com',
  })
  upstream!: string;

  @ApiProperty({
    enum: ['open', 'half_open'],
    description: '`half_open`: an attempt may try, or does.',
  })
  state!: string;

  @ApiProperty({
    description: 'From when an attempt may try.',
    format: 'date-time',
    example: '2026-11-21T14:10:32.000Z',
  })
  until!: string;

  @ApiProperty({ description: 'In a row.', example: 5 })
  failures!: number;
}

export class BreakerListResponse {
  @ApiProperty({ type: [BreakerResponse], description: 'Those that are not closed.' })
  breakers!: readonly BreakerResponse[];
}
