import type { JobHeader, JobProgress, JobRef } from '../../../core/job/job-record.js';
import type { JobStatus, NodeStatus } from '../../../core/job/status.js';

/** The order in which counts are stored. Never to be reordered: databases are written in it. */
const COUNTED: readonly NodeStatus[] = [
  'pending',
  'ready',
  'running',
  'waiting',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'skipped',
];

type StoredProgress = readonly [
  status: JobStatus,
  updatedAt: number,
  startedAt: number | null,
  finishedAt: number | null,
  reason: string | null,
  /** In the order of {@link COUNTED}; then the priority, where it was changed. */
  ...counts: number[],
];

/** A progress as JSON, without its version, which is that of the record it stands in. */
export function encodeProgress(progress: JobProgress): string {
  const reason = progress.reason === undefined ? 'null' : JSON.stringify(progress.reason);
  let text = `["${progress.status}",${progress.updatedAt},${progress.startedAt ?? 'null'},${progress.finishedAt ?? 'null'},${reason}`;
  for (const status of COUNTED) text += `,${progress.counts[status]}`;
  if (progress.priority !== undefined) text += `,${progress.priority}`;
  return `${text}]`;
}

export function decodeProgress(text: string, version: number): JobProgress {
  const [status, updatedAt, startedAt, finishedAt, reason, ...stored] = JSON.parse(
    text,
  ) as StoredProgress;
  const counts = {} as Record<NodeStatus, number>;
  for (const [index, counted] of COUNTED.entries()) counts[counted] = stored[index] ?? 0;
  return {
    status,
    version,
    counts,
    updatedAt,
    ...(startedAt === null ? {} : { startedAt }),
    ...(finishedAt === null ? {} : { finishedAt }),
    ...(reason === null ? {} : { reason }),
    ...(stored[COUNTED.length] === undefined ? {} : { priority: stored[COUNTED.length] as number }),
  };
}

/** The status alone, without the cost of reading the rest. */
export function progressStatus(text: string): JobStatus {
  return text.slice(2, text.indexOf('"', 2)) as JobStatus;
}

/** A header as JSON, without the ids, which have columns of their own. */
export function encodeHeader(header: JobHeader): string {
  // What is undefined is left out of JSON.
  return JSON.stringify({ ...header, tenantId: undefined, jobId: undefined });
}

export function decodeHeader(text: string, ref: JobRef): JobHeader {
  return {
    tenantId: ref.tenantId,
    jobId: ref.jobId,
    ...(JSON.parse(text) as Omit<JobHeader, 'tenantId' | 'jobId'>),
  };
}
