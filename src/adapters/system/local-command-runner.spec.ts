import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  attempt,
  commandRunnerContract,
  script,
} from '../../../test/contract/command-runner.contract.js';
import { isAlive, pidsIn } from '../../../test/support/processes.js';
import { waitUntil } from '../../../test/support/wait-until.js';
import type { Logger } from '../../ports/logger.js';
import { FileArtifactStore } from './file-artifact-store.js';
import { LocalCommandRunner, type LocalCommandRunnerOptions } from './local-command-runner.js';
import { PosixProcessTrees } from './posix-process-trees.js';
import { ProcProcessTable } from './proc-process-table.js';
import { PsProcessTable } from './ps-process-table.js';

const problems: string[] = [];
const note = (fields: object, message: string) =>
  problems.push(`${message} ${JSON.stringify(fields)}`);
const logger: Logger = { debug: note, info: note, warn: note, error: note };
const never = new AbortController().signal;

let root: string;
let artifacts: FileArtifactStore;
const started: number[] = [];

async function setUp(options: Partial<LocalCommandRunnerOptions> = {}) {
  root = await mkdtemp(path.join(os.tmpdir(), 'baton-runner-'));
  problems.length = 0;
  artifacts = new FileArtifactStore(path.join(root, 'artifacts'), logger);
  return { runner: open(options), artifacts };
}

function open(options: Partial<LocalCommandRunnerOptions> = {}): LocalCommandRunner {
  return new LocalCommandRunner({
    workRoot: path.join(root, 'work'),
    artifacts,
    logger,
    graceMs: 300,
    logCapBytes: 64 * 1024,
    outputCapBytes: 32 * 1024,
    ...options,
  });
}

async function tearDown(): Promise<void> {
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
  expect(problems).toEqual([]);
}

async function log(): Promise<string> {
  const slice = await artifacts.read({ ...attempt, name: 'output.log' }, 0, 1_000_000);
  return Buffer.from(slice?.bytes ?? []).toString();
}

commandRunnerContract({ name: 'local processes', create: () => setUp(), destroy: tearDown });

if (process.platform !== 'win32') {
  const table = new PsProcessTable();
  const system = {
    platform: process.platform,
    table,
    trees: new PosixProcessTrees(table),
    readsEnvironments: false,
  };
  commandRunnerContract({
    name: 'local processes, listed by ps',
    create: () => setUp({ system }),
    destroy: tearDown,
  });
}

