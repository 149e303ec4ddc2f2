// Starts a MongoDB for the tests and says `{"url", "server"}` or `{"missing"}` on its first line. What
// it started ends when its standard input does.
import { startCompatibleMongo, whyNot } from './compatible-mongo.mjs';

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function start() {
  const binary = process.env.MONGOMS_SYSTEM_BINARY;
  if (binary || process.env.MONGOMS_ALLOW_DOWNLOAD === '1') {
    const { MongoMemoryServer } = await import('mongodb-memory-server-core');
    const server = await MongoMemoryServer.create({
      instance: { ip: '127.0.0.1', storageEngine: 'wiredTiger' },
      ...(binary ? { binary: { systemBinary: binary } } : {}),
    });
    say({ url: server.getUri(), server: binary ?? 'a downloaded mongod' });
    return () => server.stop();
  }
  const missing = whyNot();
  if (missing !== undefined) {
    say({ missing });
    process.exit(0);
  }
  const { process: java, port } = await startCompatibleMongo();
  say({ url: `mongodb://127.0.0.1:${port}/`, server: 'mongo-java-server' });
  return () => java.stdin.end();
}

let stop = () => {};
process.stdin.resume();
process.stdin.once('end', async () => {
  await stop();
  process.exit(0);
});
try {
  stop = await start();
} catch (error) {
  say({ missing: error.message });
  process.exit(0);
}
