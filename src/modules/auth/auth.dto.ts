import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

export class RefreshRequest {
  @ApiProperty({ description: 'A refresh token that has not been used yet.' })
  @IsString()
  @MinLength(1)
  @MaxLength(8192)
  refresh_token!: string;
}

export class TokenPairResponse {
  @ApiProperty({ description: 'Opens the API, in the header Authorization: Bearer <token>.' })
  access_token!: string;

  @ApiProperty({ description: 'Good for one trade at this route.' })
  refresh_token!: string;

  @ApiProperty({ example: 'Bearer' })
  token_type!: string;

  @ApiProperty({ description: 'Seconds for which the access token is good.', example: 900 })
  expires_in!: number;
}
