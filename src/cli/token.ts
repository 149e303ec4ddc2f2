import { TokenService } from '../platform/auth/index.js';
import { jwtSecret, readConfig } from '../platform/config/index.js';

export interface TokenCommand {
  readonly sub: string;
  readonly tenant?: string;
  readonly roles: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
  readonly refresh?: boolean;
  readonly json?: boolean;
}

/**
 * A token that the service of this environment takes: one line, or a pair as JSON. With
 * NODE_ENV=production it needs JWT_SECRET_KEY; elsewhere it shares the secret in DATA_DIR.
 */
export async function mintToken(
  command: TokenCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const config = readConfig(environment);
  const tokens = new TokenService({
    secret: jwtSecret(config),
    defaultTenant: config.tenantId,
    accessTtl: config.accessTokenTtl,
    refreshTtl: config.refreshTokenTtl,
  });
  const principal = {
    user: command.sub,
    tenantId: command.tenant ?? config.tenantId,
    roles: command.roles,
  };
  const pair = await tokens.issue(principal, command.ttl);
  // What the service would refuse is not worth printing; this says why.
  await tokens.verifyAccess(pair.accessToken);
  if (command.json === true) {
    return JSON.stringify({
      access_token: pair.accessToken,
      refresh_token: pair.refreshToken,
      token_type: 'Bearer',
      expires_in: pair.expiresIn,
    });
  }
  return command.refresh === true ? pair.refreshToken : pair.accessToken;
}