const linux = process.platform === 'linux' ? describe : describe.skip;
linux('processes that leave their group', () => {
  beforeEach(() => setUp());
  afterEach(tearDown);

  const LIVE_ON = `process.on('SIGTERM', () => {}); console.log('pid ' + process.pid); setInterval(() => {}, 1000);`;
  /** Starts a session leader that ignores SIGTERM and goes on; `stdio` is what it keeps open. */
  const leaver = (stdio: string, environment = 'process.env') =>
    `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(LIVE_ON)}], { detached: true, stdio: ${stdio}, env: ${environment} }).unref();`;
  const toFile = `['ignore', require('fs').openSync('pids', 'a'), 'ignore']`;

  it('are ended on abort', async () => {
    const runner = open();
    const abort = new AbortController();
    const running = runner.run(attempt, script(`${leaver(`'inherit'`)} ${LIVE_ON}`), abort.signal);
    const pids = await pidsIn(log, 2);
    started.push(...pids);
    abort.abort();
    expect((await running).aborted).toBe(true);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('are ended when the command exits, and the pipes they hold do not hold the attempt', async () => {
    const outcome = await open().run(attempt, script(leaver(`'inherit'`)), never);
    expect(outcome).toMatchObject({ exitCode: 0, aborted: false });
    const processes = await new ProcProcessTable().snapshot();
    expect(processes.filter((each) => each.outputFile?.startsWith(root))).toEqual([]);
  });

  it('are ended when the command exits, also when they keep no pipe', async () => {
    const source = `${leaver(toFile)} const t = setInterval(() => { if (require('fs').readFileSync('pids', 'utf8')) clearInterval(t) }, 10)`;
    const outcome = await open().run(attempt, script(source), never);
    const pids = await pidsIn(() => readFile(path.join(outcome.cwd, 'pids'), 'utf8'), 1);
    started.push(...pids);
    expect(outcome.exitCode).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('do not hold the attempt even when they have wiped their environment', async () => {
    const source = `${leaver(`'inherit'`, '{}')} setTimeout(() => {}, 300)`;
    const before = performance.now();
    const outcome = await open().run(attempt, script(source), never);
    started.push(...[...(await log()).matchAll(/pid (\d+)/g)].map((match) => Number(match[1])));
    expect(outcome.exitCode).toBe(0);
    expect(performance.now() - before).toBeLessThan(8000);
  });

  it('leave other attempts, tenants and services alone', async () => {
    const runner = open();
    const elsewhere = open({ workRoot: path.join(root, 'elsewhere') });
    const abort = new AbortController();
    const others = [
      runner.run({ ...attempt, tenantId: 'other' }, script(LIVE_ON), abort.signal),
      runner.run(
        { ...attempt, attempt: 3, attemptId: 'job-1/suite:Login/3' },
        script(LIVE_ON),
        abort.signal,
      ),
      elsewhere.run(attempt, script(LIVE_ON), abort.signal),
    ];
    const pids = (
      await Promise.all(
        [{ tenantId: 'other' }, { attempt: 3 }, {}].map((change) =>
          pidsIn(async () => {
            const ref = { ...attempt, ...change, name: 'output.log' };
            const slice = await artifacts.read(ref, 0, 1000);
            return Buffer.from(slice?.bytes ?? []).toString();
          }, 1),
        ),
      )
    ).flat();
    started.push(...pids);
    await runner.reclaim(attempt);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    abort.abort();
    await Promise.all(others);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('a service that is killed', () => {
  beforeEach(() => setUp());
  afterEach(tearDown);

  /** The sources, compiled to where a service of its own can be started from. */
  async function compile(): Promise<string> {
    const out = path.join(root, 'service');
    const src = path.resolve(import.meta.dirname, '../..');
    for (const folder of ['adapters/system', 'core', 'ports']) {
      const names = await readdir(path.join(src, folder));
      await mkdir(path.join(out, folder), { recursive: true });
      for (const name of names.filter((n) => n.endsWith('.ts') && !n.endsWith('.spec.ts'))) {
        const { code } = transformFileSync(path.join(src, folder, name));
        await writeFile(path.join(out, folder, name.replace(/\.ts$/, '.js')), code);
      }
    }
    await writeFile(path.join(out, 'package.json'), '{"type":"module"}');
    return out;
  }

  const LIVE_ON = `process.on('SIGTERM', () => {}); console.log('pid ' + process.pid); setInterval(() => {}, 1000);`;
  const TREE = `const { spawn } = require('child_process');
    const file = ['ignore', require('fs').openSync('pids', 'a'), 'ignore'];
    for (const detached of [false, true]) spawn(process.execPath, ['-e', ${JSON.stringify(LIVE_ON)}], { detached, stdio: file });
    require('fs').writeSync(file[1], 'pid ' + process.pid + '\\n');
    process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;

  async function leaveBehind(byNotes: boolean): Promise<number[]> {
    const out = await compile();
    await writeFile(
      path.join(out, 'main.js'),
      `import { LocalCommandRunner } from './adapters/system/local-command-runner.js';
       import { FileArtifactStore } from './adapters/system/file-artifact-store.js';
       import { processSystem } from './adapters/system/process-system.js';
       const [root, byNotes, attempt, command] = process.argv.slice(2).map((each) => JSON.parse(each));
       const artifacts = new FileArtifactStore(root + '/artifacts', console);
       const system = processSystem(byNotes ? 'darwin' : process.platform);
       const runner = new LocalCommandRunner({ workRoot: root + '/work', artifacts, logger: console, system });
       await runner.run(attempt, command, new AbortController().signal);`,
    );
    const values = [root, byNotes, attempt, script(TREE)].map((value) => JSON.stringify(value));
    const service = spawn(process.execPath, [path.join(out, 'main.js'), ...values], {
      stdio: 'inherit',
    });
    const node = path.join(root, 'work', 'acme', 'job-1');
    const pids = await pidsIn(async () => {
      const [name] = await readdir(node).catch(() => []);
      const file = path.join(node, name ?? '', '2', 'workspace', 'pids');
      return existsSync(file) ? readFile(file, 'utf8') : '';
    }, 3);
    started.push(...pids);
    service.kill('SIGKILL');
    await waitUntil(() => !isAlive(service.pid ?? 0));
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    return pids;
  }

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('leaves a tree that the next one ends, to the last that left its group', async () => {
    const pids = await leaveBehind(false);
    const next = open();
    await next.reclaim({ ...attempt, attempt: 1, attemptId: 'job-1/suite:Login/1' });
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await Promise.all([next.reclaim(attempt), next.reclaim(attempt)]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await readdir(path.join(root, 'work'))).toEqual([]);
    await next.reclaim(attempt);
  });

  const posix = process.platform === 'win32' ? it.skip : it;
  posix(
    'leaves a tree that the next one finds by its notes where it cannot look inside',
    async () => {
      const pids = await leaveBehind(true);
      const table = new PsProcessTable();
      const trees = new PosixProcessTrees(table);
      const next = open({
        system: { platform: 'darwin', table, trees, readsEnvironments: false },
      });
      await next.reclaim(attempt);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await readdir(path.join(root, 'work'))).toEqual([]);
      await next.reclaim(attempt);
    },
  );
});
