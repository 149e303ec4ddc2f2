import type { Statement } from 'better-sqlite3';
import type { JobRef, NodeProjection } from '../../../core/job/job-record.js';
import type { DeadLetter } from '../../../ports/dead-letters.js';
import type { Schedule } from '../../../core/schedule/schedule.js';
import type { IdempotencyClaim } from '../../../ports/job-journal.js';
import type {
  PlacedSchedule,
  RecordPage,
  StoreContents,
  StoredJob,
  StoredRecord,
  StoredTemplateName,
  StoredTestCase,
  StoredToken,
} from '../../../ports/store-contents.js';
import type { TestCase } from '../../../ports/test-catalogue.js';
import type { Connection } from './connection.js';
import type { JobLookup } from './job-lookup.js';
import type { NodeStates } from './node-states.js';
import { decodeRecordBody } from '../record-body.js';
import { decodeHeader, decodeProgress, progressStatus } from './record-codec.js';
import { letterFrom, type LetterRow } from './sqlite-dead-letters.js';

/** Characters of records in a page, about; the last record of a page may go beyond. */
const PAGE_SIZE = 512 * 1024;

interface JobRow {
  readonly seq: number;
  readonly scope: string;
  readonly jobId: string;
  readonly version: number;
  readonly progress: string;
}

interface RecordRow {
  readonly version: number;
  readonly at: number;
  readonly commitId: string;
  readonly progress: string;
  readonly body: string;
}

interface NameRow {
  readonly tenant: number;
  readonly scope: string;
  readonly name: string;
}

interface TestCaseRow extends NameRow {
  readonly body: string;
}

/** Everything in a SQLite store, in pages that its indexes serve. */
export class SqliteStoreContents implements StoreContents {
  readonly #connection: Connection;
  readonly #lookup: JobLookup;
  readonly #nodes: NodeStates;
  readonly #lastJob: Statement<[], number | null>;
  readonly #lastRecord: Statement<[], number | null>;
  readonly #jobs: Statement<[number, number], JobRow>;
  readonly #version: Statement<[number], number>;
  readonly #records: Statement<[number, number, number], RecordRow>;
  readonly #header: Statement<[number], string>;
  readonly #claim: Statement<[number], IdempotencyClaim>;
  readonly #testCases: Statement<[number, string, number], TestCaseRow>;
  readonly #templates: Statement<[number, string, number], NameRow>;
  readonly #letters: Statement<[string, number], LetterRow>;
  readonly #schedules: Statement<[number, number], { readonly id: number; readonly body: string }>;
  readonly #tokens: Statement<[string, number], StoredToken>;

