import type { Statement } from 'better-sqlite3';
import type { JobHeader, JobProgress } from '../../../core/job/job-record.js';
import { isTerminalJob, type JobStatus } from '../../../core/job/status.js';
import type { Connection, Remembering } from './connection.js';
import {
  type IndexedJob,
  NO_SCOPE,
  UNFINISHED,
  facetsOf,
  priorityFacet,
  statusFacet,
} from './job-facets.js';
import type { Postings } from './postings.js';
import { decodeProgress } from './record-codec.js';
import type { Scopes } from './scopes.js';
import { SEGMENT_JOBS, type TimeBounds } from './time-bounds.js';

/** Jobs that may stay out of the postings; every list looks at each of them. */
const RECENT_JOBS = 2 * SEGMENT_JOBS;
/** With more of them than this, one commit seals several segments. */
const RECENT_JOBS_AT_MOST = 4 * SEGMENT_JOBS;

interface RecentRow {
  readonly seq: number;
  readonly scope: string;
  readonly header: string;
  readonly progress: string;
}

/**
 * Keeps the bitmap index of jobs. The newest jobs are held in memory (and read back from their rows
 * after a restart); whole segments of them are sealed into the postings, a posting of each facet
 * once a segment. So a job costs the index next to nothing while it is young, when most happens to
 * it, and a change of status of an older one flips a few bits, once a batch.
 */
export class JobIndex implements Remembering {
  readonly #scopes: Scopes;
  readonly #postings: Postings;
  readonly #bounds: TimeBounds;
  readonly #loadRecent: Statement<[number], RecentRow>;
  readonly #lastDiscarded: Statement<[number], number | null>;
  readonly #flips = new Map<
    number,
    { tenantId: string; owner: string; from: JobStatus; to: JobStatus }
  >();
  readonly #reprioritized = new Map<
    number,
    { tenantId: string; owner: string; from: number; to: number }
  >();
  /** By `seq`, from the first that is not sealed; empty where a job has been discarded. */
  #recent: (IndexedJob | undefined)[] | undefined;

