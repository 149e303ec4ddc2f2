// Builds and starts the MongoDB-compatible server under test: Java 17 and Maven are all it needs.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const cache = path.resolve(here, '../../../node_modules/.cache/baton');
const built = path.join(cache, 'compatible-mongo');
const sources = ['pom.xml', 'CompatibleMongo.java'].map((name) => path.join(here, name));

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Why the server cannot be built here; undefined when it can. */
export function whyNot() {
  if (!runs('java', '-version')) return 'there is no Java (17 or later) on the PATH';
  if (!isBuilt() && !runs('mvn', '-version')) return 'there is no Maven (mvn) on the PATH';
  return undefined;
}

function isBuilt() {
  if (!existsSync(built)) return false;
  const builtAt = statSync(built).mtimeMs;
  return sources.every((source) => statSync(source).mtimeMs <= builtAt);
}

/** Fetches the server from Maven Central and compiles its main class; only once. */
function build() {
  if (isBuilt()) return;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(path.join(cache, 'compatible-mongo-'));
  const lib = path.join(draft, 'lib');
  const run = (command, ...args) => {
    const done = spawnSync(command, args, { encoding: 'utf8' });
    if (done.status === 0) return;
    rmSync(draft, { recursive: true, force: true });
    throw new Error(
      `${command} failed; check that Maven Central is reachable and try again.\n` +
        `${done.stdout ?? ''}${done.stderr ?? ''}`,
    );
  };
  run(
    'mvn',
    '-q',
    '-B',
    '-f',
    sources[0],
    `-DoutputDirectory=${lib}`,
    'dependency:copy-dependencies',
  );
  const classpath = path.join(lib, '*');
  const compiler = 'org.eclipse.jdt.internal.compiler.batch.Main';
  run('java', '-cp', classpath, compiler, '-17', '-cp', jars(lib), '-d', draft, sources[1]);
  rmSync(built, { recursive: true, force: true });
  try {
    renameSync(draft, built);
  } catch (error) {
    // Another process built it in the meantime.
    rmSync(draft, { recursive: true, force: true });
    if (!isBuilt()) throw error;
  }
}

function jars(lib) {
  return readdirSync(lib)
    .map((name) => path.join(lib, name))
    .join(path.delimiter);
}

/**
 * Starts the server; resolves with its process and port. `detached` lets it outlive this process,
 * else it ends when this process does.
 */
export async function startCompatibleMongo({ port = 0, detached = false } = {}) {
  build();
  const classpath = [built, path.join(built, 'lib', '*')].join(path.delimiter);
  const java = spawn(
    'java',
    ['-Xmx2g', '-cp', classpath, 'CompatibleMongo', String(port), detached ? 'detached' : 'tied'],
    { detached, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const bound = await new Promise((resolve, reject) => {
    let said = '';
    java.stdout.on('data', (bytes) => {
      said += bytes;
      const match = /listening on (\d+)/.exec(said);
      if (match) resolve(Number(match[1]));
    });
    java.once('error', reject);
    java.once('exit', (code) =>
      reject(new Error(`the server ended at once (exit code ${code}); is port ${port} in use?`)),
    );
  });
  java.stdout.destroy();
  if (detached) {
    java.stdin.destroy();
    java.unref();
  }
  return { process: java, port: bound };
}
