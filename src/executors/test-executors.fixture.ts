import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonObject } from '../core/json.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { Clock } from '../ports/clock.js';
import type { Command, CommandOutcome, CommandRunner } from '../ports/command-runner.js';
import type { AttemptContext, AttemptRef } from '../ports/node-executor.js';
import type { TestCase, TestCatalogue } from '../ports/test-catalogue.js';
import type { TestSuitePorts } from './test-suite.js';

/** What a command is to do: what it writes, and how it ends. */
export interface Play extends Partial<CommandOutcome> {
  readonly writes?: Readonly<Record<string, string>>;
  /** Ends only when its signal aborts. */
  readonly hangs?: boolean;
}

/** A stage on which test_case and test_suite run commands that only pretend. */
export class TestStage implements TestSuitePorts {
  readonly commands: Command[] = [];
  readonly released: string[] = [];
  readonly timers: { readonly ms: number; readonly callback: () => void }[] = [];
  readonly plays: Play[] = [];
  log = '';
  private readonly cases = new Map<string, TestCase>();

  private constructor(readonly folder: string) {}

  static async open(): Promise<TestStage> {
    return new TestStage(await mkdtemp(path.join(tmpdir(), 'baton-stage-')));
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  add(name: string, testCase: Partial<TestCase> = {}): void {
    const always = { name, command: `run-${name}`, updatedAt: 0, updatedBy: 'anna' };
    this.cases.set(name, { ...always, ...testCase });
  }

  attempt(config: JsonObject, signal = new AbortController().signal): AttemptContext {
    return {
      tenantId: 'acme',
      jobId: 'job-1',
      nodeId: 'login',
      attempt: 1,
      attemptId: 'job-1/login/1',
      correlationId: 'corr-1',
      config,
      signal,
    };
  }

  readonly clock: Clock = {
    now: () => Date.now(),
    random: () => 0,
    setTimer: (ms, callback) => {
      this.timers.push({ ms, callback });
      return { cancel: () => undefined };
    },
  };

  readonly runner: CommandRunner = {
    run: async (_attempt, command, signal) => {
      this.commands.push(command);
      const { writes = {}, hangs = false, ...outcome } = this.plays.shift() ?? {};
      for (const [name, text] of Object.entries(writes)) {
        await writeFile(path.join(this.folder, name), text);
      }
      const common = { tail: '', cwd: this.folder };
      if (hangs) {
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
        this.timers[0]?.callback();
        await aborted;
        return { ...common, aborted: true };
      }
      const ended = 'signal' in outcome || 'startError' in outcome ? {} : { exitCode: 0 };
      return { ...common, ...ended, aborted: false, ...outcome };
    },
    release: ({ attemptId }: AttemptRef) => {
      this.released.push(attemptId);
      return Promise.resolve();
    },
    reclaim: () => Promise.resolve(),
  };

  readonly catalogue: TestCatalogue = {
    get: (tenantId, name) =>
      Promise.resolve(tenantId === 'acme' ? this.cases.get(name) : undefined),
    put: () => Promise.reject(new Error('not staged')),
    delete: () => Promise.reject(new Error('not staged')),
    list: () => Promise.reject(new Error('not staged')),
    missing: () => Promise.reject(new Error('not staged')),
  };

  readonly artifacts: ArtifactStore = {
    create: (_ref, _cap, mode) => ({
      write: (bytes) => {
        if (mode !== 'append') this.log = '';
        this.log += Buffer.from(bytes).toString();
      },
      drain: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
    read: () => Promise.reject(new Error('not staged')),
    list: () => Promise.reject(new Error('not staged')),
    deleteJob: () => Promise.reject(new Error('not staged')),
  };
}

/** A JUnit report with so many tests that pass and tests that fail. */
export function junitXml(passed: number, failed = 0): string {
  const tests = [
    ...Array.from({ length: passed }, (_, n) => `<testcase name="good ${n + 1}"/>`),
    ...Array.from(
      { length: failed },
      (_, n) => `<testcase name="bad ${n + 1}"><failure message="1 is not ${n + 2}"/></testcase>`,
    ),
  ];
  return `<testsuite name="unit">${tests.join('')}</testsuite>`;
}
