import type { AttemptError } from '../core/job/attempt.js';
import type { Json, JsonObject } from '../core/json.js';
import type { CommandOutcome } from '../ports/command-runner.js';
import { commandError } from './command-result.js';
import { clipText } from './reports/bounded-text.js';
import type { ReportReading } from './reports/read-reports.js';
import type { TestFailure, TestReport } from './reports/test-report.js';

const NAMES_IN_MESSAGE = 3;
const NAME_BYTES = 120;
const DETAILED_FAILURES = 20;
const DETAILED_MESSAGE_BYTES = 1024;
const STALE_NAMES = 3;

/** What a test command came to: its output, and why it failed if it did. */
export interface TestVerdict {
  readonly error?: AttemptError;
  readonly output: JsonObject;
}

/**
 * Judges a test command by its exit code and, where it announced one, by its report. Both must say
 * that all is well: where they disagree, that is a failure of its own.
 */
export function judgeTest(
  outcome: CommandOutcome,
  reading: ReportReading | undefined,
): TestVerdict {
  const report = reading?.status === 'read' ? reading.report : undefined;
  const error = errorOf(outcome, reading);
  const output: Record<string, Json> = {};
  if (outcome.exitCode !== undefined) output['exit_code'] = outcome.exitCode;
  // A report is made of JSON values alone.
  if (report !== undefined) output['report'] = report as unknown as Json;
  if (outcome.output !== undefined) output['output'] = outcome.output;
  return { output, ...(error !== undefined && { error }) };
}

function errorOf(
  outcome: CommandOutcome,
  reading: ReportReading | undefined,
): AttemptError | undefined {
  const byItself = commandError(outcome);
  // It did not come to an end of its own, so what it wrote tells at most half of the story.
  if (outcome.exitCode === undefined || reading === undefined) return byItself;
  const failed = outcome.exitCode !== 0 ? byItself : undefined;
  switch (reading.status) {
    case 'read':
      return byReport(reading.report, outcome.exitCode, failed) ?? byItself;
    case 'missing':
      return missing(reading, failed);
    case 'unreadable':
      return {
        class: failed?.class ?? 'non_retryable',
        code: 'report_unreadable',
        message: `The report ${reading.message}${failed === undefined ? '' : ` ${failed.message}`}`,
        details: { exit_code: outcome.exitCode },
      };
  }
}

function byReport(
  report: TestReport,
  exitCode: number,
  failed: AttemptError | undefined,
): AttemptError | undefined {
  if (report.failed > 0) {
    const summary = failedTests(report);
    const details = { exit_code: exitCode, ...failureDetails(report) };
    return failed === undefined
      ? {
          class: 'assertion',
          code: 'report_disagrees',
          message: `The command ended with exit code 0, but by its report ${summary} Have the command hand on the exit code of its test runner.`,
          details,
        }
      : { class: 'assertion', code: 'tests_failed', message: summary, details };
  }
  if (failed === undefined) return undefined;
  const tests =
    report.tests === 0
      ? 'its report has no tests'
      : `none of the ${report.tests} tests in its report failed`;
  return {
    class: 'assertion',
    code: 'report_disagrees',
    message: `The exit code and the report disagree: ${tests}. Look for what went wrong outside of the tests. ${failed.message}`,
    details: { exit_code: exitCode, tests: report.tests, failed: 0 },
  };
}

function missing(
  reading: Extract<ReportReading, { status: 'missing' }>,
  failed: AttemptError | undefined,
): AttemptError {
  const { stale, pattern } = reading;
  const named = stale.slice(0, STALE_NAMES).join(', ');
  const none =
    stale.length === 0
      ? `no report at "${pattern}"`
      : `no new report at "${pattern}" (${named}${stale.length > STALE_NAMES ? ', …' : ''} is from before it started and does not count)`;
  if (failed !== undefined) {
    return {
      ...failed,
      message: `${failed.message}\nIt wrote ${none}: perhaps it broke off before its tests ran.`,
    };
  }
  return {
    class: 'non_retryable',
    code: 'report_missing',
    message: `The command ended with exit code 0 but wrote ${none}. Check the path, which is relative to the folder that the command runs in, and that the runner's reporter is set up.`,
    details: { pattern, stale: stale.slice(0, STALE_NAMES) },
  };
}

/** "3 of 120 tests failed: a, b and 1 more." */
export function failedTests(report: TestReport): string {
  const names = report.failures.slice(0, NAMES_IN_MESSAGE).map(nameOf);
  const more = report.failed - names.length;
  const listed = names.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${report.failed} of ${report.tests} ${report.tests === 1 ? 'test' : 'tests'} failed: ${listed}.`;
}

function nameOf(failure: TestFailure): string {
  const { suite, name } = failure;
  const full = suite === undefined || name.startsWith(suite) ? name : `${suite} > ${name}`;
  return clipText(full.replace(/\s+/g, ' '), NAME_BYTES);
}

/** The first failures, in short: errors are kept with every attempt, the whole report with its output. */
export function failureDetails(report: TestReport): JsonObject {
  const failures = report.failures.slice(0, DETAILED_FAILURES).map((failure): JsonObject => {
    const { name, suite, file, message } = failure;
    return {
      name,
      ...(suite !== undefined && { suite }),
      ...(file !== undefined && { file }),
      message: clipText(message, DETAILED_MESSAGE_BYTES),
    };
  });
  return {
    tests: report.tests,
    failed: report.failed,
    failures,
    ...(report.failed > failures.length && { failures_left_out: report.failed - failures.length }),
  };
}
