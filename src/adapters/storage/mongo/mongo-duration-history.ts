import type { Durations } from '../../../core/plan/durations.js';
import {
  NAMES_READ,
  SAMPLES_KEPT,
  type DurationEntry,
  type DurationHistory,
} from '../../../ports/duration-history.js';
import { fromNumbers, toNumbers } from '../duration-numbers.js';
import { durationKey } from './keys.js';
import type { Connection } from './mongo-connection.js';

/** What nodes took, in MongoDB. Instances add to the same documents, each addition in one step. */
export class MongoDurationHistory implements DurationHistory {
  readonly #connection: Connection;
  readonly #namesKept: number;

  constructor(connection: Connection, namesKept: number) {
    this.#connection = connection;
    this.#namesKept = namesKept;
  }

  add(tenant: string, entries: readonly DurationEntry[], now: number): Promise<void> {
    return this.#connection.call(async () => {
      if (entries.length === 0) return;
      const { upsertedCount } = await this.#connection.durations.bulkWrite(
        entries.map(({ scope, name, durations }) => ({
          updateOne: {
            filter: { _id: durationKey(tenant, scope, name) },
            update: {
              $set: { tenant, scope, name, usedAt: now },
              $push: { samples: { $each: toNumbers(durations), $slice: -2 * SAMPLES_KEPT } },
            },
            upsert: true,
          },
        })),
        { ordered: false },
      );
      if (upsertedCount > 0) await this.#dropOldest(tenant);
    });
  }

  read(tenant: string, scope: string): Promise<ReadonlyMap<string, Durations>> {
    return this.#connection.call(async () => {
      const found = await this.#connection.durations
        .find({ tenant, scope }, { projection: { name: 1, samples: 1 } })
        .limit(NAMES_READ)
        .toArray();
      return new Map(found.map(({ name, samples }) => [name, fromNumbers(samples)]));
    });
  }

  async #dropOldest(tenant: string): Promise<void> {
    const { durations } = this.#connection;
    const excess = (await durations.countDocuments({ tenant })) - this.#namesKept;
    if (excess <= 0) return;
    const oldest = await durations
      .find({ tenant }, { projection: { _id: 1 } })
      .sort({ usedAt: 1 })
      .limit(excess)
      .toArray();
    await durations.deleteMany({ _id: { $in: oldest.map(({ _id }) => _id) } });
  }
}
