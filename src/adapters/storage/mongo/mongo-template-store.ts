import type { mongo } from 'mongoose';
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
import { templateKey, templateRevisionKey } from './keys.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate, retryRace } from './mongo-errors.js';
import type { StoredTemplateDocument } from './schemas/stored-template.schema.js';
import type { TemplateRevisionDocument } from './schemas/template-revision.schema.js';

/**
 * Templates in MongoDB. Whoever inserts a revision's document owns its number, and only the number
 * after the newest is ever inserted: so there are no gaps. The document of the name follows; a name
 * of which a crash left it behind is put right by the next list or put.
 */
export class MongoTemplateStore implements TemplateStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  put(
    tenantId: string,
    revision: NewTemplateRevision,
  ): Promise<{ readonly created: boolean; readonly revision: TemplateRevisionInfo }> {
    return this.#connection.call(async () => {
      for (;;) {
        const answer = await this.#tryPut(tenantId, revision);
        if (answer !== undefined) return answer;
      }
    });
  }

  get(tenantId: string, name: string, revision?: number): Promise<FoundTemplate | undefined> {
    return this.#connection.call(async () => {
      const { templates, templateRevisions } = this.#connection;
      const [template, found] = await Promise.all([
        templates.findOne({ _id: templateKey(tenantId, name) }, { projection: { archived: 1 } }),
        revision === undefined
          ? this.#newest(tenantId, name).next()
          : templateRevisions.findOne({ _id: templateRevisionKey(tenantId, name, revision) }),
      ]);
      if (found === null) return undefined;
      return {
        revision: { ...decode(found.info), content: found.content },
        archived: template?.archived === true,
      };
    });
  }

  list(tenantId: string, { archived, limit, cursor }: TemplateQuery): Promise<TemplatePage> {
    return this.#connection.call(async () => {
      const { templates } = this.#connection;
      const shown: TemplateRevisionInfo[] = [];
      let after = cursor === undefined ? '' : decodeNameCursor(cursor);
      let more = true;
      // Names that a crash left without a revision make a page short.
      while (more && shown.length <= limit) {
        const wanted = limit + 1 - shown.length;
        const names = await templates
          .find({ tenant: tenantId, archived, name: { $gt: after } })
          .sort({ name: 1 })
          .limit(wanted)
          .toArray();
        shown.push(...(await this.#latestOf(names)));
        more = names.length === wanted;
        after = names.at(-1)?.name ?? after;
      }
      const last = shown.length > limit ? shown[limit - 1] : undefined;
      return {
        templates: shown.slice(0, limit),
        total: await templates.countDocuments({
          tenant: tenantId,
          archived,
          'latest.revision': { $gte: 1 },
        }),
        ...(last === undefined ? {} : { next: encodeNameCursor(last.name) }),
      };
    });
  }

  revisions(
    tenantId: string,
    name: string,
    limit: number,
    cursor?: string,
  ): Promise<TemplateRevisionPage> {
    return this.#connection.call(async () => {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeNumberCursor(cursor);
      const [newest, found] = await Promise.all([
        this.#newest(tenantId, name).project({ revision: 1 }).next(),
        this.#connection.templateRevisions
          .find(
            { tenant: tenantId, name, revision: { $lt: before } },
            { projection: { content: 0 } },
          )
          .sort({ revision: -1 })
          .limit(limit)
          .toArray(),
      ]);
      const last = found.at(-1)?.revision ?? 1;
      return {
        revisions: found.map(({ info }) => decode(info)),
        total: Number(newest?.['revision'] ?? 0),
        ...(last > 1 ? { next: encodeNumberCursor(last) } : {}),
      };
    });
  }

  archive(tenantId: string, name: string, archived: boolean): Promise<boolean> {
    return this.#connection.call(async () => {
      const { matchedCount } = await this.#connection.templates.updateOne(
        { _id: templateKey(tenantId, name) },
        { $set: { archived } },
        DURABLE,
      );
      if (matchedCount === 0) return false;
      return (await this.#newest(tenantId, name).project({ revision: 1 }).next()) !== null;
    });
  }

  /** `undefined` when another caller took the number. */
  async #tryPut(
    tenant: string,
    { content, ...described }: NewTemplateRevision,
  ): Promise<{ readonly created: boolean; readonly revision: TemplateRevisionInfo } | undefined> {
    const { name, hash } = described;
    // What is not yet on most members counts too: a number taken there is taken. If it is lost, then
    // so is what was inserted after it, of which no write concern is fulfilled.
    const newest = await this.#newest(tenant, name)
      .withReadConcern('local')
      .project<Pick<TemplateRevisionDocument, 'info'>>({ info: 1 })
      .next();
    const known = newest === null ? undefined : decode(newest.info);
    if (known?.hash === hash) {
      await this.#follow(tenant, known);
      return { created: false, revision: known };
    }
    if (known === undefined) await this.#announce(tenant, name);
    const info: TemplateRevisionInfo = { ...described, revision: (known?.revision ?? 0) + 1 };
    const { revision } = info;
    const _id = templateRevisionKey(tenant, name, revision);
    try {
      await this.#connection.templateRevisions.insertOne(
        { _id, tenant, name, revision, info: JSON.stringify(info), content },
        DURABLE,
      );
    } catch (error) {
      if (isDuplicate(error)) return undefined;
      throw error;
    }
    await this.#follow(tenant, info);
    return { created: true, revision: info };
  }

  /** The name is there before its first revision, so that lists find what a crash interrupts. */
  #announce(tenant: string, name: string): Promise<void> {
    return retryRace(() =>
      this.#connection.templates.updateOne(
        { _id: templateKey(tenant, name) },
        { $setOnInsert: { tenant, name, archived: false } },
        { upsert: true, ...DURABLE },
      ),
    );
  }

  #follow(tenant: string, info: TemplateRevisionInfo): Promise<void> {
    const { name, revision } = info;
    return retryRace(() =>
      this.#connection.templates.updateOne(
        { _id: templateKey(tenant, name) },
        {
          $set: { tenant, name, archived: false },
          $max: { latest: { revision, info: JSON.stringify(info) } },
        },
        { upsert: true, ...DURABLE },
      ),
    );
  }

  #newest(tenant: string, name: string): mongo.FindCursor<mongo.WithId<TemplateRevisionDocument>> {
    return this.#connection.templateRevisions
      .find({ tenant, name })
      .sort({ revision: -1 })
      .limit(1);
  }

  /** The latest revisions of names, looking for newer ones than the names know of. */
  async #latestOf(names: readonly StoredTemplateDocument[]): Promise<TemplateRevisionInfo[]> {
    const infos = new Map<string, TemplateRevisionInfo>();
    for (const { name, latest } of names) {
      if (latest !== undefined) infos.set(name, decode(latest.info));
    }
    for (let behind = names; behind.length > 0;) {
      const keys = behind.map(({ tenant, name }) =>
        templateRevisionKey(tenant, name, (infos.get(name)?.revision ?? 0) + 1),
      );
      const newer = await this.#connection.templateRevisions
        .find({ _id: { $in: keys } }, { projection: { content: 0 } })
        .toArray();
      for (const { name, info } of newer) infos.set(name, decode(info));
      const moved = new Set(newer.map(({ name }) => name));
      behind = behind.filter(({ name }) => moved.has(name));
    }
    return names.flatMap(({ name }) => infos.get(name) ?? []);
  }
}

function decode(info: string): TemplateRevisionInfo {
  return JSON.parse(info) as TemplateRevisionInfo;
}
