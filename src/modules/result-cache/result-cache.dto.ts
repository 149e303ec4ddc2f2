import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

export class ClearResultCacheQuery {
  @ApiPropertyOptional({
    description: 'Only results of nodes whose `cache.key` came to this.',
    example: 'commit 4f2a9c1',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(4096)
  key?: string;
}

export class ClearResultCacheResponse {
  @ApiProperty({ description: 'How many results were deleted.', example: 3 })
  deleted!: number;
}
