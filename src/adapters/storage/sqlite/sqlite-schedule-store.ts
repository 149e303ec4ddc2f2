import type { Statement } from 'better-sqlite3';
import type { Schedule, ScheduleRef } from '../../../core/schedule/schedule.js';
import type { SchedulePage, ScheduleQuery, ScheduleStore } from '../../../ports/schedule-store.js';
import { decodeOwnedCursor, encodeOwnedCursor } from '../list-cursor.js';
import type { Connection } from './connection.js';
import type { Scopes } from './scopes.js';

type Key = [tenant: number, owner: string, name: string];

/** Schedules in SQLite. Owners and names are ordered by their UTF-8 bytes. */
export class SqliteScheduleStore implements ScheduleStore {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #insert: Statement<[...Key, string, number, number | null, string]>;
  readonly #get: Statement<Key, string>;
  readonly #replace: Statement<[number, number | null, string, ...Key, string, number]>;
  readonly #delete: Statement<Key>;
  readonly #ofTenant: Statement<[...Key, number], string>;
  readonly #ofOwner: Statement<[...Key, number], string>;
  readonly #countOfTenant: Statement<[number], number>;
  readonly #countOfOwner: Statement<[number, string], number>;
  readonly #waking: Statement<[number], string>;

  constructor(connection: Connection, scopes: Scopes) {
    this.#connection = connection;
    this.#scopes = scopes;
    const named = 'tenant = ? AND owner = ? AND name = ?';
    const page = 'ORDER BY owner, name LIMIT ?';
    this.#insert = connection.prepare(
      'INSERT OR IGNORE INTO schedule (tenant, owner, name, schedule_id, version, wake_at, body) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#get = connection.prepare<Key, string>(`SELECT body FROM schedule WHERE ${named}`).pluck();
    this.#replace = connection.prepare(
      `UPDATE schedule SET version = ?, wake_at = ?, body = ? WHERE ${named} ` +
        'AND schedule_id = ? AND version = ?',
    );
    this.#delete = connection.prepare(`DELETE FROM schedule WHERE ${named}`);
    this.#ofTenant = connection
      .prepare<[...Key, number], string>(
        `SELECT body FROM schedule WHERE tenant = ? AND (owner, name) > (?, ?) ${page}`,
      )
      .pluck();
    this.#ofOwner = connection
      .prepare<[...Key, number], string>(
        `SELECT body FROM schedule WHERE tenant = ? AND owner = ? AND name > ? ${page}`,
      )
      .pluck();
    this.#countOfTenant = connection
      .prepare<[number], number>('SELECT count(*) FROM schedule WHERE tenant = ?')
      .pluck();
    this.#countOfOwner = connection
      .prepare<[number, string], number>(
        'SELECT count(*) FROM schedule WHERE tenant = ? AND owner = ?',
      )
      .pluck();
    this.#waking = connection
      .prepare<[number], string>(
        'SELECT body FROM schedule WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT ?',
      )
      .pluck();
  }

  create(schedule: Schedule): Promise<boolean> {
    return this.#connection.write(() => {
      const { tenantId, owner, name, id, version, wakeAt } = schedule;
      const tenant = this.#scopes.ensure(tenantId);
      const body = JSON.stringify(schedule);
      const { changes } = this.#insert.run(tenant, owner, name, id, version, wakeAt ?? null, body);
      return changes === 1;
    });
  }

  get({ tenantId, owner, name }: ScheduleRef): Promise<Schedule | undefined> {
    return this.#connection.read(() => {
      const tenant = this.#scopes.find(tenantId);
      const body = tenant === undefined ? undefined : this.#get.get(tenant, owner, name);
      return body === undefined ? undefined : decode(body);
    });
  }

  replace(schedule: Schedule): Promise<Schedule | undefined> {
    return this.#connection.write(() => {
      const { tenantId, owner, name, id, version, wakeAt } = schedule;
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return undefined;
      const next = { ...schedule, version: version + 1 };
      const { changes } = this.#replace.run(
        next.version,
        wakeAt ?? null,
        JSON.stringify(next),
        tenant,
        owner,
        name,
        id,
        version,
      );
      return changes === 1 ? next : undefined;
    });
  }

  delete({ tenantId, owner, name }: ScheduleRef): Promise<boolean> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.find(tenantId);
      return tenant !== undefined && this.#delete.run(tenant, owner, name).changes === 1;
    });
  }

  list({ tenantId, owner, limit, cursor }: ScheduleQuery): Promise<SchedulePage> {
    return this.#connection.read(() => {
      const [lastOwner, lastName] = cursor === undefined ? ['', ''] : decodeOwnedCursor(cursor);
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return { schedules: [], total: 0 };
      const found = (
        owner === undefined
          ? this.#ofTenant.all(tenant, lastOwner, lastName, limit + 1)
          : this.#ofOwner.all(tenant, owner, lastName, limit + 1)
      ).map(decode);
      const schedules = found.slice(0, limit);
      const last = schedules.at(-1);
      return {
        schedules,
        total:
          (owner === undefined
            ? this.#countOfTenant.get(tenant)
            : this.#countOfOwner.get(tenant, owner)) ?? 0,
        ...(found.length > limit && last !== undefined
          ? { next: encodeOwnedCursor(last.owner, last.name) }
          : {}),
      };
    });
  }

  waking(limit: number): Promise<readonly Schedule[]> {
    return this.#connection.read(() => this.#waking.all(limit).map(decode));
  }
}

function decode(body: string): Schedule {
  return JSON.parse(body) as Schedule;
}