  constructor(connection: Connection, scopes: Scopes, postings: Postings, bounds: TimeBounds) {
    this.#scopes = scopes;
    this.#postings = postings;
    this.#bounds = bounds;
    this.#loadRecent = connection.prepare(
      'SELECT seq, scope.name AS scope, header, (SELECT progress FROM journal ' +
        'WHERE journal.job = job.seq ORDER BY version DESC LIMIT 1) AS progress ' +
        'FROM job JOIN scope ON scope.id = job.tenant WHERE seq >= ? ORDER BY seq',
    );
    this.#lastDiscarded = connection
      .prepare<[number], number | null>('SELECT max(job) FROM discarded_job WHERE job >= ?')
      .pluck();
    connection.remember(this);
  }

  forget(): void {
    this.#recent = undefined;
    this.#flips.clear();
    this.#reprioritized.clear();
  }

  /** The `seq` of the next job to be created. Asked for before its row is inserted. */
  get nextSeq(): number {
    return this.#bounds.sealed + this.#recentJobs().length;
  }

  /** The jobs that are not in the postings, oldest first. */
  get recent(): readonly IndexedJob[] {
    return this.#recentJobs().filter((job) => job !== undefined);
  }

  add(seq: number, header: JobHeader, status: JobStatus): void {
    this.#recentJobs().push(indexed(seq, header.tenantId, header, status, header.priority));
  }

  statusChanged(
    seq: number,
    tenantId: string,
    owner: string,
    from: JobStatus,
    to: JobStatus,
  ): void {
    const recent = this.#recentJobs()[seq - this.#bounds.sealed];
    if (recent !== undefined) {
      recent.status = to;
      return;
    }
    const flip = this.#flips.get(seq);
    if (flip === undefined) this.#flips.set(seq, { tenantId, owner, from, to });
    else flip.to = to;
  }

  priorityChanged(seq: number, tenantId: string, owner: string, from: number, to: number): void {
    const recent = this.#recentJobs()[seq - this.#bounds.sealed];
    if (recent !== undefined) {
      recent.priority = to;
      return;
    }
    const change = this.#reprioritized.get(seq);
    if (change === undefined) this.#reprioritized.set(seq, { tenantId, owner, from, to });
    else change.to = to;
  }

  /** Takes a job out that has ended; answers how many postings that changes, at most. */
  remove(
    seq: number,
    tenantId: string,
    header: BareHeader,
    { status, priority = header.priority }: Pick<JobProgress, 'status' | 'priority'>,
  ): number {
    const place = seq - this.#bounds.sealed;
    if (place >= 0) {
      this.#recentJobs()[place] = undefined;
      return 0;
    }
    const facets = facetsOf(indexed(seq, tenantId, header, status, priority));
    for (const scope of this.#scopesOf(tenantId, header.owner)) {
      for (const facet of facets) this.#postings.clear(scope, facet, seq);
    }
    return facets.length * 2;
  }

  /** Writes what the batch changed. To be called at the end of every write. */
  flush(emptyFacets: 'keep' | 'forget' = 'keep'): void {
    for (const [seq, { tenantId, owner, from, to }] of this.#flips) {
      if (from === to) continue;
      for (const scope of this.#scopesOf(tenantId, owner)) {
        this.#postings.clear(scope, statusFacet(from), seq);
        this.#postings.set(scope, statusFacet(to), seq);
      }
      if (isTerminalJob(to)) this.#postings.clear(NO_SCOPE, UNFINISHED, seq);
      else this.#postings.set(NO_SCOPE, UNFINISHED, seq);
    }
    this.#flips.clear();
    for (const [seq, { tenantId, owner, from, to }] of this.#reprioritized) {
      if (from === to) continue;
      for (const scope of this.#scopesOf(tenantId, owner)) {
        this.#postings.clear(scope, priorityFacet(from), seq);
        this.#postings.set(scope, priorityFacet(to), seq);
      }
    }
    this.#reprioritized.clear();
    const recent = this.#recentJobs();
    if (recent.length >= RECENT_JOBS) this.#seal(recent);
    while (recent.length > RECENT_JOBS_AT_MOST) this.#seal(recent);
    this.#postings.flush(emptyFacets);
  }

  #seal(recent: (IndexedJob | undefined)[]): void {
    const segment = recent.splice(0, SEGMENT_JOBS);
    let earliest = Infinity;
    let latest = -Infinity;
    for (const job of segment) {
      if (job === undefined) continue;
      earliest = Math.min(earliest, job.createdAt);
      latest = Math.max(latest, job.createdAt);
      const facets = facetsOf(job);
      for (const scope of this.#scopesOf(job.tenantId, job.owner)) {
        for (const facet of facets) this.#postings.set(scope, facet, job.seq);
      }
      if (!isTerminalJob(job.status)) this.#postings.set(NO_SCOPE, UNFINISHED, job.seq);
    }
    this.#bounds.seal(earliest, latest);
  }

  #scopesOf(tenantId: string, owner: string): readonly number[] {
    return [this.#scopes.ensure(tenantId), this.#scopes.ensure(tenantId, owner)];
  }

  #recentJobs(): (IndexedJob | undefined)[] {
    this.#recent ??= this.#readRecent();
    return this.#recent;
  }

  #readRecent(): (IndexedJob | undefined)[] {
    const { sealed } = this.#bounds;
    const rows = this.#loadRecent.all(sealed);
    const last = Math.max(rows.at(-1)?.seq ?? -1, this.#lastDiscarded.get(sealed) ?? -1);
    const recent = Array<IndexedJob | undefined>(Math.max(0, last + 1 - sealed)).fill(undefined);
    for (const { seq, scope, header, progress } of rows) {
      const [tenantId] = JSON.parse(scope) as [string];
      const bare = JSON.parse(header) as BareHeader;
      const { status, priority = bare.priority } = decodeProgress(progress, 0);
      recent[seq - sealed] = indexed(seq, tenantId, bare, status, priority);
    }
    return recent;
  }
}

type BareHeader = Omit<JobHeader, 'tenantId' | 'jobId'>;

function indexed(
  seq: number,
  tenantId: string,
  header: BareHeader,
  status: JobStatus,
  priority: number,
): IndexedJob {
  const { owner, name, labels, types, createdAt } = header;
  return { seq, tenantId, owner, name, labels, types, priority, createdAt, status };
}
