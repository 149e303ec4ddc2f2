import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builtService } from './build.js';
import { findMongo } from './mongo/mongo-server.js';

export const SECRET = 'e2e-Zk4vQ8r1-Xw7Lm3Ty9-Pb6Nd2Hs5-Gc0Jf';
const START_LIMIT_MS = 20_000;

/** A service in a process of its own, on an empty folder of its own. */
export interface Service {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Its DATABASE_URL, where it has one. */
  readonly database?: string;
  /** All that it has printed so far. */
  output(): string;
  /** Asks it to end; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends it and removes its folder. */
  dispose(): Promise<void>;
  /** Starts it again on the same folder, after it has ended. */
  restart(): Promise<Service>;
}

/**
 * Starts a service on the embedded store; on a MongoDB, with a database to a folder, when
 * BATON_TEST_STORE=mongodb, so that one suite tests both.
 */
export async function startService(
  settings: Readonly<Record<string, string>> = {},
  dataDir = mkdtempSync(path.join(tmpdir(), 'baton-e2e-')),
): Promise<Service> {
  const database = process.env['BATON_TEST_STORE'] === 'mongodb' ? await databaseOf(dataDir) : '';
  const child = spawn(process.execPath, [path.join(builtService(), 'main.js')], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: dataDir,
      JWT_SECRET_KEY: SECRET,
      SUBMIT_PER_MINUTE: '1000000',
      SHUTDOWN_GRACE: '5',
      KILL_GRACE: '1',
      DATABASE_URL: database,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const url = await readyUrl(child, () => output);
  const ended = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  return {
    url,
    dataDir,
    pid: child.pid ?? 0,
    database: settings['DATABASE_URL'] ?? database,
    output: () => output,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended();
    },
    async dispose() {
      child.kill('SIGKILL');
      await ended();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
    restart: () => startService(settings, dataDir),
  };
}

let mongo: ReturnType<typeof findMongo> | undefined;

async function databaseOf(dataDir: string): Promise<string> {
  const found = await (mongo ??= findMongo());
  if ('missing' in found) throw new Error(`There is no MongoDB: ${found.missing}.`);
  const url = new URL(found.freshDatabase());
  url.pathname = path.basename(dataDir).replace(/\W/g, '_');
  return url.href;
}

/** Resolves with the address that the service says it is ready at. */
function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new Error(`The service ${why}. It printed:\n${output()}`));
    };
    const limit = setTimeout(() => fail('did not become ready in time'), START_LIMIT_MS);
    const exited = (code: number | null): void => {
      clearTimeout(limit);
      fail(`ended with ${String(code)} before it was ready`);
    };
    const read = (): void => {
      const [, url] = /Baton is ready at (http:[^"]+)"/.exec(output()) ?? [];
      if (url === undefined) return;
      clearTimeout(limit);
      child.off('exit', exited);
      child.stdout?.off('data', read);
      resolve(url);
    };
    child.once('exit', exited);
    child.stdout?.on('data', read);
  });
}

/** A token with these claims over sensible ones; `undefined` takes a claim out. */
export function token(
  claims: Readonly<Record<string, unknown>> = {},
  { secret = SECRET, alg = 'HS256' } = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode({
    sub: 'anna',
    tenant: 'acme',
    roles: [],
    iat: now,
    exp: now + 600,
    ...claims,
  })}`;
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[alg];
  const signature =
    hash === undefined ? '' : createHmac(hash, secret).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}
