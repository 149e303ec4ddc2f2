import type { Statement } from 'better-sqlite3';
import type { JobHeader } from '../../../core/job/job-record.js';
import type { JsonObject } from '../../../core/json.js';
import type {
  DeadLetter,
  DeadLetterExpiry,
  DeadLetterInfo,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  Requeue,
} from '../../../ports/dead-letters.js';
import { letterOf, type LetterSeed } from '../letters-of.js';
import { decodeTimeCursor, encodeTimeCursor } from '../list-cursor.js';
import type { Connection } from './connection.js';
import type { Scopes } from './scopes.js';

interface InfoRow {
  readonly info: string;
  readonly requeue: string | null;
}

export interface LetterRow extends InfoRow {
  readonly config: string | null;
}

/** What narrows a list; `null` narrows nothing. */
type Narrowing = [
  beforeTime: number,
  at: number,
  id: string,
  type: string | null,
  errorClass: string | null,
  requeued: 0 | 1 | null,
  limit: number,
];
type Row = [
  id: string,
  tenant: number,
  owner: number,
  at: number,
  jobId: string,
  type: string,
  errorClass: string,
  requeue: string | null,
  requeuedAs: string | null,
  info: string,
  config: string | null,
];

/** After every id. */
const LAST = '\u{10ffff}';
const NARROWED =
  'AND at < ? AND (at, id) < (?, ?) AND type = ifnull(?, type) AND class = ifnull(?, class) ' +
  'AND (requeued_as IS NOT NULL) = ifnull(?, requeued_as IS NOT NULL) ORDER BY at DESC, id DESC LIMIT ?';
const COLUMNS =
  '(id, tenant, owner, at, job_id, type, class, requeue, requeued_as, info, config) ' +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** Dead letters in SQLite, written in the transaction of the record that they follow from. */
export class SqliteDeadLetters implements DeadLetters {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #add: Statement<Row>;
  readonly #replace: Statement<Row>;
  readonly #ofTenant: Statement<[number, ...Narrowing], InfoRow>;
  readonly #ofOwner: Statement<[number, ...Narrowing], InfoRow>;
  readonly #ofJob: Statement<[number, string, number | null, ...Narrowing], InfoRow>;
  readonly #get: Statement<[string, number], LetterRow>;
  readonly #mark: Statement<[string | null, string | null, string, number, string | null]>;
  readonly #drop: Statement<[string, number]>;
  readonly #dropOld: Statement<[number, number]>;

