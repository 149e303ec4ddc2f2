import type { mongo } from 'mongoose';
import type { Json } from '../../../core/json.js';
import type { CachedResult, ResultCache } from '../../../ports/result-cache.js';
import type { Connection } from './mongo-connection.js';
import { retryRace } from './mongo-errors.js';
import type { StoredResultDocument } from './schemas/stored-result.schema.js';

/** Results in MongoDB. */
export class MongoResultCache implements ResultCache {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(tenantId: string, hash: string, now: number): Promise<CachedResult | undefined> {
    return this.#connection.call(async () => {
      const found = await this.#connection.results.findOne({
        _id: hash,
        tenant: tenantId,
        expiresAt: { $gt: now },
      });
      if (found === null) return undefined;
      const { key, job, node, at, expiresAt, output } = found;
      return {
        tenantId,
        hash,
        jobId: job,
        nodeId: node,
        at,
        expiresAt,
        ...(key === undefined ? {} : { key }),
        ...(output === undefined ? {} : { output: JSON.parse(output) as Json }),
      };
    });
  }

  put({ hash, tenantId, key, jobId, nodeId, at, expiresAt, output }: CachedResult): Promise<void> {
    return this.#connection.call(() =>
      retryRace(() =>
        this.#connection.results.replaceOne(
          { _id: hash },
          {
            tenant: tenantId,
            job: jobId,
            node: nodeId,
            at,
            expiresAt,
            ...(key === undefined ? {} : { key }),
            ...(output === undefined ? {} : { output: JSON.stringify(output) }),
          },
          { upsert: true },
        ),
      ),
    );
  }

  delete(tenantId: string, key: string | undefined, limit: number): Promise<number> {
    return this.#drop({ tenant: tenantId, ...(key === undefined ? {} : { key }) }, limit);
  }

  async expire(now: number, limit: number): Promise<boolean> {
    return (await this.#drop({ expiresAt: { $lte: now } }, limit)) < limit;
  }

  #drop(filter: mongo.Filter<StoredResultDocument>, limit: number): Promise<number> {
    return this.#connection.call(async () => {
      const { results } = this.#connection;
      const some = await results
        .find(filter, { projection: { _id: 1 } })
        .limit(limit)
        .toArray();
      if (some.length === 0) return 0;
      // What was put anew meanwhile may go with it: it is made once more.
      await results.deleteMany({ _id: { $in: some.map(({ _id }) => _id) } });
      return some.length;
    });
  }
}
