import type { Statement } from 'better-sqlite3';
import type { Connection, Remembering } from './connection.js';

const CACHED = 10_000;

/** Small numbers for tenants and for the owners within them. */
export class Scopes implements Remembering {
  readonly #select: Statement<[string], number>;
  readonly #insert: Statement<[string]>;
  readonly #tenants = new Map<string, { id: number; owners: Map<string, number> }>();
  #cached = 0;

  constructor(connection: Connection) {
    this.#select = connection
      .prepare<[string], number>('SELECT id FROM scope WHERE name = ?')
      .pluck();
    this.#insert = connection.prepare('INSERT INTO scope (name) VALUES (?)');
    connection.remember(this);
  }

  forget(): void {
    this.#tenants.clear();
    this.#cached = 0;
  }

  /** `undefined` when nothing was ever stored for this tenant, or owner of it. */
  find(tenantId: string, owner?: string): number | undefined {
    const cached = this.#cachedId(tenantId, owner);
    if (cached !== undefined) return cached;
    const id = this.#select.get(nameOf(tenantId, owner));
    return id === undefined ? undefined : this.#cache(tenantId, owner, id);
  }

  /** The number of this tenant or owner, given to it now if need be. Only within a write. */
  ensure(tenantId: string, owner?: string): number {
    const found = this.find(tenantId, owner);
    if (found !== undefined) return found;
    if (owner !== undefined) this.ensure(tenantId);
    const { lastInsertRowid } = this.#insert.run(nameOf(tenantId, owner));
    return this.#cache(tenantId, owner, Number(lastInsertRowid));
  }

  #cachedId(tenantId: string, owner?: string): number | undefined {
    const tenant = this.#tenants.get(tenantId);
    return owner === undefined ? tenant?.id : tenant?.owners.get(owner);
  }

  #cache(tenantId: string, owner: string | undefined, id: number): number {
    if (this.#cached >= CACHED) this.forget();
    this.#cached += 1;
    if (owner === undefined) {
      this.#tenants.set(tenantId, { id, owners: new Map() });
    } else if (this.find(tenantId) !== undefined) {
      this.#tenants.get(tenantId)?.owners.set(owner, id);
    }
    return id;
  }
}

function nameOf(tenantId: string, owner?: string): string {
  return JSON.stringify(owner === undefined ? [tenantId] : [tenantId, owner]);
}
