import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Open } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { RefreshRequest, TokenPairResponse } from './auth.dto.js';
import { AuthService } from './auth.service.js';
import type { Answer } from '../answer.js';

@ApiTags('auth')
@Controller('api/v1/auth')
export class AuthController {
  constructor(private readonly service: AuthService) {}

  @Open()
  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'refreshTokens',
    summary: 'Trade a refresh token',
    description: 'Answers a new pair of tokens. Each refresh token works once.',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  @ApiProblems(
    'malformed_json',
    'unsupported_content_type',
    'forbidden_key',
    'invalid_token',
    'expired_token',
    'body_too_large',
    'invalid_request',
    'store_unavailable',
  )
  refresh(@Body() request: RefreshRequest): Promise<Answer<TokenPairResponse>> {
    return this.service.refresh(request.refresh_token);
  }
}
