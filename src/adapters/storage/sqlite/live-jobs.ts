import type { Statement } from 'better-sqlite3';
import type { JobHeader, JobRef } from '../../../core/job/job-record.js';
import { isTerminalJob, type JobStatus } from '../../../core/job/status.js';
import type { Connection, Remembering } from './connection.js';
import type { Unfolded } from './node-states.js';
import { decodeProgress } from './record-codec.js';
import type { Scopes } from './scopes.js';

/** What a commit needs to know of a job that exists. */
export interface LiveJob {
  readonly seq: number;
  readonly tenantId: string;
  readonly owner: string;
  version: number;
  status: JobStatus;
  /** In force. */
  priority: number;
  readonly unfolded: Unfolded;
}

interface LiveRow {
  readonly seq: number;
  readonly header: string;
  readonly version: number;
  readonly progress: string;
  readonly folded: number | null;
}

/** Where unfinished jobs stand, in memory from their first commit by this process to their last. */
export class LiveJobs implements Remembering {
  readonly #scopes: Scopes;
  readonly #load: Statement<[number, string], LiveRow>;
  readonly #tenants = new Map<string, Map<string, LiveJob>>();

  constructor(connection: Connection, scopes: Scopes) {
    this.#scopes = scopes;
    this.#load = connection.prepare(
      'SELECT job.seq, header, journal.version, progress, fold.version AS folded FROM job ' +
        'JOIN journal ON journal.job = job.seq LEFT JOIN fold ON fold.job = job.seq ' +
        'WHERE tenant = ? AND job_id = ? ORDER BY journal.version DESC LIMIT 1',
    );
    connection.remember(this);
  }

  forget(): void {
    this.#tenants.clear();
  }

  find(ref: JobRef): LiveJob | undefined {
    return this.#tenants.get(ref.tenantId)?.get(ref.jobId) ?? this.#read(ref);
  }

  /** To be called after every change: forgets a job that has ended. */
  keep(ref: JobRef, job: LiveJob): void {
    let jobs = this.#tenants.get(ref.tenantId);
    if (isTerminalJob(job.status)) {
      jobs?.delete(ref.jobId);
      return;
    }
    if (jobs === undefined) this.#tenants.set(ref.tenantId, (jobs = new Map<string, LiveJob>()));
    jobs.set(ref.jobId, job);
  }

  #read(ref: JobRef): LiveJob | undefined {
    const tenant = this.#scopes.find(ref.tenantId);
    const row = tenant === undefined ? undefined : this.#load.get(tenant, ref.jobId);
    if (row === undefined) return undefined;
    const header = JSON.parse(row.header) as Pick<JobHeader, 'owner' | 'priority'>;
    const { status, priority = header.priority } = decodeProgress(row.progress, row.version);
    const folded = row.folded ?? 0;
    return {
      seq: row.seq,
      tenantId: ref.tenantId,
      owner: header.owner,
      version: row.version,
      status,
      priority,
      // Records stand in for the nodes in them, which are not worth reading every body for.
      unfolded: { folded, nodes: row.version - folded, size: 0 },
    };
  }
}
