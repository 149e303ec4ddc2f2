import type { Statement } from 'better-sqlite3';
import {
  decodeNameCursor,
  decodeNumberCursor,
  encodeNameCursor,
  encodeNumberCursor,
} from '../list-cursor.js';
import type {
  FoundTemplate,
  NewTemplateRevision,
  TemplatePage,
  TemplateQuery,
  TemplateRevisionInfo,
  TemplateRevisionPage,
  TemplateStore,
} from '../../../ports/template-store.js';
import type { Connection } from './connection.js';
import type { Scopes } from './scopes.js';

interface NameRow {
  readonly latest: number;
  readonly archived: number;
}

/** Templates in SQLite. Names are ordered by their UTF-8 bytes. */
export class SqliteTemplateStore implements TemplateStore {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #name: Statement<[number, string], NameRow>;
  readonly #setName: Statement<[number, string, number]>;
  readonly #archive: Statement<[number, number, string]>;
  readonly #insert: Statement<[number, string, number, string, string]>;
  readonly #info: Statement<[number, string, number], string>;
  readonly #row: Statement<
    [number, string, number],
    { readonly info: string; readonly content: string }
  >;
  readonly #names: Statement<[number, number, string, number], string>;
  readonly #count: Statement<[number, number], number>;
  readonly #before: Statement<[number, string, number, number], string>;

  constructor(connection: Connection, scopes: Scopes) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#name = connection.prepare(
      'SELECT latest, archived FROM template WHERE tenant = ? AND name = ?',
    );
    this.#setName = connection.prepare(
      'INSERT OR REPLACE INTO template (tenant, name, latest, archived) VALUES (?, ?, ?, 0)',
    );
    this.#archive = connection.prepare(
      'UPDATE template SET archived = ? WHERE tenant = ? AND name = ?',
    );
    this.#insert = connection.prepare(
      'INSERT INTO template_revision (tenant, name, revision, info, content) VALUES (?, ?, ?, ?, ?)',
    );
    const ofRevision = 'FROM template_revision WHERE tenant = ? AND name = ? AND revision = ?';
    this.#info = connection
      .prepare<[number, string, number], string>(`SELECT info ${ofRevision}`)
      .pluck();
    this.#row = connection.prepare(`SELECT info, content ${ofRevision}`);
    this.#names = connection
      .prepare<[number, number, string, number], string>(
        'SELECT info FROM template CROSS JOIN template_revision AS r ON r.tenant = template.tenant ' +
          'AND r.name = template.name AND r.revision = template.latest ' +
          'WHERE template.tenant = ? AND template.archived = ? AND template.name > ? ' +
          'ORDER BY template.name LIMIT ?',
      )
      .pluck();
    this.#count = connection
      .prepare<[number, number], number>(
        'SELECT count(*) FROM template WHERE tenant = ? AND archived = ?',
      )
      .pluck();
    this.#before = connection
      .prepare<[number, string, number, number], string>(
        'SELECT info FROM template_revision WHERE tenant = ? AND name = ? AND revision < ? ' +
          'ORDER BY revision DESC LIMIT ?',
      )
      .pluck();
  }

  put(
    tenantId: string,
    { content, ...described }: NewTemplateRevision,
  ): Promise<{ readonly created: boolean; readonly revision: TemplateRevisionInfo }> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.ensure(tenantId);
      const { name, hash } = described;
      const { latest } = this.#name.get(tenant, name) ?? { latest: 0 };
      const newest = latest === 0 ? undefined : this.#infoOf(tenant, name, latest);
      if (newest?.hash === hash) {
        this.#setName.run(tenant, name, latest);
        return { created: false, revision: newest };
      }
      const info: TemplateRevisionInfo = { ...described, revision: latest + 1 };
      this.#insert.run(tenant, name, info.revision, JSON.stringify(info), content);
      this.#setName.run(tenant, name, info.revision);
      return { created: true, revision: info };
    });
  }

  get(tenantId: string, name: string, revision?: number): Promise<FoundTemplate | undefined> {
    return this.#connection.read(() => {
      const tenant = this.#scopes.find(tenantId);
      const found = tenant === undefined ? undefined : this.#name.get(tenant, name);
      if (tenant === undefined || found === undefined) return undefined;
      const row = this.#row.get(tenant, name, revision ?? found.latest);
      if (row === undefined) return undefined;
      return {
        revision: { ...decode(row.info), content: row.content },
        archived: found.archived === 1,
      };
    });
  }

  list(tenantId: string, { archived, limit, cursor }: TemplateQuery): Promise<TemplatePage> {
    return this.#connection.read(() => {
      const after = cursor === undefined ? '' : decodeNameCursor(cursor);
      const tenant = this.#scopes.find(tenantId);
      if (tenant === undefined) return { templates: [], total: 0 };
      const found = this.#names.all(tenant, Number(archived), after, limit + 1).map(decode);
      const templates = found.slice(0, limit);
      const last = templates.at(-1);
      return {
        templates,
        total: this.#count.get(tenant, Number(archived)) ?? 0,
        ...(found.length > limit && last !== undefined
          ? { next: encodeNameCursor(last.name) }
          : {}),
      };
    });
  }

  revisions(
    tenantId: string,
    name: string,
    limit: number,
    cursor?: string,
  ): Promise<TemplateRevisionPage> {
    return this.#connection.read(() => {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeNumberCursor(cursor);
      const tenant = this.#scopes.find(tenantId);
      const found = tenant === undefined ? undefined : this.#name.get(tenant, name);
      if (tenant === undefined || found === undefined) return { revisions: [], total: 0 };
      const revisions = this.#before.all(tenant, name, before, limit).map(decode);
      const last = revisions.at(-1)?.revision ?? 1;
      return {
        revisions,
        total: found.latest,
        ...(last > 1 ? { next: encodeNumberCursor(last) } : {}),
      };
    });
  }

  archive(tenantId: string, name: string, archived: boolean): Promise<boolean> {
    return this.#connection.write(() => {
      const tenant = this.#scopes.find(tenantId);
      return (
        tenant !== undefined && this.#archive.run(Number(archived), tenant, name).changes === 1
      );
    });
  }

  #infoOf(tenant: number, name: string, revision: number): TemplateRevisionInfo | undefined {
    const info = this.#info.get(tenant, name, revision);
    return info === undefined ? undefined : decode(info);
  }
}

function decode(info: string): TemplateRevisionInfo {
  return JSON.parse(info) as TemplateRevisionInfo;
}
