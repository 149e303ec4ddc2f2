import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { addCtrfReport } from './ctrf-report.js';
import { findReports, type ReportFile } from './find-reports.js';
import { JunitReport } from './junit-report.js';
import { ReportBuilder } from './report-builder.js';
import type { ReportSpec } from './report-spec.js';
import { UnreadableReport, type TestReport } from './test-report.js';
import { MalformedXml, XmlReader } from './xml-reader.js';

export const MAX_REPORT_BYTES = 64 * 1024 * 1024;
export const MAX_REPORT_FILES = 1000;
const MEBIBYTE = 1024 * 1024;

/** What came of looking for the announced reports. */
export type ReportReading =
  | { readonly status: 'read'; readonly report: TestReport; readonly files: number }
  /** `stale` files match but are older than the command's start. */
  | { readonly status: 'missing'; readonly pattern: string; readonly stale: readonly string[] }
  | { readonly status: 'unreadable'; readonly message: string };

/** Reports that earlier commands of the same attempt wrote, by path, with when. */
export type ReadReports = Map<string, number>;

/**
 * Reads and merges the reports that a command wrote into `folder` since `startedAt` (epoch ms).
 * Older files are not counted, nor are those in `before`, to which the files read are added.
 * Rejects with {@link ReportOutsideFolder} when a pattern reaches out of the folder.
 */
export async function readReports(
  folder: string,
  specs: readonly ReportSpec[],
  startedAt: number,
  before: ReadReports = new Map(),
): Promise<ReportReading> {
  const builder = new ReportBuilder();
  let files = 0;
  for (const spec of specs) {
    const found = await findReports(folder, spec.pattern);
    const fresh = found.filter(
      (file) => isFresh(file, startedAt) && before.get(file.path) !== file.modifiedMs,
    );
    if (fresh.length === 0) {
      return { status: 'missing', pattern: spec.pattern, stale: found.map(({ name }) => name) };
    }
    if (fresh.length > MAX_REPORT_FILES) {
      return unreadable(
        `"${spec.pattern}" matches ${fresh.length} files, more than ${MAX_REPORT_FILES}. Merge them first or narrow the pattern.`,
      );
    }
    for (const file of fresh) {
      const problem = await addFile(file, spec.format, builder);
      if (problem !== undefined) return unreadable(problem);
      before.set(file.path, file.modifiedMs);
      files++;
    }
  }
  return { status: 'read', report: builder.build(), files };
}

const unreadable = (message: string): ReportReading => ({ status: 'unreadable', message });

/**
 * The kernel stamps files by a clock that ticks every few milliseconds, and some file systems keep
 * whole seconds, so a file from just after the start may look a little older than it.
 */
function isFresh(file: ReportFile, startedAt: number): boolean {
  const slackMs = Number.isInteger(file.modifiedMs / 1000) ? 2000 : 20;
  return file.modifiedMs >= startedAt - slackMs;
}

/** Answers what is wrong with the file, if anything is. */
async function addFile(
  file: ReportFile,
  format: ReportSpec['format'],
  builder: ReportBuilder,
): Promise<string | undefined> {
  if (file.size > MAX_REPORT_BYTES) {
    return `"${file.name}" has ${Math.ceil(file.size / MEBIBYTE)} MiB; at most ${MAX_REPORT_BYTES / MEBIBYTE} MiB are read. Have the runner leave captured output out of its report, or split it.`;
  }
  try {
    if (format === 'ctrf') addCtrfReport(await readFile(file.path, 'utf8'), builder);
    else await addJunitFile(file, builder);
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    const kind = format === 'ctrf' ? 'CTRF' : 'JUnit XML';
    if (error instanceof UnreadableReport || error instanceof MalformedXml) {
      return `"${file.name}" is not ${kind} that can be read: ${cause}. Check that the runner was not ended while writing it.`;
    }
    return `"${file.name}" cannot be read: ${cause}.`;
  }
}

async function addJunitFile(file: ReportFile, builder: ReportBuilder): Promise<void> {
  const reader = new XmlReader(new JunitReport(builder, file.path));
  let decoder: TextDecoder | undefined;
  // The bound on `end` holds even when the file grows while it is read.
  const stream = createReadStream(file.path, { highWaterMark: 64 * 1024, end: MAX_REPORT_BYTES });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    decoder ??= decoderFor(chunk);
    reader.write(decoder.decode(chunk, { stream: true }));
  }
  reader.write(decoder?.decode() ?? '');
  reader.end();
}

function decoderFor(start: Buffer): TextDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le');
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be');
  const declaration = /^[^<]{0,3}<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(
    start.subarray(0, 200).toString('latin1'),
  );
  const label = declaration?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label);
  } catch (error) {
    throw new UnreadableReport(`its encoding "${label}" is not known`, { cause: error });
  }
}
