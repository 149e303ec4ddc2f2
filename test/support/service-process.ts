import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { waitUntil } from './wait-until.js';

/** Tests and benches run from the root of the repository. */
const ROOT = process.cwd();

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** The built service as a real process, to be killed and started again on the same data. */
export class ServiceProcess {
  readonly #dataDir: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #port = 0;
  #token = '';

  constructor(dataDir: string, settings: Readonly<Record<string, string>>) {
    this.#dataDir = dataDir;
    this.#settings = settings;
    mkdirSync(dataDir, { recursive: true });
    this.#logFile = path.join(dataDir, 'service.log');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const log = openSync(this.#logFile, 'a');
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/main.js')], {
      env: this.#env(),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    await waitUntil(
      async () => {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the service ended:\n${this.log.slice(-4_000)}`);
        const health = await fetch(`${this.url}/health`).catch(() => undefined);
        return health?.ok === true;
      },
      30_000,
      20,
    );
    if (this.#token === '') this.#token = this.#mint();
  }

  /** SIGKILL by pid; resolves when the process is gone. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** One call of the API as a user; rejects when there is no answer. */
  async call<T>(
    method: string,
    route: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    const answer = await fetch(`${this.url}/api/v1/orchestration${route}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      NODE_OPTIONS: '',
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(this.#port),
      DATA_DIR: this.#dataDir,
      ...this.#settings,
    };
  }

  #mint(): string {
    const command = [
      path.join(ROOT, 'dist/cli/baton.js'),
      'token',
      '--sub',
      'ada',
      '--ttl',
      '86400',
    ];
    const done = spawnSync(process.execPath, command, { env: this.#env(), encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`baton token: ${done.stderr}`);
    return done.stdout.trim();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