  constructor(connection: Connection, lookup: JobLookup, nodes: NodeStates) {
    this.#connection = connection;
    this.#lookup = lookup;
    this.#nodes = nodes;
    this.#lastJob = connection.prepare<[], number | null>('SELECT max(seq) FROM job').pluck();
    this.#lastRecord = connection.prepare<[], number | null>('SELECT max(id) FROM journal').pluck();
    this.#jobs = connection.prepare(
      'SELECT seq, scope.name AS scope, job_id AS jobId, version, progress FROM job ' +
        'JOIN scope ON scope.id = job.tenant JOIN journal ON journal.job = job.seq ' +
        'WHERE seq > ? AND version = (SELECT version FROM journal AS last ' +
        'WHERE last.job = job.seq ORDER BY last.version DESC LIMIT 1) ORDER BY seq LIMIT ?',
    );
    this.#version = connection
      .prepare<[number], number>(
        'SELECT version FROM journal WHERE job = ? ORDER BY version DESC LIMIT 1',
      )
      .pluck();
    this.#records = connection.prepare(
      'SELECT version, at, commit_id AS commitId, progress, body FROM journal ' +
        'WHERE job = ? AND version > ? ORDER BY version LIMIT ?',
    );
    this.#header = connection
      .prepare<[number], string>('SELECT header FROM job WHERE seq = ?')
      .pluck();
    this.#claim = connection.prepare('SELECT key, body_hash AS bodyHash FROM claim WHERE job = ?');
    this.#testCases = connection.prepare(
      'SELECT tenant, scope.name AS scope, test_case.name AS name, body FROM test_case ' +
        'JOIN scope ON scope.id = tenant WHERE (tenant, test_case.name) > (?, ?) ' +
        'ORDER BY tenant, test_case.name LIMIT ?',
    );
    this.#templates = connection.prepare(
      'SELECT tenant, scope.name AS scope, template.name AS name FROM template ' +
        'JOIN scope ON scope.id = tenant WHERE (tenant, template.name) > (?, ?) ' +
        'ORDER BY tenant, template.name LIMIT ?',
    );
    this.#letters = connection.prepare(
      'SELECT info, requeue, config FROM dead_letter WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#schedules = connection.prepare(
      'SELECT id, body FROM schedule WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#tokens = connection.prepare(
      'SELECT id, expires_at AS expiresAt FROM redeemed_token WHERE id > ? ORDER BY id LIMIT ?',
    );
  }

  /** As many as there would be if none had ever been deleted. */
  size(): Promise<{ readonly jobs: number; readonly records: number }> {
    return this.#connection.read(() => ({
      jobs: (this.#lastJob.get() ?? -1) + 1,
      records: this.#lastRecord.get() ?? 0,
    }));
  }

  jobs(after: string | undefined, limit: number): Promise<readonly StoredJob[]> {
    return this.#connection.read(() =>
      this.#jobs
        .all(after === undefined ? -1 : Number(after), limit)
        .map(({ seq, scope, jobId, version, progress }) => ({
          tenantId: tenantOf(scope),
          jobId,
          version,
          status: progressStatus(progress),
          place: String(seq),
        })),
    );
  }

  versions(refs: readonly JobRef[]): Promise<readonly number[]> {
    return this.#connection.read(() =>
      refs.map((ref) => {
        const job = this.#lookup.find(ref);
        return job === undefined ? 0 : (this.#version.get(job.seq) ?? 0);
      }),
    );
  }

  records(ref: JobRef, afterVersion: number, limit: number): Promise<RecordPage> {
    return this.#connection.read(() => {
      const job = this.#lookup.find(ref);
      const records: StoredRecord[] = [];
      if (job === undefined) return { records, end: true };
      let size = 0;
      for (const row of this.#records.iterate(job.seq, afterVersion, limit)) {
        const creation = row.version === 1 ? this.#creation(job.seq, ref) : undefined;
        const record = decode(row, creation);
        records.push(record);
        size += record.size;
        if (size >= PAGE_SIZE) return { records, end: false };
      }
      return { records, end: records.length < limit };
    });
  }

  states(ref: JobRef, first: number, end: number): Promise<readonly NodeProjection[]> {
    return this.#connection.read(() => {
      const job = this.#lookup.find(ref);
      return job === undefined ? [] : this.#nodes.range(job.seq, first, end);
    });
  }

  testCases(after: string | undefined, limit: number): Promise<readonly StoredTestCase[]> {
    return this.#connection.read(() => {
      return this.#testCases.all(...startOf(after), limit).map((row) => ({
        tenantId: tenantOf(row.scope),
        testCase: JSON.parse(row.body) as TestCase,
        place: placeOf(row),
      }));
    });
  }

  templates(after: string | undefined, limit: number): Promise<readonly StoredTemplateName[]> {
    return this.#connection.read(() =>
      this.#templates.all(...startOf(after), limit).map((row) => ({
        tenantId: tenantOf(row.scope),
        name: row.name,
        place: placeOf(row),
      })),
    );
  }

  deadLetters(after: string | undefined, limit: number): Promise<readonly DeadLetter[]> {
    return this.#connection.read(() => this.#letters.all(after ?? '', limit).map(letterFrom));
  }

  schedules(after: string | undefined, limit: number): Promise<readonly PlacedSchedule[]> {
    return this.#connection.read(() =>
      this.#schedules.all(after === undefined ? 0 : Number(after), limit).map(({ id, body }) => ({
        schedule: JSON.parse(body) as Schedule,
        place: String(id),
      })),
    );
  }

  tokens(after: string | undefined, limit: number): Promise<readonly StoredToken[]> {
    return this.#connection.read(() => this.#tokens.all(after ?? '', limit));
  }

  #creation(seq: number, ref: JobRef): NonNullable<StoredRecord['creation']> {
    const header = decodeHeader(this.#header.get(seq) ?? '{}', ref);
    const idempotency = this.#claim.get(seq);
    return idempotency === undefined ? { header } : { header, idempotency };
  }
}

function decode(
  { version, at, commitId, progress, body }: RecordRow,
  creation: StoredRecord['creation'],
): StoredRecord {
  return {
    version,
    commitId,
    at,
    ...decodeRecordBody(body),
    progress: decodeProgress(progress, version),
    ...(creation === undefined ? {} : { creation }),
    size: body.length + progress.length,
  };
}

function placeOf({ tenant, name }: NameRow): string {
  return JSON.stringify([tenant, name]);
}

function startOf(place: string | undefined): [tenant: number, name: string] {
  return place === undefined ? [-1, ''] : (JSON.parse(place) as [number, string]);
}

function tenantOf(scope: string): string {
  return (JSON.parse(scope) as [string])[0];
}
