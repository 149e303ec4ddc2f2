import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { randomUUID } from 'node:crypto';

/** A MongoDB to run tests on. */
export interface MongoServer {
  /** What it is, for people. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The URL of a database that nobody has used before. */
  freshDatabase(): string;
  /** Ends the server when the tests started it. */
  stop(): Promise<void>;
}

/** Why there is none, for people. */
export interface NoMongoServer {
  readonly missing: string;
}

/** Tests and benches run from the root of the repository. */
const root = process.cwd();

/**
 * Finds a MongoDB, in this order: MONGODB_TEST_URL; a mongod that mongodb-memory-server can start
 * (MONGOMS_SYSTEM_BINARY, or MONGOMS_ALLOW_DOWNLOAD=1 to fetch one); the server that
 * `npm run services:start` started; one of the tests' own, built with Java and Maven.
 */
export async function findMongo(): Promise<MongoServer | NoMongoServer> {
  const { MONGODB_TEST_URL, MONGOMS_SYSTEM_BINARY, MONGOMS_ALLOW_DOWNLOAD } = process.env;
  if (MONGODB_TEST_URL !== undefined && MONGODB_TEST_URL !== '') {
    return server('MONGODB_TEST_URL', MONGODB_TEST_URL);
  }
  const service =
    MONGOMS_SYSTEM_BINARY === undefined && MONGOMS_ALLOW_DOWNLOAD === undefined
      ? await runningService()
      : undefined;
  return service ?? start();
}

async function runningService(): Promise<MongoServer | undefined> {
  const note = path.join(root, 'data/services/mongo.json');
  if (!existsSync(note)) return undefined;
  const { url, port } = JSON.parse(readFileSync(note, 'utf8')) as { url: string; port: number };
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
  return answers ? server('mongo-java-server', url) : undefined;
}

async function start(): Promise<MongoServer | NoMongoServer> {
  const child = spawn(process.execPath, [path.join(root, 'test/support/mongo/serve.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as { url: string; server: string } | NoMongoServer;
    if ('missing' in said) return said;
    // Whoever forgets to stop it can end all the same: it ends when its standard input does.
    for (const part of [child, child.stdin, child.stdout] as { unref?: () => void }[])
      part.unref?.();
    return server(said.server, said.url, async () => {
      child.stdin.end();
      await ended;
    });
  }
  return { missing: 'the server could not be started' };
}

function server(
  name: string,
  url: string,
  stop = (): Promise<void> => Promise.resolve(),
): MongoServer {
  const parsed = new URL(url);
  return {
    name,
    host: parsed.hostname,
    port: Number(parsed.port || 27_017),
    freshDatabase: () => {
      const fresh = new URL(url);
      fresh.pathname = `/baton_test_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
      return fresh.href;
    },
    stop,
  };
}
