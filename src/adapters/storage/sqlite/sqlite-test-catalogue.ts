import { decodeNameCursor, encodeNameCursor } from '../list-cursor.js';
import type { Statement } from 'better-sqlite3';
import type { TestCase, TestCatalogue, TestCataloguePage } from '../../../ports/test-catalogue.js';
import type { Connection } from './connection.js';
import type { Scopes } from './scopes.js';

/** The test catalogue in SQLite. Names are ordered by their UTF-8 bytes. */
export class SqliteTestCatalogue implements TestCatalogue {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #get: Statement<[number, string], string>;
  readonly #put: Statement<[number, string, string]>;
  readonly #delete: Statement<[number, string]>;
  readonly #after: Statement<[number, string, number], string>;
  readonly #count: Statement<[number], number>;

  constructor(connection: Connection, scopes: Scopes) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#get = connection
      .prepare<[number, string], string>('SELECT body FROM test_case WHERE tenant = ? AND name = ?')
      .pluck();
    this.#put = connection.prepare(
      'INSERT OR REPLACE INTO test_case (tenant, name, body) VALUES (?, ?, ?)',
    );
    this.#delete = connection.prepare('DELETE FROM test_case WHERE tenant = ? AND name = ?');
    this.#after = connection
      .prepare<[number, string, number], string>(
        'SELECT body FROM test_case WHERE tenant = ? AND name > ? ORDER BY name LIMIT ?',
      )
      .pluck();
    this.#count = connection
      .prepare<[number], number>('SELECT count(*) FROM test_case WHERE tenant = ?')
      .pluck();
  }

  get(tenantId: string, name: string): Promise<TestCase | undefined> {
    return this.#connection.read(() => this.#find(tenantId, name));
  }

  put(tenantId: string, testCase: TestCase): Promise<{ readonly created: boolean }> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.ensure(tenantId);
      const created = this.#get.get(tenant, testCase.name) === undefined;
      this.#put.run(tenant, testCase.name, JSON.stringify(testCase));
      return { created };
    });
  }

  delete(tenantId: string, name: string): Promise<boolean> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.find(tenantId);
      return tenant !== undefined && this.#delete.run(tenant, name).changes === 1;
    });
  }

  list(tenantId: string, limit: number, cursor?: string): Promise<TestCataloguePage> {
    return this.#connection.read(() => {
      const after = cursor === undefined ? '' : decodeNameCursor(cursor);
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return { cases: [], total: 0 };
      const found = this.#after
        .all(tenant, after, limit + 1)
        .map((body) => JSON.parse(body) as TestCase);
      const cases = found.slice(0, limit);
      const last = cases.at(-1);
      return {
        cases,
        total: this.#count.get(tenant) ?? 0,
        ...(found.length > limit && last !== undefined
          ? { next: encodeNameCursor(last.name) }
          : {}),
      };
    });
  }

  missing(tenantId: string, names: readonly string[]): Promise<readonly string[]> {
    return this.#connection.read(() =>
      [...new Set(names)].filter((name) => this.#find(tenantId, name) === undefined),
    );
  }

  #find(tenantId: string, name: string): TestCase | undefined {
    const tenant = this.#scopes.find(tenantId);
    const body = tenant === undefined ? undefined : this.#get.get(tenant, name);
    return body === undefined ? undefined : (JSON.parse(body) as TestCase);
  }
}
