import type { JobRef } from '../../../core/job/job-record.js';
import type { ConcurrencyKeys, KeyHolder } from '../../../ports/concurrency-keys.js';
import { StoreUnavailable } from '../../../ports/store-errors.js';
import { heldKeyKey } from './keys.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';
import type { StoredHolder } from './schemas/held-key.schema.js';

/** Tries to change a key that others change at the same time. */
const TRIES = 5;

/**
 * Concurrency keys in MongoDB: one document a key, with all its holders, so that every change is an
 * update of one document, filtered by what it depends on.
 */
export class MongoConcurrencyKeys implements ConcurrencyKeys {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  acquire(holder: KeyHolder, limit: number): Promise<boolean> {
    const { heldKeys } = this.#connection;
    const id = idOf(holder);
    return this.#connection.call(async () => {
      for (let tries = 0; tries < TRIES; tries++) {
        if (await this.#add(holder, { [`holders.${limit - 1}`]: { $exists: false } })) return true;
        if (await this.#rename(holder, { [`holders.${limit}`]: { $exists: false } })) return true;
        const found = await heldKeys.findOne({ _id: heldKeyKey(holder.tenantId, holder.key) });
        const others = found?.holders.filter((other) => other.id !== id).length ?? 0;
        if (others >= limit || isTaken(found?.holders, holder)) return false;
      }
      return false;
    });
  }

  release(holder: KeyHolder): Promise<void> {
    const { heldKeys } = this.#connection;
    const _id = heldKeyKey(holder.tenantId, holder.key);
    const { grant } = holder;
    return this.#connection.call(async () => {
      await heldKeys.updateOne(
        { _id },
        { $pull: { holders: { id: idOf(holder), grant } } },
        DURABLE,
      );
      await heldKeys.deleteOne({ _id, holders: { $size: 0 } });
    });
  }

  reconcile(job: JobRef & Pick<KeyHolder, 'epoch'>, claimed: readonly KeyHolder[]): Promise<void> {
    const { heldKeys } = this.#connection;
    const { tenantId: tenant, jobId } = job;
    return this.#connection.call(async () => {
      const found = await heldKeys.find({ tenant, 'holders.job': jobId }).toArray();
      for (const { _id, key, holders } of found) {
        const kept = new Set(claimed.filter((holder) => holder.key === key).map(idOf));
        const gone = holders.filter(
          ({ id, job: held, epoch }) => held === jobId && !kept.has(id) && epoch <= job.epoch,
        );
        if (gone.length === 0) continue;
        // By what was seen: should this be done late, it takes away nothing that came since.
        const grants = gone.map(({ grant }) => grant);
        await heldKeys.updateOne(
          { _id },
          { $pull: { holders: { id: { $in: gone.map(({ id }) => id) }, grant: { $in: grants } } } },
          DURABLE,
        );
        await heldKeys.deleteOne({ _id, holders: { $size: 0 } });
      }
      for (const holder of claimed) await this.#claim(holder);
    });
  }

  holders(tenantId: string, key: string): Promise<readonly KeyHolder[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.heldKeys.findOne({ _id: heldKeyKey(tenantId, key) });
      return (found?.holders ?? []).map(({ job, node, grant, epoch }) => ({
        tenantId,
        jobId: job,
        nodeId: node,
        key,
        grant,
        epoch,
      }));
    });
  }

  async #claim(holder: KeyHolder): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await this.#rename(holder)) || (await this.#add(holder))) return;
      const _id = heldKeyKey(holder.tenantId, holder.key);
      const found = await this.#connection.heldKeys.findOne({ _id });
      if (isTaken(found?.holders, holder)) return;
    }
    throw new StoreUnavailable('The holders of a concurrency key change all the time. Try again.');
  }

  /** Puts a holder that the key does not have behind the others, where the filter lets it. */
  async #add(holder: KeyHolder, filter: object = {}): Promise<boolean> {
    const { tenantId: tenant, key, jobId: job, nodeId: node, grant, epoch } = holder;
    const id = idOf(holder);
    try {
      await this.#connection.heldKeys.updateOne(
        { _id: heldKeyKey(tenant, key), 'holders.id': { $ne: id }, ...filter },
        { $push: { holders: { id, job, node, grant, epoch } }, $setOnInsert: { tenant, key } },
        { upsert: true, ...DURABLE },
      );
      return true;
    } catch (error) {
      // The key is there, and the filter does not let it be changed.
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Has a holder that the key has go on under this grant, unless it has a higher epoch. */
  async #rename(holder: KeyHolder, filter: object = {}): Promise<boolean> {
    const { tenantId, key, grant, epoch } = holder;
    const id: StoredHolder['id'] = idOf(holder);
    const { matchedCount } = await this.#connection.heldKeys.updateOne(
      {
        _id: heldKeyKey(tenantId, key),
        holders: { $elemMatch: { id, epoch: { $lte: epoch } } },
        ...filter,
      },
      { $set: { 'holders.$[own].grant': grant, 'holders.$[own].epoch': epoch } },
      { arrayFilters: [{ 'own.id': id }], ...DURABLE },
    );
    return matchedCount === 1;
  }
}

/** The node holds the key by somebody who took its job later. */
function isTaken(holders: readonly StoredHolder[] | undefined, holder: KeyHolder): boolean {
  return holders?.some(({ id, epoch }) => id === idOf(holder) && epoch > holder.epoch) === true;
}

function idOf({ jobId, nodeId }: KeyHolder): string {
  return JSON.stringify([jobId, nodeId]);
}
