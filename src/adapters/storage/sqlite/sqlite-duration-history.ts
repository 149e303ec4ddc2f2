import type { Statement } from 'better-sqlite3';
import type { Durations } from '../../../core/plan/durations.js';
import {
  NAMES_READ,
  SAMPLES_KEPT,
  type DurationEntry,
  type DurationHistory,
} from '../../../ports/duration-history.js';
import { fromNumbers, toNumbers } from '../duration-numbers.js';
import type { Connection } from './connection.js';
import type { Scopes } from './scopes.js';

/** What nodes took, in SQLite. */
export class SqliteDurationHistory implements DurationHistory {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #namesKept: number;
  readonly #one: Statement<[number, string, string], string>;
  readonly #put: Statement<[number, string, string, number, string]>;
  readonly #all: Statement<[number, string, number], { name: string; samples: string }>;
  readonly #count: Statement<[number], number>;
  readonly #oldest: Statement<[number, number], { scope: string; name: string }>;
  readonly #delete: Statement<[number, string, string]>;

  constructor(connection: Connection, scopes: Scopes, namesKept: number) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#namesKept = namesKept;
    this.#one = connection
      .prepare<[number, string, string], string>(
        'SELECT samples FROM node_duration WHERE tenant = ? AND scope = ? AND name = ?',
      )
      .pluck();
    this.#put = connection.prepare(
      'INSERT OR REPLACE INTO node_duration (tenant, scope, name, used_at, samples) VALUES (?, ?, ?, ?, ?)',
    );
    this.#all = connection.prepare(
      'SELECT name, samples FROM node_duration WHERE tenant = ? AND scope = ? LIMIT ?',
    );
    this.#count = connection
      .prepare<[number], number>('SELECT count(*) FROM node_duration WHERE tenant = ?')
      .pluck();
    this.#oldest = connection.prepare(
      'SELECT scope, name FROM node_duration WHERE tenant = ? ORDER BY used_at LIMIT ?',
    );
    this.#delete = connection.prepare(
      'DELETE FROM node_duration WHERE tenant = ? AND scope = ? AND name = ?',
    );
  }

  add(tenantId: string, entries: readonly DurationEntry[], now: number): Promise<void> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.ensure(tenantId);
      for (const { scope, name, durations } of entries) {
        const text = this.#one.get(tenant, scope, name);
        const before = text === undefined ? [] : (JSON.parse(text) as number[]);
        const kept = [...before, ...toNumbers(durations)].slice(-2 * SAMPLES_KEPT);
        this.#put.run(tenant, scope, name, now, JSON.stringify(kept));
      }
      const excess = (this.#count.get(tenant) ?? 0) - this.#namesKept;
      if (excess <= 0) return;
      for (const { scope, name } of this.#oldest.all(tenant, excess)) {
        this.#delete.run(tenant, scope, name);
      }
    });
  }

  read(tenantId: string, scope: string): Promise<ReadonlyMap<string, Durations>> {
    return this.#connection.read(() => {
      const tenant = this.#scopes.find(tenantId);
      const rows = tenant === undefined ? [] : this.#all.all(tenant, scope, NAMES_READ);
      return new Map(
        rows.map(({ name, samples }) => [name, fromNumbers(JSON.parse(samples) as number[])]),
      );
    });
  }
}
