import type { Instance, InstanceRegistry } from '../../../ports/cluster.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';
import type { BatonInstanceDocument } from './schemas/baton-instance.schema.js';

/** The id was registered before, perhaps by a call whose answer was lost. */
export class InstanceIdTaken extends Error {
  readonly code = 'instance_id_taken';
  constructor(id: string) {
    super(`An instance is registered as ${id} already. Register with a fresh id.`);
    this.name = 'InstanceIdTaken';
  }
}

/**
 * The instances on one MongoDB. A beat and a declaration of death are updates of one document, each
 * filtered by what the other one changes: whichever comes first, the other sees that it has lost.
 */
export class MongoInstanceRegistry implements InstanceRegistry {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Rejects with {@link InstanceIdTaken} when the id is known. */
  register({ id, host, pid, startedAt }: Omit<Instance, 'beats' | 'dead'>): Promise<void> {
    return this.#connection.call(async () => {
      try {
        await this.#connection.instances.insertOne(
          { _id: id, beats: 0, dead: false, host, pid, startedAt },
          DURABLE,
        );
      } catch (error) {
        throw isDuplicate(error) ? new InstanceIdTaken(id) : error;
      }
    });
  }

  beat(id: string): Promise<boolean> {
    return this.#connection.call(async () => {
      const { matchedCount } = await this.#connection.instances.updateOne(
        { _id: id, dead: false },
        { $inc: { beats: 1 } },
      );
      return matchedCount === 1;
    });
  }

  all(): Promise<readonly Instance[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.instances.find().sort({ _id: 1 }).toArray();
      return found.map(instanceOf);
    });
  }

  declareDead(id: string, beats: number): Promise<boolean> {
    return this.#connection.call(async () => {
      const { instances } = this.#connection;
      const { matchedCount } = await instances.updateOne(
        { _id: id, beats },
        { $set: { dead: true } },
        DURABLE,
      );
      if (matchedCount === 1) return true;
      const other = await instances.findOne({ _id: id }, { projection: { dead: 1 } });
      return other?.dead ?? true;
    });
  }

  remove(id: string): Promise<void> {
    return this.#connection.call(async () => {
      await this.#connection.instances.deleteOne({ _id: id });
    });
  }
}

function instanceOf({ _id, beats, dead, host, pid, startedAt }: BatonInstanceDocument): Instance {
  return { id: _id, beats, dead, host, pid, startedAt };
}
