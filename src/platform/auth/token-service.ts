import { randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { RequestProblem } from '../errors/problem.js';
import type { Principal } from './principal.js';

export interface TokenOptions {
  readonly secret: string;
  /** The tenant of tokens that name none. */
  readonly defaultTenant: string;
  /** Seconds. */
  readonly accessTtl: number;
  /** Seconds. */
  readonly refreshTtl: number;
}

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds for which the access token is good. */
  readonly expiresIn: number;
}

export interface RefreshGrant {
  readonly principal: Principal;
  readonly tokenId: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

type Use = 'access' | 'refresh';

const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const ROLE = /^[\w:.-]{1,64}$/;
/** Printable, and short enough for an index key. */
const SUBJECT = /^[\x20-\x7e\u00a0-\uffff]{1,255}$/;
const MAX_ROLES = 100;
const MAX_TOKEN_LENGTH = 8192;

/** Signs and checks tokens: HS256 and nothing else, with an expiry, for one use each. */
export class TokenService {
  private readonly jwt: JwtService;

  constructor(private readonly options: TokenOptions) {
    this.jwt = new JwtService({
      secret: options.secret,
      signOptions: { algorithm: 'HS256' },
      verifyOptions: { algorithms: ['HS256'], clockTolerance: 0 },
    });
  }

  /** Rejects with `invalid_token` or `expired_token`. */
  async verifyAccess(token: string): Promise<Principal> {
    return this.principal(await this.verify(token, 'access'));
  }

  /** Checks a refresh token; whether it was used before is for its ledger to say. */
  async verifyRefresh(token: string): Promise<RefreshGrant> {
    const claims = await this.verify(token, 'refresh');
    if (typeof claims.jti !== 'string' || !/^[\w-]{1,64}$/.test(claims.jti)) {
      throw invalid('The refresh token has no id.');
    }
    return {
      principal: this.principal(claims),
      tokenId: claims.jti,
      expiresAt: Number(claims.exp) * 1000,
    };
  }

  /** A new pair; `accessTtl` in seconds overrides the configured one. */
  async issue(principal: Principal, accessTtl = this.options.accessTtl): Promise<TokenPair> {
    const [accessToken, refreshToken] = await Promise.all([
      this.sign(principal, 'access', accessTtl),
      this.sign(principal, 'refresh', this.options.refreshTtl),
    ]);
    return { accessToken, refreshToken, expiresIn: accessTtl };
  }

  private sign(principal: Principal, use: Use, ttl: number): Promise<string> {
    return this.jwt.signAsync(
      { sub: principal.user, tenant: principal.tenantId, roles: principal.roles, use },
      { expiresIn: ttl, jwtid: randomUUID() },
    );
  }

  private async verify(token: string, use: Use): Promise<Record<string, unknown>> {
    if (token.length > MAX_TOKEN_LENGTH) throw invalid('The token is too long.');
    const claims = await this.jwt
      .verifyAsync<Record<string, unknown>>(token)
      .catch((error: unknown) => {
        throw refusal(error);
      });
    if (typeof claims.exp !== 'number') throw invalid('The token has no expiry (exp).');
    if ((claims.use ?? 'access') !== use) {
      throw invalid(
        use === 'access'
          ? 'A refresh token opens nothing by itself; trade it at /api/v1/auth/refresh.'
          : 'This is not a refresh token.',
      );
    }
    return claims;
  }

  private principal(claims: Record<string, unknown>): Principal {
    const { sub, tenant = this.options.defaultTenant, roles = [] } = claims;
    if (typeof sub !== 'string' || !SUBJECT.test(sub)) {
      throw invalid('The token must name its user (sub), in 1 to 255 printable characters.');
    }
    if (typeof tenant !== 'string' || !TENANT.test(tenant)) {
      throw invalid('The tenant of the token is not a name of a-z, 0-9, - and _.');
    }
    if (!Array.isArray(roles) || roles.length > MAX_ROLES || !roles.every(isRole)) {
      throw invalid('The roles of the token are not a list of names.');
    }
    return { user: sub, tenantId: tenant, roles };
  }
}

function isRole(value: unknown): value is string {
  return typeof value === 'string' && ROLE.test(value);
}

function refusal(error: unknown): RequestProblem {
  const name = (error as { readonly name?: unknown }).name;
  if (name === 'TokenExpiredError') {
    return new RequestProblem(
      'expired_token',
      'The token has expired. Trade a refresh token at /api/v1/auth/refresh, or get a new one.',
    );
  }
  if (name === 'NotBeforeError') return invalid('The token is not valid yet (nbf).');
  return invalid('The token is not one that this service signed with HS256.');
}

function invalid(reason: string): RequestProblem {
  return new RequestProblem('invalid_token', `${reason} Get a new token.`);
}
