import type { StoreArrival } from '../../../ports/store-arrival.js';
import { DURABLE, SCHEMA_ID, type Connection } from './mongo-connection.js';

/** The mark of an unfinished copy in MongoDB: with the schema version, read at every opening. */
export class MongoStoreArrival implements StoreArrival {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  begun(): Promise<boolean> {
    return this.#connection.call(async () => {
      const info = await this.#connection.info.findOne({ _id: SCHEMA_ID });
      return info?.arriving === true;
    });
  }

  begin(): Promise<void> {
    return this.#connection.call(async () => {
      await this.#connection.info.updateOne(
        { _id: SCHEMA_ID },
        { $set: { arriving: true } },
        DURABLE,
      );
    });
  }

  complete(): Promise<void> {
    return this.#connection.call(async () => {
      await this.#connection.info.updateOne(
        { _id: SCHEMA_ID },
        { $unset: { arriving: 1 } },
        DURABLE,
      );
    });
  }
}
