import type { JsonObject } from '../core/json.js';
import type { AttemptError } from '../core/job/attempt.js';
import type { Clock } from '../ports/clock.js';
import type { CommandRunner } from '../ports/command-runner.js';
import type { AttemptContext } from '../ports/node-executor.js';
import type { TestCase, TestCatalogue } from '../ports/test-catalogue.js';
import { ReportOutsideFolder } from './reports/find-reports.js';
import { readReports, type ReadReports, type ReportReading } from './reports/read-reports.js';
import { reportSpecs, type ReportSpec } from './reports/report-spec.js';
import { judgeTest, type TestVerdict } from './test-judgement.js';

/** A command that runs tests, from a node's config or from the catalogue. */
export interface TestCommand {
  /** Given to the command as BATON_TEST_CASE. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly reports: readonly ReportSpec[];
  /** Seconds it may take, beside what the node may. */
  readonly timeout?: number;
}

/** The keys that a node's config shares with an entry of the catalogue. */
export interface TestConfig {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly report?: JsonObject;
}

/** The command that a config gives itself. */
export function ownCommand(name: string, config: TestConfig & { command: string }): TestCommand {
  return merge(name, config, {});
}

/** A catalogue entry with what the config says otherwise: `env` is added to, the rest replaced. */
export function catalogueCommand(testCase: TestCase, config: TestConfig): TestCommand {
  return merge(testCase.name, testCase, config);
}

function merge(
  name: string,
  base: TestConfig & { readonly command: string; readonly timeout?: number },
  over: TestConfig,
): TestCommand {
  const cwd = over.cwd ?? base.cwd;
  return {
    name,
    command: base.command,
    args: over.args ?? base.args ?? [],
    env: { ...base.env, ...over.env },
    ...(cwd !== undefined && { cwd }),
    reports: reportSpecs(over.report ?? base.report),
    ...(base.timeout !== undefined && { timeout: base.timeout }),
  };
}

export interface TestCommandPorts {
  readonly runner: CommandRunner;
  readonly catalogue: TestCatalogue;
  readonly clock: Clock;
}

export function unknownTestCase(name: string): AttemptError {
  return {
    class: 'non_retryable',
    code: 'unknown_test_case',
    message: `The test catalogue has no test case "${name}". Add it with PUT /api/v1/orchestration/test-cases/${encodeURIComponent(name)} and run this again.`,
    details: { test_case: name },
  };
}

/**
 * Runs one test command and judges it. `readBefore` holds the reports that earlier commands of the
 * attempt left, which are not counted again.
 */
export async function runTestCommand(
  ports: TestCommandPorts,
  attempt: AttemptContext,
  test: TestCommand,
  readBefore: ReadReports = new Map(),
): Promise<TestVerdict> {
  const limit = timeLimit(ports.clock, test.timeout);
  try {
    const startedAt = ports.clock.now();
    const outcome = await ports.runner.run(
      attempt,
      {
        command: test.command,
        args: test.args,
        env: { ...test.env, BATON_TEST_CASE: test.name },
        ...(test.cwd !== undefined && { cwd: test.cwd }),
      },
      AbortSignal.any([attempt.signal, limit.signal]),
    );
    if (outcome.aborted && limit.signal.aborted && !attempt.signal.aborted) {
      return { output: {}, error: timedOut(test) };
    }
    let reading: ReportReading | undefined;
    if (outcome.exitCode !== undefined && !outcome.aborted && test.reports.length > 0) {
      reading = await readReports(outcome.cwd, test.reports, startedAt, readBefore);
    }
    return judgeTest(outcome, reading);
  } catch (error) {
    if (!(error instanceof ReportOutsideFolder)) throw error;
    return {
      output: {},
      error: { class: 'non_retryable', code: error.code, message: error.message },
    };
  } finally {
    limit.cancel();
  }
}

function timeLimit(clock: Clock, seconds: number | undefined) {
  const controller = new AbortController();
  const timer =
    seconds === undefined ? undefined : clock.setTimer(seconds * 1000, () => controller.abort());
  return { signal: controller.signal, cancel: () => timer?.cancel() };
}

function timedOut(test: TestCommand): AttemptError {
  return {
    class: 'timeout',
    code: 'test_case_timeout',
    message: `The test case "${test.name}" took longer than the ${test.timeout ?? 0} s that the catalogue allows it. Raise its timeout there, or look in the log for where it hangs.`,
    details: { test_case: test.name, timeout: test.timeout ?? 0 },
  };
}
