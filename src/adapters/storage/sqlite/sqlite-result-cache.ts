import type { Statement } from 'better-sqlite3';
import type { Json } from '../../../core/json.js';
import type { CachedResult, ResultCache } from '../../../ports/result-cache.js';
import type { Connection } from './connection.js';
import type { Scopes } from './scopes.js';

interface ResultRow {
  readonly key: string | null;
  readonly jobId: string;
  readonly nodeId: string;
  readonly at: number;
  readonly expiresAt: number;
  readonly output: string | null;
}

/** Results in SQLite. */
export class SqliteResultCache implements ResultCache {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #get: Statement<[string, number, number], ResultRow>;
  readonly #put: Statement<
    [string, number, string | null, string, string, number, number, string | null]
  >;
  readonly #drop: Statement<[number, number]>;
  readonly #dropKey: Statement<[number, string, number]>;
  readonly #dropOld: Statement<[number, number]>;

  constructor(connection: Connection, scopes: Scopes) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#get = connection.prepare(
      'SELECT key, job_id AS jobId, node_id AS nodeId, at, expires_at AS expiresAt, output ' +
        'FROM cached_result WHERE hash = ? AND tenant = ? AND expires_at > ?',
    );
    this.#put = connection.prepare(
      'INSERT OR REPLACE INTO cached_result (hash, tenant, key, job_id, node_id, at, expires_at, output) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    const dropWhere = 'DELETE FROM cached_result WHERE place IN (SELECT place FROM cached_result ';
    this.#drop = connection.prepare(`${dropWhere} WHERE tenant = ? LIMIT ?)`);
    this.#dropKey = connection.prepare(`${dropWhere} WHERE tenant = ? AND key = ? LIMIT ?)`);
    this.#dropOld = connection.prepare(`${dropWhere} WHERE expires_at <= ? LIMIT ?)`);
  }

  get(tenantId: string, hash: string, now: number): Promise<CachedResult | undefined> {
    return this.#connection.read(() => {
      const tenant = this.#scopes.find(tenantId);
      const row = tenant === undefined ? undefined : this.#get.get(hash, tenant, now);
      if (row === undefined) return undefined;
      const { key, output, ...rest } = row;
      return {
        tenantId,
        hash,
        ...rest,
        ...(key === null ? {} : { key }),
        ...(output === null ? {} : { output: JSON.parse(output) as Json }),
      };
    });
  }

  put(result: CachedResult): Promise<void> {
    const { tenantId, hash, key, jobId, nodeId, at, expiresAt, output } = result;
    return this.#connection.write(() => {
      const tenant = this.#scopes.ensure(tenantId);
      const text = output === undefined ? null : JSON.stringify(output);
      this.#put.run(hash, tenant, key ?? null, jobId, nodeId, at, expiresAt, text);
    });
  }

  delete(tenantId: string, key: string | undefined, limit: number): Promise<number> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return 0;
      const { changes } =
        key === undefined ? this.#drop.run(tenant, limit) : this.#dropKey.run(tenant, key, limit);
      return changes;
    });
  }

  expire(now: number, limit: number): Promise<boolean> {
    return this.#connection.write(() => this.#dropOld.run(now, limit).changes < limit);
  }
}
