// Starts and stops the servers that the tests of other stores want: `services.mjs start | stop | url`.
// For now that is a MongoDB-compatible server on loopback. Starting twice is the same as once.
import { createConnection } from 'node:net';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCompatibleMongo, whyNot } from '../test/support/mongo/compatible-mongo.mjs';

const folder = path.resolve(import.meta.dirname, '../data/services');
const note = path.join(folder, 'mongo.json');
const PORT = Number(process.env.SERVICES_MONGO_PORT ?? 27_918);

function noted() {
  try {
    return JSON.parse(readFileSync(note, 'utf8'));
  } catch {
    return undefined;
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 1000 });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

async function start() {
  const before = noted();
  if (before !== undefined && (await answers(before.port))) return before;
  const missing = whyNot();
  if (missing !== undefined) {
    console.error(`MongoDB-compatible server: not started, ${missing}.`);
    process.exit(1);
  }
  const { process: java, port } = await startCompatibleMongo({ port: PORT, detached: true });
  const service = { pid: java.pid, port, url: `mongodb://127.0.0.1:${port}/` };
  mkdirSync(folder, { recursive: true });
  writeFileSync(note, `${JSON.stringify(service)}\n`);
  return service;
}

async function stop() {
  const service = noted();
  // A process id may have been given to another since; a port that is silent says so.
  if (service !== undefined && (await answers(service.port))) process.kill(service.pid);
  rmSync(note, { force: true });
}

const command = process.argv[2] ?? 'start';
if (command === 'start') console.log(`MongoDB-compatible server: ${(await start()).url}`);
else if (command === 'stop') await stop();
else if (command === 'url') console.log(noted()?.url ?? '');
else {
  console.error('Use: node scripts/services.mjs start | stop | url');
  process.exit(1);
}
