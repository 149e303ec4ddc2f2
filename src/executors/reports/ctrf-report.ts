import type { ReportBuilder, TestEntry } from './report-builder.js';
import { UnreadableReport } from './test-report.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Adds a CTRF document (Common Test Report Format, https://ctrf.io) to a report.
 * Throws {@link UnreadableReport} when the text is not one.
 */
export function addCtrfReport(text: string, builder: ReportBuilder): void {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UnreadableReport('it is not JSON', { cause: error });
  }
  const results = isFields(document) ? document['results'] : undefined;
  if (!isFields(results)) throw new UnreadableReport('it has no "results" object, as CTRF has');
  const tests = results['tests'];
  if (!Array.isArray(tests)) throw new UnreadableReport('it has no "results.tests" list');
  let heldMs = 0;
  tests.forEach((test: unknown, index) => {
    const entry = isFields(test) ? toEntry(test) : undefined;
    if (entry === undefined) {
      throw new UnreadableReport(
        `"results.tests[${index}]" has no name or none of the statuses passed, failed, skipped, pending, other`,
      );
    }
    heldMs += entry.durationMs ?? 0;
    builder.add(entry);
  });
  builder.addDuration(summaryMs(results['summary']) ?? heldMs);
}

function toEntry(test: Fields): TestEntry | undefined {
  const name = text(test['name']);
  const status = statusOf(test['status']);
  if (name === undefined || status === undefined) return undefined;
  return {
    name,
    status,
    suite: suiteOf(test['suite']),
    file: text(test['filePath']) ?? text(test['filepath']),
    flaky: test['flaky'] === true,
    message: text(test['message']),
    details: text(test['trace']),
    durationMs: milliseconds(test['duration']),
  };
}

function statusOf(status: unknown): TestEntry['status'] | undefined {
  switch (status) {
    case 'passed':
    case 'failed':
    case 'skipped':
      return status;
    case 'pending':
    case 'other':
      return 'skipped';
    default:
      return undefined;
  }
}

/** A string in early versions of the format, a list from the outermost inwards in later ones. */
function suiteOf(suite: unknown): string | undefined {
  if (!Array.isArray(suite)) return text(suite);
  const names = suite.filter((name): name is string => typeof name === 'string' && name !== '');
  return names.length === 0 ? undefined : names.join(' > ');
}

function summaryMs(summary: unknown): number | undefined {
  if (!isFields(summary)) return undefined;
  const start = milliseconds(summary['start']);
  const stop = milliseconds(summary['stop']);
  if (start === undefined || stop === undefined || start === 0 || stop < start) return undefined;
  return stop - start;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const milliseconds = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