  constructor(connection: Connection, scopes: Scopes) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#add = connection.prepare(`INSERT OR IGNORE INTO dead_letter ${COLUMNS}`);
    this.#replace = connection.prepare(`INSERT OR REPLACE INTO dead_letter ${COLUMNS}`);
    this.#ofTenant = connection.prepare(
      `SELECT info, requeue FROM dead_letter INDEXED BY dead_letter_of_tenant WHERE tenant = ? ${NARROWED}`,
    );
    this.#ofOwner = connection.prepare(
      `SELECT info, requeue FROM dead_letter INDEXED BY dead_letter_of_owner WHERE owner = ? ${NARROWED}`,
    );
    this.#ofJob = connection.prepare(
      'SELECT info, requeue FROM dead_letter INDEXED BY dead_letter_of_job ' +
        `WHERE tenant = ? AND job_id = ? AND owner = ifnull(?, owner) ${NARROWED}`,
    );
    this.#get = connection.prepare(
      'SELECT info, requeue, config FROM dead_letter WHERE id = ? AND tenant = ?',
    );
    this.#mark = connection.prepare(
      'UPDATE dead_letter SET requeue = ?, requeued_as = ? WHERE id = ? AND tenant = ? AND requeued_as IS ?',
    );
    this.#drop = connection.prepare('DELETE FROM dead_letter WHERE id = ? AND tenant = ?');
    this.#dropOld = connection.prepare(
      'DELETE FROM dead_letter WHERE place IN (SELECT place FROM dead_letter WHERE at < ? LIMIT ?)',
    );
  }

  /** Writes what follows from a record. Only within the write that appends it. */
  committed(header: JobHeader, seeds: readonly LetterSeed[]): void {
    for (const seed of seeds) this.#add.run(...this.#rowOf(letterOf(header, seed)));
  }

  list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.#connection.read(() => {
      const { limit, cursor } = query;
      const start = cursor === undefined ? undefined : decodeTimeCursor(cursor);
      const found = this.#find(query, start ?? [Number.MAX_SAFE_INTEGER, LAST]).map(infoOf);
      const letters = found.slice(0, limit);
      const last = letters.at(-1);
      return {
        letters,
        ...(found.length > limit && last !== undefined
          ? { next: encodeTimeCursor(last.at, last.id) }
          : {}),
      };
    });
  }

  get(tenantId: string, id: string): Promise<DeadLetter | undefined> {
    return this.#connection.read(() => {
      const tenant = this.#scopes.find(tenantId);
      const row = tenant === undefined ? undefined : this.#get.get(id, tenant);
      return row === undefined ? undefined : letterFrom(row);
    });
  }

  setRequeue(
    tenantId: string,
    id: string,
    seen: Requeue | undefined,
    requeue: Requeue | undefined,
  ): Promise<boolean> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return false;
      const noted = requeue === undefined ? null : JSON.stringify(requeue);
      const as = requeue?.jobId ?? null;
      return this.#mark.run(noted, as, id, tenant, seen?.jobId ?? null).changes === 1;
    });
  }

  delete(tenantId: string, ids: readonly string[]): Promise<number> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return 0;
      return ids.reduce((sum, id) => sum + this.#drop.run(id, tenant).changes, 0);
    });
  }

  put(letter: DeadLetter): Promise<void> {
    return this.#connection.write(() => void this.#replace.run(...this.#rowOf(letter)));
  }

  expire({ before, limit }: DeadLetterExpiry): Promise<boolean> {
    if (before === undefined) return Promise.resolve(true);
    return this.#connection.write(() => this.#dropOld.run(before, limit).changes < limit);
  }

  #find(query: DeadLetterQuery, [at, id]: readonly [number, string]): InfoRow[] {
    const { tenantId, owner, jobId, type, errorClass, status, before, limit } = query;
    const tenant = this.#scopes.find(tenantId);
    const ownerScope = owner === undefined ? null : this.#scopes.find(tenantId, owner);
    if (tenant === undefined || ownerScope === undefined) return [];
    const narrowing: Narrowing = [
      before ?? Number.MAX_SAFE_INTEGER,
      at,
      id,
      type ?? null,
      errorClass ?? null,
      status === undefined ? null : status === 'requeued' ? 1 : 0,
      limit + 1,
    ];
    if (jobId !== undefined) return this.#ofJob.all(tenant, jobId, ownerScope, ...narrowing);
    return ownerScope === null
      ? this.#ofTenant.all(tenant, ...narrowing)
      : this.#ofOwner.all(ownerScope, ...narrowing);
  }

  #rowOf({ requeued, config, ...info }: DeadLetter): Row {
    return [
      info.id,
      this.#scopes.ensure(info.tenantId),
      this.#scopes.ensure(info.tenantId, info.owner),
      info.at,
      info.jobId,
      info.type,
      info.error.class,
      requeued === undefined ? null : JSON.stringify(requeued),
      requeued?.jobId ?? null,
      JSON.stringify(info),
      config === undefined ? null : JSON.stringify(config),
    ];
  }
}

export function letterFrom(row: LetterRow): DeadLetter {
  const { config } = row;
  return {
    ...infoOf(row),
    ...(config === null ? {} : { config: JSON.parse(config) as JsonObject }),
  };
}

function infoOf({ info, requeue }: InfoRow): DeadLetterInfo {
  const described = JSON.parse(info) as DeadLetterInfo;
  if (requeue === null) return described;
  return { ...described, requeued: JSON.parse(requeue) as Requeue };
}
