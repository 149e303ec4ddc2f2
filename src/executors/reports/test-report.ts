/** One test that failed. Texts are plain (no colours) and bounded. */
export interface TestFailure {
  readonly name: string;
  /** Where the test belongs: names of suites joined by ` > `, or its class. */
  readonly suite?: string;
  readonly file?: string;
  readonly message: string;
  /** Stack trace or diff, as far as it is kept. */
  readonly details?: string;
  readonly duration_ms?: number;
}

/** The counts of one suite's own tests, those of suites nested in it left out. */
export interface SuiteCounts {
  readonly name: string;
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * What reports of any dialect come to. `tests = passed + failed + skipped`; tests that are neither
 * passed nor failed (pending, todo, expected to fail) count as skipped.
 */
export interface TestReport {
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many of the failed broke (an error outside of any assertion), where the dialect tells. */
  readonly errored: number;
  /** How many of the passed had failed before and were tried again by the runner itself. */
  readonly flaky: number;
  readonly duration_ms: number;
  readonly suites?: readonly SuiteCounts[];
  readonly suites_left_out?: number;
  /** The first failures, in the order of the reports. */
  readonly failures: readonly TestFailure[];
  /** Failures that are counted in `failed` and not listed. */
  readonly failures_left_out?: number;
}

/** The report could not be understood. The message says why and follows the name of the file. */
export class UnreadableReport extends Error {
  readonly code = 'report_unreadable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreadableReport';
  }
}
