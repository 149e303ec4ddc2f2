import type { Statement } from 'better-sqlite3';
import type { JobRef } from '../../../core/job/job-record.js';
import { FENCE_MS, type ErasedJobs } from '../../../ports/retention.js';
import type { Connection } from './connection.js';
import { MAX_NODES } from './node-states.js';
import type { Scopes } from './scopes.js';
import type { TimeBounds } from './time-bounds.js';

interface DiscardedRow {
  readonly seq: number;
  readonly parts: number | null;
  readonly due: number;
  readonly erased: 0 | 1;
}

/** Rows deleted by one statement: what it takes is well below a millisecond. */
const RECORDS_AT_ONCE = 50;
const STATES_AT_ONCE = 250;
const PARTS_AT_ONCE = 2;

/** Jobs that have been taken out, and what is left of them. */
export class DiscardedJobs {
  readonly #scopes: Scopes;
  readonly #bounds: TimeBounds;
  readonly #add: Statement<[number, number, string, number | null, number]>;
  readonly #find: Statement<[number, string], DiscardedRow>;
  readonly #due: Statement<[number, number, number, number], { scope: string; jobId: string }>;
  readonly #since: Statement<
    [number, number, number],
    { seq: number; due: number; scope: string; jobId: string }
  >;
  readonly #erased: Statement<[number, number]>;
  readonly #forget: Statement<[number]>;
  readonly #dropRecords: Statement<[number, number]>;
  readonly #dropStates: Statement<[number, number, number]>;
  readonly #dropParts: Statement<[number, number]>;
  readonly #dropFold: Statement<[number]>;

  constructor(connection: Connection, scopes: Scopes, bounds: TimeBounds) {
    this.#scopes = scopes;
    this.#bounds = bounds;
    this.#add = connection.prepare(
      'INSERT INTO discarded_job (job, tenant, job_id, parts, due) VALUES (?, ?, ?, ?, ?)',
    );
    this.#find = connection.prepare(
      'SELECT job AS seq, parts, due, erased FROM discarded_job WHERE tenant = ? AND job_id = ?',
    );
    this.#due = connection.prepare(
      'SELECT scope.name AS scope, job_id AS jobId FROM discarded_job ' +
        'JOIN scope ON scope.id = tenant WHERE due <= ? AND (erased = 0 OR job < ?) ' +
        'ORDER BY due, job LIMIT ? OFFSET ?',
    );
    this.#since = connection.prepare(
      'SELECT job AS seq, due, scope.name AS scope, job_id AS jobId FROM discarded_job ' +
        'JOIN scope ON scope.id = tenant WHERE (due, job) > (?, ?) AND erased = 1 ' +
        'ORDER BY due, job LIMIT ?',
    );
    this.#erased = connection.prepare(
      'UPDATE discarded_job SET erased = 1, parts = NULL, due = ? WHERE job = ?',
    );
    this.#forget = connection.prepare('DELETE FROM discarded_job WHERE job = ?');
    this.#dropRecords = connection.prepare(
      'DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE job = ? LIMIT ?)',
    );
    this.#dropStates = connection.prepare(
      'DELETE FROM node_state WHERE place IN ' +
        '(SELECT place FROM node_state WHERE place >= ? AND place < ? LIMIT ?)',
    );
    this.#dropParts = connection.prepare(
      'DELETE FROM definition_part WHERE rowid IN ' +
        '(SELECT rowid FROM definition_part WHERE parts = ? LIMIT ?)',
    );
    this.#dropFold = connection.prepare('DELETE FROM fold WHERE job = ?');
  }

  add(seq: number, tenant: number, jobId: string, parts: number | null, now: number): void {
    this.#add.run(seq, tenant, jobId, parts, now);
  }

  /** The `seq` that a discarded job had, for as long as it is remembered. */
  seqOf(ref: JobRef): number | undefined {
    return this.#row(ref)?.seq;
  }

  due(now: number, skip: number, limit: number): readonly JobRef[] {
    return this.#due.all(now, this.#bounds.sealed, limit, skip).map(refOf);
  }

  erasedSince(since: number, limit: number, cursor: string | undefined): ErasedJobs {
    const start = cursor === undefined ? [since + FENCE_MS, -1] : (JSON.parse(cursor) as number[]);
    const found = this.#since.all(start[0] ?? 0, start[1] ?? 0, limit);
    const last = found.at(-1);
    return {
      jobs: found.map(refOf),
      ...(last === undefined || found.length < limit
        ? {}
        : { next: JSON.stringify([last.due, last.seq]) }),
    };
  }

  /**
   * Erases a little of what is left of a job; false when there is nothing more to erase of it now.
   * Only within a write.
   */
  eraseSome(ref: JobRef, now: number): boolean {
    const row = this.#row(ref);
    if (row === undefined) return false;
    const { seq, parts, due, erased } = row;
    if (erased === 1) {
      // The number stands for the job in the order of creation until its segment is sealed.
      if (due <= now && seq < this.#bounds.sealed) this.#forget.run(seq);
      return false;
    }
    if (this.#dropRecords.run(seq, RECORDS_AT_ONCE).changes > 0) return true;
    const [from, to] = [seq * MAX_NODES, (seq + 1) * MAX_NODES];
    if (this.#dropStates.run(from, to, STATES_AT_ONCE).changes > 0) return true;
    if (parts !== null && this.#dropParts.run(parts, PARTS_AT_ONCE).changes > 0) return true;
    this.#dropFold.run(seq);
    this.#erased.run(now + FENCE_MS, seq);
    return false;
  }

  #row(ref: JobRef): DiscardedRow | undefined {
    const tenant = this.#scopes.find(ref.tenantId);
    return tenant === undefined ? undefined : this.#find.get(tenant, ref.jobId);
  }
}

function refOf({ scope, jobId }: { readonly scope: string; readonly jobId: string }): JobRef {
  const [tenantId] = JSON.parse(scope) as [string];
  return { tenantId, jobId };
}
