import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { waitUntil } from '../wait-until.js';
import type { MongoServer, NoMongoServer } from './mongo-server.js';

/** A mongod of the test's own, which keeps its data on disk and can be killed. */
export interface DurableMongo extends MongoServer {
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

const START_LIMIT_MS = 30_000;

/** The mongod that there is: MONGOMS_SYSTEM_BINARY, or a download with MONGOMS_ALLOW_DOWNLOAD=1. */
export async function findMongod(): Promise<{ readonly binary: string } | NoMongoServer> {
  const { MONGOMS_SYSTEM_BINARY: binary = '', MONGOMS_ALLOW_DOWNLOAD } = process.env;
  if (binary !== '') return { binary };
  if (MONGOMS_ALLOW_DOWNLOAD !== '1') {
    return { missing: 'there is no mongod; name one in MONGOMS_SYSTEM_BINARY' };
  }
  const { MongoBinary } = await import('mongodb-memory-server-core');
  return { binary: await MongoBinary.getPath() };
}

/** Starts a mongod with its data in a folder. */
export async function startDurableMongo(binary: string, folder: string): Promise<DurableMongo> {
  const port = await freePort();
  const data = path.join(folder, 'mongod');
  mkdirSync(data, { recursive: true });
  let child: ChildProcess | undefined;
  const restart = async (): Promise<void> => {
    const args = ['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1'];
    child = spawn(binary, args, { stdio: 'ignore' });
    await waitUntil(() => answers(port), START_LIMIT_MS, 20);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await restart();
  return {
    name: binary,
    host: '127.0.0.1',
    port,
    freshDatabase: () => `mongodb://127.0.0.1:${port}/baton_test_${randomUUID().slice(0, 8)}`,
    stop: kill,
    kill,
    restart,
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
