import { Injectable } from '@nestjs/common';
import { TokenService } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { TokenLedger } from '../../ports/token-ledger.js';
import { Use } from '../dependencies.js';
import type { TokenPairResponse } from './auth.dto.js';
import type { Answer } from '../answer.js';

/** Trades refresh tokens. */
@Injectable()
export class AuthService {
  constructor(
    private readonly service: TokenService,
    @Use('tokens') private readonly ledger: TokenLedger,
    @Use('clock') private readonly clock: Clock,
  ) {}

  /** A new pair for a refresh token, once. Rejects with `invalid_token` or `expired_token`. */
  async refresh(token: string): Promise<Answer<TokenPairResponse>> {
    const grant = await this.service.verifyRefresh(token);
    const first = await this.ledger.redeem(grant.tokenId, grant.expiresAt, this.clock.now());
    if (!first) {
      throw new RequestProblem(
        'invalid_token',
        'This refresh token was used before; each works once. Use the newest one, or sign in again.',
      );
    }
    const pair = await this.service.issue(grant.principal);
    return {
      access_token: pair.accessToken,
      refresh_token: pair.refreshToken,
      token_type: 'Bearer',
      expires_in: pair.expiresIn,
    };
  }
}
