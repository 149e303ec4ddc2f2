import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** HS256 wants a key as long as its hash (RFC 7518, section 3.2). */
const LEAST_BYTES = 32;
const PLACEHOLDER =
  /change[-_ ]?me|replace[-_ ]?me|your[-_ ]|example|placeholder|default|secret[-_ ]?key/i;
const FILE = 'jwt-secret';

/** What is wrong with the secret in this environment; `undefined` when nothing is. */
export function checkJwtSecret(
  secret: string | undefined,
  environment: string,
): string | undefined {
  const production = environment === 'production';
  if (secret === undefined) {
    return production
      ? 'JWT_SECRET_KEY is missing; with NODE_ENV=production it must be given. Make one with: openssl rand -base64 48'
      : undefined;
  }
  if (Buffer.byteLength(secret) < LEAST_BYTES) {
    return `JWT_SECRET_KEY is shorter than ${LEAST_BYTES} bytes. Make one with: openssl rand -base64 48`;
  }
  if (production && (PLACEHOLDER.test(secret) || new Set(secret).size < 10)) {
    return 'JWT_SECRET_KEY looks like a placeholder; with NODE_ENV=production it must be random. Make one with: openssl rand -base64 48';
  }
  return undefined;
}

/**
 * The secret that signs tokens: the configured one, or else the one kept in the data folder, which
 * is made on first use and readable by its owner alone.
 */
export function jwtSecret(config: {
  readonly jwtSecret: string | undefined;
  readonly dataDir: string;
}): string {
  if (config.jwtSecret !== undefined) return config.jwtSecret;
  const file = path.join(config.dataDir, FILE);
  const kept = readKept(file);
  if (kept !== undefined) return kept;

  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears whole or not at all, and never over another process's secret.
    linkSync(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  const made = readKept(file);
  if (made === undefined) throw new Error(`${file} holds no secret. Delete it and start again.`);
  return made;
}

function readKept(file: string): string | undefined {
  try {
    const kept = readFileSync(file, 'utf8').trim();
    return kept === '' ? undefined : kept;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown }).code === code;
}
