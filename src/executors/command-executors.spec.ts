import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { attemptContext } from '../../test/support/attempt-context.js';
import { silentLogger } from '../../test/support/engine-fixture.js';
import { waitUntil } from '../../test/support/wait-until.js';
import { FileArtifactStore } from '../adapters/system/file-artifact-store.js';
import { LocalCommandRunner } from '../adapters/system/local-command-runner.js';
import { checkShape } from '../core/graph/check-shape.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { JsonObject } from '../core/json.js';
import type { Command, CommandRunner } from '../ports/command-runner.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { createProcessExecutor } from './process.js';
import { createShellExecutor } from './shell.js';

let root: string;
let runner: CommandRunner;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'baton-commands-'));
  runner = new LocalCommandRunner({
    workRoot: path.join(root, 'work'),
    artifacts: new FileArtifactStore(path.join(root, 'artifacts'), silentLogger),
    logger: silentLogger,
    graceMs: 200,
  });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const node = (source: string, more: JsonObject = {}): JsonObject => ({
  command: process.execPath,
  args: ['-e', source],
  ...more,
});

async function execute(
  create: (runner: CommandRunner) => NodeExecutor,
  config: JsonObject,
  signal = new AbortController().signal,
): Promise<AttemptResult> {
  const executor = create(runner);
  expect(checkShape(executor.configShape, config).problems).toEqual([]);
  const result = await executor.execute(attemptContext(config, { signal }));
  expect(await readdir(path.join(root, 'work'))).toEqual([]);
  return result;
}

describe('process', () => {
  it('completes with what the command wrote to BATON_OUTPUT', async () => {
    const source = `require('fs').writeFileSync(process.env.BATON_OUTPUT, JSON.stringify([process.env.X, require('fs').readFileSync(0, 'utf8')]))`;
    expect(
      await execute(createProcessExecutor, node(source, { env: { X: 'y' }, stdin: 'grün' })),
    ).toEqual({ status: 'completed', output: ['y', 'grün'] });
  });

  it('completes without output', async () => {
    expect(await execute(createProcessExecutor, node(''))).toEqual({ status: 'completed' });
  });

  it('fails by exit code, with the end of what was printed', async () => {
    const result = await execute(
      createProcessExecutor,
      node(`console.error('no database'); process.exitCode = 7`),
    );
    expect(result).toMatchObject({
      status: 'failed',
      error: { class: 'exit_code', code: 'process_exit', details: { exit_code: 7 } },
    });
    expect(result).toHaveProperty('error.message', expect.stringMatching(/code 7.*no database/s));
  });

  it('takes the exit codes that mean success', async () => {
    const config = node(`process.exitCode = 3`, { success_exit_codes: [3, 4] });
    expect(await execute(createProcessExecutor, config)).toEqual({ status: 'completed' });
    expect(
      await execute(createProcessExecutor, node('', { success_exit_codes: [3] })),
    ).toMatchObject({ status: 'failed', error: { class: 'exit_code', details: { exit_code: 0 } } });
  });

  it('fails for good when the command is not there', async () => {
    expect(await execute(createProcessExecutor, { command: 'no-such-command' })).toMatchObject({
      status: 'failed',
      error: {
        class: 'non_retryable',
        code: 'process_not_started',
        message: expect.stringMatching(/not found\. Install/),
      },
    });
  });

  it('fails for good when BATON_OUTPUT is no JSON', async () => {
    const source = `require('fs').writeFileSync(process.env.BATON_OUTPUT, 'ok')`;
    expect(await execute(createProcessExecutor, node(source))).toMatchObject({
      status: 'failed',
      error: {
        class: 'non_retryable',
        code: 'invalid_output',
        message: expect.stringMatching(/BATON_OUTPUT is not JSON/),
      },
    });
  });

  const posix = process.platform === 'win32' ? it.skip : it;
  posix('counts a signal as trouble of the machine', async () => {
    expect(
      await execute(createProcessExecutor, node(`process.kill(process.pid, 'SIGKILL')`)),
    ).toMatchObject({
      status: 'failed',
      error: { class: 'infrastructure', code: 'process_killed', details: { signal: 'SIGKILL' } },
    });
  });

  it('ends the command on abort', async () => {
    const abort = new AbortController();
    const marker = path.join(root, 'up');
    const source = `require('fs').writeFileSync(${JSON.stringify(marker)}, ''); setInterval(() => {}, 1000)`;
    const running = execute(createProcessExecutor, node(source), abort.signal);
    await waitUntil(() => existsSync(marker));
    abort.abort();
    expect(await running).toMatchObject({ status: 'failed', error: { class: 'cancelled' } });
  });

  it.each([
    {},
    { command: '' },
    { command: 'x', shell: true },
    { command: 'x', args: 'y' },
    { command: 'x', args: [1] },
    { command: 'x', env: { 'A=B': 'c' } },
    { command: 'x', env: { A: 1 } },
    { command: 'x', success_exit_codes: [] },
    { command: 'x', success_exit_codes: [1.5] },
  ])('does not accept %j', (config) => {
    const { problems } = checkShape(createProcessExecutor(runner).configShape, config);
    expect(problems.length).toBeGreaterThan(0);
  });
});

