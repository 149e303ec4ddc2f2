import type { Statement } from 'better-sqlite3';
import type { DefinitionChunk, JobRef } from '../../../core/job/job-record.js';
import type {
  CommitRequest,
  CommitResult,
  JobCreation,
  JobJournal,
  JournalRecord,
} from '../../../ports/job-journal.js';
import type { Connection } from './connection.js';
import type { Definitions } from './definitions.js';
import type { DiscardedJobs } from './discarded-jobs.js';
import type { JobIndex } from './job-index.js';
import type { LiveJob, LiveJobs } from './live-jobs.js';
import { MAX_NODES, type NodeStates } from './node-states.js';
import { letterSeeds } from '../letters-of.js';
import { decodeRecordBody, encodeRecordBody } from '../record-body.js';
import { decodeHeader, encodeHeader, encodeProgress } from './record-codec.js';
import type { Scopes } from './scopes.js';
import type { JobLookup } from './job-lookup.js';
import type { SqliteDeadLetters } from './sqlite-dead-letters.js';

export interface JournalParts {
  readonly scopes: Scopes;
  readonly definitions: Definitions;
  readonly live: LiveJobs;
  readonly index: JobIndex;
  readonly nodes: NodeStates;
  readonly lookup: JobLookup;
  readonly discards: DiscardedJobs;
  readonly deadLetters: SqliteDeadLetters;
}

type Claim = { readonly jobId: string; readonly bodyHash: string };

/** The journal in SQLite: a call of `commit` is one transaction and one sync of the disk. */
export class SqliteJobJournal implements JobJournal {
  readonly #connection: Connection;
  readonly #parts: JournalParts;
  readonly #append: Statement<[number, number, number, string, string, string]>;
  readonly #addJob: Statement<
    [number, number, string, number, number | null, string, string | null]
  >;
  readonly #header: Statement<[number], string>;
  readonly #commitIdAt: Statement<[number, number], string>;
  readonly #records: Statement<
    [number, number, number],
    { version: number; at: number; body: string }
  >;
  readonly #claim: Statement<[number, string, number, string]>;
  readonly #claimed: Statement<[number, string], Claim>;

