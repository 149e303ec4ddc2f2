import type { Statement } from 'better-sqlite3';
import type { JobHeader, JobProgress, JobRef } from '../../../core/job/job-record.js';
import { isTerminalJob } from '../../../core/job/status.js';
import type {
  DiscardedJobs,
  DiscardQuery,
  ErasedJobs,
  Retention,
} from '../../../ports/retention.js';
import type { Connection } from './connection.js';
import type { DiscardedJobs as Discards } from './discarded-jobs.js';
import { EVERY_JOB } from './job-facets.js';
import type { JobIndex } from './job-index.js';
import { BLOCK_JOBS, visitBits } from './posting-bits.js';
import type { Postings } from './postings.js';
import { decodeProgress } from './record-codec.js';
import type { Scopes } from './scopes.js';
import type { TimeBounds } from './time-bounds.js';

/** How long one call works, in ms, before it leaves the event loop to others. */
const STEP = 3;
/** Postings changed in one call, about; they are written at its end. */
const POSTINGS = 80;

export interface RetentionParts {
  readonly scopes: Scopes;
  readonly postings: Postings;
  readonly bounds: TimeBounds;
  readonly index: JobIndex;
  readonly discards: Discards;
}

interface EndedRow {
  readonly version: number;
  readonly progress: string;
}

interface JobRow {
  readonly tenant: number;
  readonly scope: string;
  readonly jobId: string;
  readonly parts: number | null;
  readonly header: string;
}

interface ExpiredJob extends JobRow {
  readonly seq: number;
  readonly tenantId: string;
  readonly progress: JobProgress;
}

/**
 * Retention in SQLite. Jobs are looked at in order of creation, past the segments that hold none
 * created early enough. The pages that are freed are used again by what is written next; the file
 * does not shrink.
 */
export class SqliteRetention implements Retention {
  readonly #connection: Connection;
  readonly #parts: RetentionParts;
  readonly #next: Statement<[number], number>;
  readonly #last: Statement<[number], EndedRow>;
  readonly #job: Statement<[number], JobRow>;
  readonly #dropClaim: Statement<[number]>;
  readonly #dropJob: Statement<[number]>;

  constructor(connection: Connection, parts: RetentionParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#next = connection
      .prepare<[number], number>('SELECT seq FROM job WHERE seq >= ? ORDER BY seq LIMIT 1')
      .pluck();
    this.#last = connection.prepare(
      'SELECT version, progress FROM journal WHERE job = ? ORDER BY version DESC LIMIT 1',
    );
    this.#job = connection.prepare(
      'SELECT tenant, scope.name AS scope, job_id AS jobId, parts, header FROM job ' +
        'JOIN scope ON scope.id = tenant WHERE seq = ?',
    );
    this.#dropClaim = connection.prepare('DELETE FROM claim WHERE job = ?');
    this.#dropJob = connection.prepare('DELETE FROM job WHERE seq = ?');
  }

  discard(query: DiscardQuery): Promise<DiscardedJobs> {
    const ends = performance.now() + STEP;
    return this.#connection.write(() => {
      const jobs: JobRef[] = [];
      let postings = 0;
      let seq = this.#after(Number(query.cursor ?? 0), query);
      while (seq !== undefined && jobs.length < query.limit && postings < POSTINGS) {
        const job = this.#expired(seq, query);
        if (job !== undefined) {
          postings += this.#discard(job, query.now);
          jobs.push({ tenantId: job.tenantId, jobId: job.jobId });
        }
        seq = this.#after(seq + 1, query);
        if (performance.now() >= ends) break;
      }
      this.#parts.index.flush('forget');
      return { jobs, ...(seq === undefined ? {} : { next: String(seq) }) };
    });
  }

  discarded(now: number, skip: number, limit: number): Promise<readonly JobRef[]> {
    return this.#connection.read(() => this.#parts.discards.due(now, skip, limit));
  }

  erase(jobs: readonly JobRef[], now: number): Promise<boolean> {
    const ends = performance.now() + STEP;
    return this.#connection.write(() => {
      for (const job of jobs) {
        while (this.#parts.discards.eraseSome(job, now)) {
          if (performance.now() >= ends) return false;
        }
      }
      return true;
    });
  }

  erased(since: number, limit: number, cursor?: string): Promise<ErasedJobs> {
    return this.#connection.read(() => this.#parts.discards.erasedSince(since, limit, cursor));
  }

  /** The first job from this number on that may have been created early enough. */
  #after(from: number, { tenantId, endedBefore }: DiscardQuery): number | undefined {
    const { bounds } = this.#parts;
    const period = { from: -Infinity, to: endedBefore };
    let at = this.#existing(from, tenantId);
    while (at !== undefined && at < bounds.sealed) {
      const within = bounds.nextWithin(at, period) ?? bounds.sealed;
      if (within === at) return at;
      at = this.#existing(within, tenantId);
    }
    return at;
  }

  #existing(from: number, tenantId: string | undefined): number | undefined {
    return tenantId === undefined ? this.#next.get(from) : this.#ofTenant(tenantId, from);
  }

  #ofTenant(tenantId: string, from: number): number | undefined {
    const { scopes, postings, index } = this.#parts;
    const scope = scopes.find(tenantId);
    const facet = scope === undefined ? undefined : postings.find(scope, EVERY_JOB);
    let block: number | undefined = Math.floor(from / BLOCK_JOBS);
    while (facet !== undefined) {
      block = postings.nearest(facet.id, block, false);
      const bits = block === undefined ? undefined : postings.block(facet.id, block);
      if (block === undefined || bits === undefined) break;
      const base = block * BLOCK_JOBS;
      let found: number | undefined;
      visitBits(bits, false, (bit) => {
        if (base + bit >= from) found = base + bit;
        return found === undefined;
      });
      if (found !== undefined) return found;
      block += 1;
    }
    return index.recent.find((job) => job.seq >= from && job.tenantId === tenantId)?.seq;
  }

  #expired(seq: number, { endedBefore }: DiscardQuery): ExpiredJob | undefined {
    const last = this.#last.get(seq);
    if (last === undefined) return undefined;
    const progress = decodeProgress(last.progress, last.version);
    const { status, updatedAt, finishedAt } = progress;
    if (!isTerminalJob(status) || (finishedAt ?? updatedAt) >= endedBefore) return undefined;
    const row = this.#job.get(seq);
    if (row === undefined) return undefined;
    const [tenantId] = JSON.parse(row.scope) as [string];
    return { ...row, seq, tenantId, progress };
  }

  /** Answers how many postings are to be written for it. */
  #discard({ seq, tenantId, progress, ...row }: ExpiredJob, now: number): number {
    const header = JSON.parse(row.header) as Omit<JobHeader, 'tenantId' | 'jobId'>;
    this.#dropClaim.run(seq);
    this.#dropJob.run(seq);
    this.#parts.discards.add(seq, row.tenant, row.jobId, row.parts, now);
    return this.#parts.index.remove(seq, tenantId, header, progress);
  }
}
