import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStore } from '../../src/ports/artifact-store.js';
import type { Command, CommandOutcome, CommandRunner } from '../../src/ports/command-runner.js';
import { isAlive, pidsIn } from '../support/processes.js';
import { waitUntil } from '../support/wait-until.js';

export interface CommandRunnerSetup {
  readonly runner: CommandRunner;
  /** Where the runner puts the logs. */
  readonly artifacts: ArtifactStore;
}

export interface CommandRunnerContract {
  readonly name: string;
  /** Asks processes to end 300 ms before it makes them, keeps 64 KiB of a log and 32 KiB of an output. */
  create(): Promise<CommandRunnerSetup>;
  destroy(): Promise<void>;
}

export const attempt = {
  tenantId: 'acme',
  jobId: 'job-1',
  nodeId: 'suite:Login',
  attempt: 2,
  attemptId: 'job-1/suite:Login/2',
  correlationId: 'corr-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** A command that runs a piece of JavaScript. */
export function script(source: string, more: Partial<Command> = {}): Command {
  return { command: process.execPath, args: ['-e', source], env: {}, ...more };
}

const LIVE_ON = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
const never = new AbortController().signal;

export function commandRunnerContract(contract: CommandRunnerContract): void {
  describe(`command runner: ${contract.name}`, () => {
    let runner: CommandRunner;
    let artifacts: ArtifactStore;
    beforeEach(async () => {
      ({ runner, artifacts } = await contract.create());
    });
    afterEach(() => contract.destroy());

    const run = (command: Command, signal = never): Promise<CommandOutcome> =>
      runner.run(attempt, command, signal);
    const log = async (): Promise<string> => {
      const slice = await artifacts.read({ ...attempt, name: 'output.log' }, 0, 1_000_000);
      return Buffer.from(slice?.bytes ?? []).toString();
    };

    describe('a command that ends by itself', () => {
      it('answers its exit code and the end of what it printed', async () => {
        const outcome = await run(
          script(`console.log('out'); console.error('err'); process.exitCode = 3`),
        );
        expect(outcome).toMatchObject({ exitCode: 3, aborted: false });
        expect(outcome.tail.split('\n').sort()).toEqual(['err', 'out']);
        expect((await log()).split('\n').sort()).toEqual(['', 'err', 'out']);
        expect(outcome).not.toHaveProperty('output');
      });

      it('runs in a folder of its own that is there until it is released', async () => {
        const outcome = await run(
          script(`require('fs').writeFileSync('report.xml', process.cwd())`),
        );
        expect(path.isAbsolute(outcome.cwd)).toBe(true);
        expect(await readFile(path.join(outcome.cwd, 'report.xml'), 'utf8')).toBe(outcome.cwd);
        await runner.release(attempt);
        await runner.release(attempt);
        expect(existsSync(outcome.cwd)).toBe(false);
      });

      it('answers what it wrote to BATON_OUTPUT', async () => {
        const outcome = await run(
          script(
            `require('fs').writeFileSync(process.env.BATON_OUTPUT, '{"n":1,"s":"grün ✓ 日本"}')`,
          ),
        );
        expect(outcome.output).toEqual({ n: 1, s: 'grün ✓ 日本' });
      });

      it.each([
        ['is not JSON', `'{'`, /not JSON/],
        ['is too large', `JSON.stringify('x'.repeat(40000))`, /at most 32768/],
        ['nests too deep', `'['.repeat(200) + ']'.repeat(200)`, /levels/],
      ])('says so when what it wrote there %s', async (_, value, message) => {
        const outcome = await run(
          script(`require('fs').writeFileSync(process.env.BATON_OUTPUT, ${value})`),
        );
        expect(outcome.exitCode).toBe(0);
        expect(outcome.outputError).toMatch(message);
        expect(outcome).not.toHaveProperty('output');
      });

      it('has no output when the file is empty', async () => {
        const outcome = await run(
          script(`require('fs').writeFileSync(process.env.BATON_OUTPUT, ' ')`),
        );
        expect(outcome).not.toHaveProperty('output');
        expect(outcome).not.toHaveProperty('outputError');
      });

      it('hands stdin over, all of it, and ends it', async () => {
        const outcome = await run(
          script(
            `let n = 0; process.stdin.on('data', d => n += d.length).on('end', () => console.log(n))`,
            { stdin: 'ü'.repeat(500_000) },
          ),
        );
        expect(outcome.tail).toBe('1000000');
      });

      it('does not mind a command that does not read its stdin', async () => {
        const outcome = await run(script(`process.exit(0)`, { stdin: 'x'.repeat(5_000_000) }));
        expect(outcome.exitCode).toBe(0);
      });

      it('gives arguments unchanged, with no shell between', async () => {
        const args = ['', 'a b', '$HOME', '"', "'", '*', '; exit 9', 'ü', '\n'];
        const outcome = await run({
          command: process.execPath,
          args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args],
          env: {},
        });
        expect(JSON.parse(outcome.tail)).toEqual(args);
      });
    });

    describe('its environment', () => {
      it('holds the attempt, the trace and what the node gives, and nothing of the service', async () => {
        process.env['JWT_SECRET_KEY'] = 'top-secret';
        const outcome = await run(
          script(
            `require('fs').writeFileSync(process.env.BATON_OUTPUT, JSON.stringify(process.env))`,
            { env: { COLOUR: 'rot', BATON_ATTEMPT_ID: 'forged', __proto__x: '1' } },
          ),
        );
        delete process.env['JWT_SECRET_KEY'];
        const seen = outcome.output as Record<string, string>;
        expect(seen).toMatchObject({
          BATON_TENANT_ID: 'acme',
          BATON_JOB_ID: 'job-1',
          BATON_NODE_ID: 'suite:Login',
          BATON_ATTEMPT: '2',
          BATON_ATTEMPT_ID: 'job-1/suite:Login/2',
          BATON_CORRELATION_ID: 'corr-1',
          TRACEPARENT: attempt.traceparent,
          COLOUR: 'rot',
          PATH: process.env['PATH'],
        });
        if (process.platform !== 'win32') {
          const rest = Object.keys(seen).filter((name) => !name.startsWith('BATON_'));
          const allowed = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'TRACEPARENT'];
          // macOS adds one by itself.
          allowed.push('COLOUR', '__proto__x', '__CF_USER_TEXT_ENCODING');
          expect(rest.filter((name) => !allowed.includes(name))).toEqual([]);
        }
        expect(JSON.stringify(seen)).not.toContain('top-secret');
      });

      it('lets the node set PATH, by which the command is found', async () => {
        const folder = path.dirname(process.execPath);
        const outcome = await run({
          command: path.basename(process.execPath),
          args: ['-e', 'console.log(process.env.PATH)'],
          env: { PATH: folder },
        });
        expect(outcome.tail).toBe(folder);
      });
    });

    describe('what it prints', () => {
      it('is kept up to a cap, and the command can print on', async () => {
        const outcome = await run(
          script(`for (let i = 0; i < 200000; i++) console.log('line ' + i)`),
        );
        expect(outcome.exitCode).toBe(0);
        expect(outcome.tail).toMatch(/line 199999$/);
        expect(Buffer.byteLength(outcome.tail)).toBeLessThanOrEqual(4096);
        const kept = await log();
        expect(kept.length).toBeLessThan(66_000);
        expect(kept).toMatch(/^line 0\nline 1\n/);
        expect(kept).toMatch(/more bytes were dropped/);
      });

      it('may be no text at all', async () => {
        const outcome = await run(
          script(
            `process.stdout.write(Buffer.from(Array.from({ length: 9000 }, (_, i) => i % 256)))`,
          ),
        );
        const slice = await artifacts.read({ ...attempt, name: 'output.log' }, 0, 100_000);
        expect(slice?.size).toBe(9000);
        expect(slice?.bytes[300]).toBe(300 % 256);
        expect(Buffer.byteLength(outcome.tail)).toBeLessThanOrEqual(4096);
      });

      it('of the commands of one attempt goes to one log, one after the other', async () => {
        await run(script(`console.log('first')`));
        await run(script(`console.log('second')`));
        expect(await log()).toBe('first\nsecond\n');
      });
    });

    describe('commands of one attempt', () => {
      it('may run at once, each with an output of its own, and do not end each other', async () => {
        const outcomes = await Promise.all(
          [10, 300].map((ms) =>
            run(
              script(
                `setTimeout(() => require('fs').writeFileSync(process.env.BATON_OUTPUT, '${ms}'), ${ms})`,
              ),
            ),
          ),
        );
        expect(outcomes.map(({ exitCode, output }) => ({ exitCode, output }))).toEqual([
          { exitCode: 0, output: 10 },
          { exitCode: 0, output: 300 },
        ]);
      });
    });

    describe('a command that cannot be started', () => {
      it('says which is not there, and what to do', async () => {
        const outcome = await run({ command: 'no-such-command-here', args: [], env: {} });
        expect(outcome.startError).toMatch(/"no-such-command-here" was not found\. Install it/);
        expect(outcome).not.toHaveProperty('exitCode');
      });

      it('says that its folder is not there', async () => {
        const outcome = await run(script('', { cwd: 'missing' }));
        expect(outcome.startError).toMatch(/folder .*missing.* does not exist.*absolute/);
      });

      it('says that NUL characters are in the way', async () => {
        const outcome = await run(script('', { env: { A: 'b\0c' } }));
        expect(outcome.startError).toMatch(/NUL/);
      });

      const posix = process.platform === 'win32' ? it.skip : it;
      posix('says that it is not executable', async () => {
        const { cwd } = await run(script(''));
        const file = path.join(cwd, 'plain.txt');
        await writeFile(file, 'x');
        const outcome = await run({ command: file, args: [], env: {} });
        expect(outcome.startError).toMatch(/Make it executable/);
      });

      posix('says that its arguments are too long', async () => {
        const outcome = await run(script('', { args: ['-e', '', 'x'.repeat(300_000)] }));
        expect(outcome.startError).toMatch(/longer than the system takes/);
      });
    });

    describe('abort', () => {
      it('before the start starts nothing', async () => {
        const outcome = await run(script(`console.log('ran')`), AbortSignal.abort());
        expect(outcome.aborted).toBe(true);
        expect(await log()).toBe('');
      });

      it('lets a command clean up that ends when asked to', async () => {
        const abort = new AbortController();
        const running = run(
          script(
            `process.on('SIGTERM', () => { console.log('bye'); process.exit(5) }); console.log('up'); setInterval(() => {}, 1000)`,
          ),
          abort.signal,
        );
        await waitUntil(async () => (await log()).includes('up'));
        abort.abort();
        const outcome = await running;
        expect(outcome.aborted).toBe(true);
        if (process.platform !== 'win32') expect(outcome).toMatchObject({ exitCode: 5 });
        expect(await log()).toContain('bye');
      });

      it('makes a tree end that does not want to, to the last grandchild', async () => {
        const abort = new AbortController();
        const grandchild = `console.log('pid ' + process.pid); ${LIVE_ON}`;
        const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' }); console.log('pid ' + process.pid); ${LIVE_ON}`;
        const running = run(
          script(
            `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); console.log('pid ' + process.pid); ${LIVE_ON}`,
          ),
          abort.signal,
        );
        const pids = await pidsIn(log, 3);
        expect(pids.every(isAlive)).toBe(true);
        abort.abort();
        const outcome = await running;
        expect(outcome.aborted).toBe(true);
        expect(pids.filter(isAlive)).toEqual([]);
      });
    });
  });
}