  constructor(connection: Connection, parts: JournalParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#append = connection.prepare(
      'INSERT INTO journal (job, version, at, commit_id, progress, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#addJob = connection.prepare(
      'INSERT INTO job (seq, tenant, job_id, created_at, parts, header, definition) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, job_id) DO NOTHING',
    );
    this.#header = connection
      .prepare<[number], string>('SELECT header FROM job WHERE seq = ?')
      .pluck();
    this.#commitIdAt = connection
      .prepare<[number, number], string>(
        'SELECT commit_id FROM journal WHERE job = ? AND version = ?',
      )
      .pluck();
    this.#records = connection.prepare(
      'SELECT version, at, body FROM journal WHERE job = ? AND version > ? ORDER BY version LIMIT ?',
    );
    this.#claim = connection.prepare(
      'INSERT INTO claim (scope, key, job, body_hash) VALUES (?, ?, ?, ?)',
    );
    this.#claimed = connection.prepare(
      'SELECT job.job_id AS jobId, body_hash AS bodyHash FROM claim JOIN job ON job.seq = claim.job ' +
        'WHERE scope = ? AND key = ?',
    );
  }

  commit(batch: readonly CommitRequest[]): Promise<readonly CommitResult[]> {
    if (batch.length === 0) return Promise.resolve([]);
    return this.#connection.write(() => {
      const results = batch.map((record) => this.#commitOne(record));
      this.#parts.index.flush();
      return results;
    });
  }

  stage(ref: JobRef, chunk: DefinitionChunk): Promise<void> {
    return this.#connection.write(() => {
      this.#parts.definitions.stage(this.#parts.scopes.ensure(ref.tenantId), ref.jobId, chunk);
    });
  }

  async sweepStaged(): Promise<void> {
    while (await this.#connection.write(() => this.#parts.definitions.sweepOne())) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  read(ref: JobRef, afterVersion: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#connection.read(() => {
      const job = this.#parts.lookup.find(ref);
      if (job === undefined) return [];
      return this.#records
        .all(job.seq, afterVersion, limit)
        .map(({ version, at, body }) => ({ version, at, events: decodeRecordBody(body).events }));
    });
  }

  readDefinition(ref: JobRef, first: number, limit: number): Promise<readonly DefinitionChunk[]> {
    return this.#connection.read(() => {
      const job = this.#parts.lookup.find(ref);
      return job === undefined ? [] : this.#parts.definitions.read(job, first, limit);
    });
  }

  findClaim(tenantId: string, owner: string, key: string): Promise<Claim | undefined> {
    return this.#connection.read(() => {
      const scope = this.#parts.scopes.find(tenantId, owner);
      return scope === undefined ? undefined : this.#claimed.get(scope, key);
    });
  }

  #commitOne(record: CommitRequest): CommitResult {
    if (record.expectedVersion === 0) return this.#create(record);
    const job = this.#parts.live.find(record);
    if (job === undefined) return { status: 'conflict', actualVersion: 0 };
    if (job.version !== record.expectedVersion) return this.#repeatOrConflict(record, job);
    this.#appendTo(job, record);
    return { status: 'committed', version: job.version };
  }

  #create(record: CommitRequest): CommitResult {
    const { creation } = record;
    if (creation === undefined) {
      throw new TypeError(`The record that creates job ${record.jobId} has no creation.`);
    }
    const { scopes, live, index, discards } = this.#parts;
    const { header, idempotency } = creation;
    if (discards.seqOf(record) !== undefined) return { status: 'conflict', actualVersion: 0 };
    const tenant = scopes.ensure(record.tenantId);
    if (idempotency !== undefined) {
      const claimed = this.#claimed.get(
        scopes.ensure(record.tenantId, header.owner),
        idempotency.key,
      );
      if (claimed !== undefined && claimed.jobId !== record.jobId) {
        const existing = live.find(record);
        if (existing !== undefined) return this.#repeatOrConflict(record, existing);
        return { status: 'duplicate_key', ...claimed };
      }
    }
    const seq = index.nextSeq;
    if (!this.#insertJob(seq, tenant, record.jobId, creation)) {
      const existing = live.find(record);
      if (existing === undefined)
        throw new Error(`Job ${record.jobId} is there and cannot be read.`);
      return this.#repeatOrConflict(record, existing);
    }
    if (idempotency !== undefined) {
      const scope = scopes.ensure(record.tenantId, header.owner);
      this.#claim.run(scope, idempotency.key, seq, idempotency.bodyHash);
    }
    const { status } = record.progress;
    index.add(seq, header, status);
    this.#appendTo(
      {
        seq,
        tenantId: record.tenantId,
        owner: header.owner,
        version: 0,
        status,
        priority: header.priority,
        unfolded: { folded: 0, nodes: 0, size: 0 },
      },
      record,
    );
    return { status: 'committed', version: 1 };
  }

  /** False when the job exists already; then nothing was written. */
  #insertJob(seq: number, tenant: number, jobId: string, creation: JobCreation): boolean {
    const { header, chunks } = creation;
    if (header.nodeCount > MAX_NODES) {
      throw new RangeError(
        `Job ${jobId} has ${header.nodeCount} nodes and the store takes ${MAX_NODES}: split it.`,
      );
    }
    const { definitions } = this.#parts;
    const only = chunks[0];
    const inline =
      chunks.length === 1 && only?.first === 0 && only.nodes.length === header.nodeCount
        ? JSON.stringify(only.nodes)
        : null;
    // The parts are settled only for a job that is new, so its id is looked up before.
    if (inline === null && this.#parts.live.find({ tenantId: header.tenantId, jobId }))
      return false;
    const parts = inline === null ? definitions.settle(tenant, jobId, chunks) : null;
    const { changes } = this.#addJob.run(
      seq,
      tenant,
      jobId,
      header.createdAt,
      parts,
      encodeHeader(header),
      inline,
    );
    return changes === 1;
  }

  #appendTo(job: LiveJob, record: CommitRequest): void {
    const { live, index, nodes } = this.#parts;
    const body = encodeRecordBody(record);
    const version = job.version + 1;
    this.#append.run(
      job.seq,
      version,
      record.at,
      record.commitId,
      encodeProgress(record.progress),
      body,
    );
    const letters = letterSeeds(record);
    if (letters.length > 0) {
      const header = decodeHeader(this.#header.get(job.seq) ?? '{}', record);
      this.#parts.deadLetters.committed(header, letters);
    }
    const { status } = record.progress;
    job.version = version;
    if (status !== job.status) {
      index.statusChanged(job.seq, job.tenantId, job.owner, job.status, status);
      job.status = status;
    }
    const { priority = job.priority } = record.progress;
    if (priority !== job.priority) {
      index.priorityChanged(job.seq, job.tenantId, job.owner, job.priority, priority);
      job.priority = priority;
    }
    nodes.committed(job.seq, version, record.nodes.length, body.length, job.unfolded);
    live.keep(record, job);
  }

  #repeatOrConflict(record: CommitRequest, job: LiveJob): CommitResult {
    const version = record.expectedVersion + 1;
    if (this.#commitIdAt.get(job.seq, version) === record.commitId) {
      return { status: 'committed', version };
    }
    return { status: 'conflict', actualVersion: job.version };
  }
}
