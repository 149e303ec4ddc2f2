import { clipText, plainText } from './bounded-text.js';
import type { SuiteCounts, TestFailure, TestReport } from './test-report.js';

export const MAX_FAILURES = 200;
export const MAX_SUITES = 100;
/** UTF-8 bytes of one message, and of the details of one failure. */
export const MAX_TEXT_BYTES = 4096;
const MAX_NAME_BYTES = 512;
/** Bytes of all failures together, so that an output stays well under what a node may carry. */
const MAX_FAILURE_BYTES = 128 * 1024;

/** A test as a dialect reports it. */
export interface TestEntry {
  readonly name: string;
  readonly suite?: string | undefined;
  readonly file?: string | undefined;
  readonly status: 'passed' | 'failed' | 'errored' | 'skipped';
  /** Passed, after the runner had tried it before in vain. */
  readonly flaky?: boolean;
  readonly message?: string | undefined;
  readonly details?: string | undefined;
  readonly durationMs?: number | undefined;
  /**
   * Set by dialects that list every try of a test as a test of its own: tries of one identity are
   * one test. `any` means a try that passed settles it, `last` that the last one does.
   */
  readonly tries?: { readonly identity: string; readonly settledBy: 'any' | 'last' };
}

/** Gathers tests of one or several report files into one bounded report. */
export class ReportBuilder {
  private durationMs = 0;
  private readonly failed: TestEntry[] = [];
  private readonly tried = new Map<string, TestEntry>();
  private readonly counts = { passed: 0, failed: 0, skipped: 0, errored: 0, flaky: 0 };
  private readonly suites = new Map<
    string,
    { -readonly [K in keyof SuiteCounts]: SuiteCounts[K] }
  >();

  add(entry: TestEntry): void {
    if (entry.tries === undefined) {
      this.count(entry);
      return;
    }
    const { identity, settledBy } = entry.tries;
    const before = this.tried.get(identity);
    this.tried.set(
      identity,
      before === undefined ? light(entry) : settle(before, entry, settledBy),
    );
  }

  addDuration(ms: number): void {
    this.durationMs += ms;
  }

  /** To be called once, after the last test. */
  build(): TestReport {
    for (const entry of this.tried.values()) this.count(entry);
    const { passed, failed, skipped, errored, flaky } = this.counts;
    const failures: TestFailure[] = [];
    let bytes = 0;
    for (const entry of this.failed) {
      const failure = toFailure(entry);
      bytes += Buffer.byteLength(JSON.stringify(failure), 'utf8');
      if (bytes > MAX_FAILURE_BYTES) break;
      failures.push(failure);
    }
    const suites = [...this.suites.values()];
    return {
      tests: passed + failed + skipped,
      passed,
      failed,
      skipped,
      errored,
      flaky,
      duration_ms: Math.round(this.durationMs),
      ...(suites.length > 0 && { suites: suites.slice(0, MAX_SUITES) }),
      ...(suites.length > MAX_SUITES && { suites_left_out: suites.length - MAX_SUITES }),
      failures,
      ...(failed > failures.length && { failures_left_out: failed - failures.length }),
    };
  }

  private count(entry: TestEntry): void {
    const outcome = entry.status === 'errored' ? 'failed' : entry.status;
    this.counts[outcome]++;
    if (entry.status === 'errored') this.counts.errored++;
    if (entry.flaky === true && outcome === 'passed') this.counts.flaky++;
    if (outcome === 'failed' && this.failed.length < MAX_FAILURES) this.failed.push(entry);
    if (entry.suite === undefined) return;
    const name = clipText(plainText(entry.suite), MAX_NAME_BYTES);
    let suite = this.suites.get(name);
    if (suite === undefined) {
      suite = { name, tests: 0, passed: 0, failed: 0, skipped: 0 };
      this.suites.set(name, suite);
    }
    suite.tests++;
    suite[outcome]++;
  }
}

const failedTry = (entry: TestEntry): boolean =>
  entry.status === 'failed' || entry.status === 'errored';

/** Only what fails is shown, so only that keeps its texts in memory. */
function light(entry: TestEntry): TestEntry {
  return failedTry(entry) ? entry : { ...entry, message: undefined, details: undefined };
}

function settle(before: TestEntry, now: TestEntry, settledBy: 'any' | 'last'): TestEntry {
  const settling = settledBy === 'any' && before.status === 'passed' ? before : now;
  // Under `last` a test is listed again only because it failed, even where the list does not say so.
  const triedInVain = settledBy === 'last' || before.flaky === true || failedTry(before);
  return { ...light(settling), flaky: triedInVain || failedTry(now) };
}

function toFailure(entry: TestEntry): TestFailure {
  const name = clipText(plainText(entry.name), MAX_NAME_BYTES);
  const message = clipText(plainText(entry.message ?? '').trim(), MAX_TEXT_BYTES);
  const details = clipText(plainText(entry.details ?? '').trim(), MAX_TEXT_BYTES);
  return {
    name: name === '' ? '(a test without a name)' : name,
    ...(entry.suite !== undefined && { suite: clipText(plainText(entry.suite), MAX_NAME_BYTES) }),
    ...(entry.file !== undefined && { file: clipText(plainText(entry.file), MAX_NAME_BYTES) }),
    message: message === '' ? 'The report gives no message.' : message,
    ...(details !== '' && details !== message && { details }),
    ...(entry.durationMs !== undefined && { duration_ms: Math.round(entry.durationMs) }),
  };
}
