import type { Statement } from 'better-sqlite3';
import type { JobRef } from '../../../core/job/job-record.js';
import type { JobView } from '../../../ports/job-projections.js';
import type { Connection } from './connection.js';
import type { DefinitionPlace } from './definitions.js';
import { decodeHeader, decodeProgress } from './record-codec.js';
import type { Scopes } from './scopes.js';

export interface JobRow {
  readonly seq: number;
  readonly scope: string;
  readonly jobId: string;
  readonly header: string;
  readonly version: number;
  readonly progress: string;
}

/** Finds the rows of jobs, by id and by `seq`. */
export class JobLookup {
  readonly #scopes: Scopes;
  readonly #place: Statement<[number, string], DefinitionPlace>;
  readonly #row: Statement<[number], JobRow>;

  constructor(connection: Connection, scopes: Scopes) {
    this.#scopes = scopes;
    this.#place = connection.prepare('SELECT seq, parts FROM job WHERE tenant = ? AND job_id = ?');
    this.#row = connection.prepare(
      'SELECT seq, scope.name AS scope, job_id AS jobId, header, version, progress FROM job ' +
        'JOIN scope ON scope.id = job.tenant JOIN journal ON journal.job = job.seq ' +
        'WHERE seq = ? ORDER BY version DESC LIMIT 1',
    );
  }

  find(ref: JobRef): DefinitionPlace | undefined {
    const tenant = this.#scopes.find(ref.tenantId);
    return tenant === undefined ? undefined : this.#place.get(tenant, ref.jobId);
  }

  /** A job that is known to exist. */
  view(seq: number): JobView {
    const row = this.#row.get(seq);
    if (row === undefined) throw new Error(`Job number ${seq} is in an index and has no row.`);
    const [tenantId] = JSON.parse(row.scope) as [string];
    return {
      header: decodeHeader(row.header, { tenantId, jobId: row.jobId }),
      progress: decodeProgress(row.progress, row.version),
    };
  }
}
