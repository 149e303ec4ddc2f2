import type { JobProgress, JobRef } from '../core/job/job-record.js';
import type { CommitRequest, CommitResult } from '../ports/job-journal.js';
import type { StoredRecord } from '../ports/store-contents.js';
import { copyDefinition } from './copy-definition.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore } from './movable-store.js';
import { matchedJobs, named } from './pages.js';
import { severalAtOnce } from './several-at-once.js';

/** Jobs of which the next records go together. */
const JOBS_AT_ONCE = 500;
const READS_AT_ONCE = 8;
const RECORDS_A_READ = 32;
/** A flush is sent off once it has so many records, or so many characters. */
const RECORDS_A_FLUSH = 2_000;
const SIZE_A_FLUSH = 8 * 1024 * 1024;

interface MovingJob {
  readonly ref: JobRef;
  /** Records the source has of it. */
  readonly version: number;
  /** Records the target has of it. */
  copied: number;
}

interface Reading {
  readonly job: MovingJob;
  readonly requests: readonly CommitRequest[];
  readonly size: number;
}

/**
 * Commits the records of every job again in the target, in order of creation, save those that it has
 * already. The next records of many jobs are committed together, and no more than that is held in
 * memory.
 *
 * @param onCopied told how many jobs and records more the target has
 * @throws MigrationStopped when the target has other records of a job
 */
export async function copyJobs(
  source: MovableStore,
  target: MovableStore,
  onCopied: (jobs: number, records: number) => void,
): Promise<void> {
  const incoming = missingJobs(source, target, onCopied);
  let moving: MovingJob[] = [];
  let more = true;
  let shown: Promise<void> | undefined;
  for (;;) {
    while (more && moving.length < JOBS_AT_ONCE) {
      const next = await incoming.next();
      if (next.done === true) more = false;
      else moving.push(next.value);
    }
    if (moving.length === 0) break;
    const readings = await readSome(source, target, moving);
    // While these were read, what was committed before them has been projected: no more may wait.
    await shown;
    await commit(target, readings);
    shown = target.settled?.();
    for (const { job, requests } of readings) job.copied += requests.length;
    const before = moving.length;
    moving = moving.filter(({ copied, version }) => copied < version);
    const records = readings.reduce((sum, { requests }) => sum + requests.length, 0);
    onCopied(before - moving.length, records);
  }
  await shown;
}

async function* missingJobs(
  source: MovableStore,
  target: MovableStore,
  onCopied: (jobs: number, records: number) => void,
): AsyncGenerator<MovingJob> {
  for await (const { job, there } of matchedJobs(source.contents, target.contents)) {
    const { tenantId, jobId, version } = job;
    if (there > version) {
      throw new MigrationStopped(
        `The target has ${there} records of ${named(job)} and the source has ${version}: it went on ` +
          'there. Name a target that has not been in use.',
      );
    }
    if (there === version) {
      onCopied(1, there);
      continue;
    }
    // The last record that is there goes along again: it is refused if another has its place.
    const copied = there > 1 ? there - 1 : there;
    onCopied(0, copied);
    yield { ref: { tenantId, jobId }, version, copied };
  }
}

async function readSome(
  source: MovableStore,
  target: MovableStore,
  moving: readonly MovingJob[],
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  let records = 0;
  let size = 0;
  const read = (job: MovingJob): Promise<Reading> => readNext(source, target, job);
  for await (const some of severalAtOnce(moving, READS_AT_ONCE, read)) {
    for (const reading of some) {
      readings.push(reading);
      records += reading.requests.length;
      size += reading.size;
    }
    if (records >= RECORDS_A_FLUSH || size >= SIZE_A_FLUSH) break;
  }
  return readings;
}

async function readNext(
  source: MovableStore,
  target: MovableStore,
  job: MovingJob,
): Promise<Reading> {
  const { records } = await source.contents.records(
    job.ref,
    job.copied,
    Math.min(RECORDS_A_READ, job.version - job.copied),
  );
  const requests: CommitRequest[] = [];
  let size = 0;
  for (const [at, record] of records.entries()) {
    if (record.version !== job.copied + 1 + at) throw lacking(job, job.copied + 1 + at);
    const request = await requestOf(source, target, job.ref, record);
    requests.push(request);
    size += record.size + JSON.stringify(request.creation ?? '').length;
  }
  if (requests.length === 0) throw lacking(job, job.copied + 1);
  return { job, requests, size };
}

function lacking({ ref }: MovingJob, version: number): MigrationStopped {
  return new MigrationStopped(
    `Record ${version} of ${named(ref)} is missing in the source. ` +
      'Restore the source from a copy that is whole.',
  );
}

async function requestOf(
  source: MovableStore,
  target: MovableStore,
  { tenantId, jobId }: JobRef,
  { version, commitId, at, events, intents, progress, nodes, creation }: StoredRecord,
): Promise<CommitRequest> {
  return {
    tenantId,
    jobId,
    commitId,
    expectedVersion: version - 1,
    at,
    events,
    intents,
    progress: undriven(progress),
    nodes,
    ...(creation === undefined
      ? {}
      : {
          creation: {
            ...creation,
            chunks: await copyDefinition(source, target, creation.header),
          },
        }),
  };
}

/** Leases do not move house: whoever drives the target takes what is unfinished. */
export function undriven(progress: JobProgress): JobProgress {
  const { driver, ...rest } = progress;
  return driver === undefined ? progress : rest;
}

async function commit(target: MovableStore, readings: readonly Reading[]): Promise<void> {
  const batch = readings.flatMap(({ requests }) => requests);
  const results = await target.journal.commit(batch);
  for (const [at, request] of batch.entries()) {
    const result = results[at];
    if (result?.status !== 'committed') throw refused(request, result);
  }
}

function refused(request: CommitRequest, result: CommitResult | undefined): MigrationStopped {
  const why =
    result?.status === 'duplicate_key'
      ? `its idempotency key is that of job ${result.jobId} there`
      : 'the target has other content for it';
  return new MigrationStopped(
    `Record ${request.expectedVersion + 1} of ${named(request)} cannot be copied: ${why}. ` +
      'Name a target that is empty, or that only this source has been copied to.',
  );
}
