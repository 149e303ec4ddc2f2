import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const running = new Set();

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The built service as a process of its own, on a data folder of the demo's. */
export class Service {
  #root;
  #dataDir;
  #child;
  #port;

  constructor({ root, dataDir }) {
    this.#root = root;
    this.#dataDir = dataDir;
    this.log = path.join(dataDir, 'service.log');
    mkdirSync(dataDir, { recursive: true });
  }

  static killAll() {
    for (const child of running) child.kill('SIGKILL');
  }

  get pid() {
    return this.#child.pid;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get #env() {
    return {
      ...process.env,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(this.#port),
      DATA_DIR: this.#dataDir,
      DATABASE_URL: `file:${path.join(this.#dataDir, 'baton.db')}`,
    };
  }

  async start() {
    this.#port ??= await freePort();
    const log = openSync(this.log, 'a');
    const main = path.join(this.#root, 'dist/main.js');
    this.#child = spawn(process.execPath, ['--enable-source-maps', main], {
      env: this.#env,
      stdio: ['ignore', log, log],
      detached: process.platform !== 'win32',
    });
    closeSync(log);
    const child = this.#child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    await this.#healthy();
  }

  async #healthy() {
    const end = Date.now() + 30_000;
    while (Date.now() < end && this.#child.exitCode === null) {
      const answer = await fetch(`${this.url}/health`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const log = readFileSync(this.log, 'utf8').slice(-2_000);
    throw new Error(`The service did not come up. Its log ends:\n${log}`);
  }

  /** SIGKILL to the service alone, by pid, as a crash would. */
  kill() {
    return this.#end('SIGKILL');
  }

  stop() {
    return this.#end('SIGTERM');
  }

  async #end(signal) {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await ended;
  }

  /** Lets the service outlive the demo. */
  release() {
    running.delete(this.#child);
    this.#child.unref();
  }

  token() {
    const baton = path.join(this.#root, 'dist/cli/baton.js');
    const command = [baton, 'token', '--sub', 'demo', '--ttl', '86400'];
    const done = spawnSync(process.execPath, command, { env: this.#env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`baton token failed: ${done.stderr}`);
    return done.stdout.trim();
  }
}
