import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { waitUntil } from './wait-until.js';

/** Tests and benches run from the root of the repository. */
const BUILD = path.join(process.cwd(), 'dist');
const HEALTH_LIMIT_MS = 1_000;

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** What an instance says of its engine. */
export interface EngineFigures {
  readonly running_jobs: number;
  readonly queued_jobs: number;
  readonly running_nodes: number;
}

export interface ServiceProcessOptions {
  /** The folder of the build; `dist` when left out. */
  readonly build?: string;
  /** The token of the user that calls; one is minted when left out. */
  readonly token?: string;
}

export interface Launch {
  /** Another entry point than the build's `main.js`, with a channel to the test. */
  readonly main?: string;
  /** Settings of this life alone. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The built service as a real process, to be killed and started again on the same data. */
export class ServiceProcess {
  readonly #dataDir: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #logFile: string;
  readonly #build: string;
  #child: ChildProcess | undefined;
  #port = 0;
  #token: string;

  constructor(
    dataDir: string,
    settings: Readonly<Record<string, string>>,
    { build = BUILD, token = '' }: ServiceProcessOptions = {},
  ) {
    this.#dataDir = dataDir;
    this.#settings = settings;
    this.#build = build;
    this.#token = token;
    mkdirSync(dataDir, { recursive: true });
    this.#logFile = path.join(dataDir, 'service.log');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get alive(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** The other end of descriptor 3 of a process that was launched by another entry point. */
  get channel(): Duplex {
    return this.#child?.stdio[3] as Duplex;
  }

  async start(): Promise<void> {
    await this.launch();
    await this.ready();
  }

  /** Starts the process, and does not wait for what comes of it. */
  async launch({ main, settings = {} }: Launch = {}): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const log = openSync(this.#logFile, 'a');
    this.#child = spawn(process.execPath, [main ?? path.join(this.#build, 'main.js')], {
      env: { ...this.#env(), ...settings },
      stdio: ['ignore', log, log, main === undefined ? 'ignore' : 'pipe'],
    });
    closeSync(log);
  }

  /** Resolves when it takes calls; rejects when it has ended instead. */
  async ready(): Promise<void> {
    await waitUntil(
      async () => {
        if (!this.alive) throw new Error(`the service ended:\n${this.log.slice(-4_000)}`);
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
    if (child === undefined || !this.alive) return;
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
    return { status: answer.status, body: (await answer.json()) as T, headers: answer.headers };
  }

  /** What it says of its engine now; `undefined` when it says nothing within a second. */
  async engine(): Promise<EngineFigures | undefined> {
    try {
      const signal = AbortSignal.timeout(HEALTH_LIMIT_MS);
      const answer = await fetch(`${this.url}/health`, { signal });
      return ((await answer.json()) as { details: { engine: EngineFigures } }).details.engine;
    } catch {
      return undefined;
    }
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
      path.join(this.#build, 'cli/baton.js'),
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