describe('shell', () => {
  const posix = process.platform === 'win32' ? describe.skip : describe;
  posix('on POSIX', () => {
    it('runs a script of several lines by /bin/sh', async () => {
      const script = `total=0\nfor n in 1 2 3; do total=$((total + n)); done\necho "{\\"total\\": $total, \\"x\\": \\"$X\\"}" > "$BATON_OUTPUT"`;
      expect(await execute(createShellExecutor, { script, env: { X: 'a b' } })).toEqual({
        status: 'completed',
        output: { total: 6, x: 'a b' },
      });
    });

    it('fails by the exit code of the last command', async () => {
      expect(await execute(createShellExecutor, { script: 'true; exit 4' })).toMatchObject({
        status: 'failed',
        error: { class: 'exit_code', details: { exit_code: 4 } },
      });
    });

    it('takes the longest script that the shape lets through', async () => {
      const script = `: ${'日'.repeat(31_998)}`;
      expect(await execute(createShellExecutor, { script })).toEqual({ status: 'completed' });
    });

    it('says that a shell is missing', async () => {
      expect(
        await execute(createShellExecutor, { script: 'true', shell: '/no/such/shell' }),
      ).toMatchObject({ error: { class: 'non_retryable', code: 'process_not_started' } });
    });
  });

  it.each([
    [undefined, 'linux', ['/bin/sh', '-c', 'x']],
    [undefined, 'win32', ['powershell.exe', '-NoProfile', '-NonInteractive', '-Command', 'x']],
    ['/usr/bin/pwsh', 'linux', ['/usr/bin/pwsh', '-NoProfile', '-NonInteractive', '-Command', 'x']],
    [
      'C:\\Windows\\System32\\cmd.exe',
      'win32',
      ['C:\\Windows\\System32\\cmd.exe', '/d', '/s', '/c', 'x'],
    ],
    ['bash', 'win32', ['bash', '-c', 'x']],
  ] as const)('%s on %s is called as it wants to be', async (shell, platform, expected) => {
    const seen: string[][] = [];
    const fake: CommandRunner = {
      run: (_attempt, command: Command) => {
        seen.push([command.command, ...command.args]);
        return Promise.resolve({ exitCode: 0, aborted: false, tail: '', cwd: '/' });
      },
      release: () => Promise.resolve(),
      reclaim: () => Promise.resolve(),
    };
    const config = { script: 'x', ...(shell === undefined ? {} : { shell }) };
    await createShellExecutor(fake, platform).execute(attemptContext(config));
    expect(seen).toEqual([[...expected]]);
  });
});
