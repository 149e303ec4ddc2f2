import type { JobInbox, JobMessage, RemoteCommand } from '../../../ports/cluster.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';
import type { JobMessageDocument } from './schemas/job-message.schema.js';

/** The inbox in MongoDB. Messages of one millisecond come in the order of their ids. */
export class MongoJobInbox implements JobInbox {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  put(message: JobMessage): Promise<void> {
    return this.#connection.call(async () => {
      try {
        await this.#put(message);
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        // Two put it at once. The one that comes second waits until the first is durable.
        await this.#put(message);
      }
    });
  }

  read(limit: number): Promise<readonly JobMessage[]> {
    return this.#connection.call(async () => {
      if (limit < 1) return [];
      const found = await this.#connection.inbox
        .find()
        .sort({ at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(messageOf);
    });
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.#connection.call(async () => {
      if (ids.length > 0) await this.#connection.inbox.deleteMany({ _id: { $in: [...ids] } });
    });
  }

  async #put({ id, tenantId: tenant, jobId: job, at, command }: JobMessage): Promise<void> {
    await this.#connection.inbox.updateOne(
      { _id: id },
      { $setOnInsert: { tenant, job, at, command: JSON.stringify(command) } },
      { upsert: true, ...DURABLE },
    );
  }
}

function messageOf({ _id, tenant, job, at, command }: JobMessageDocument): JobMessage {
  const parsed = JSON.parse(command) as RemoteCommand;
  return { id: _id, tenantId: tenant, jobId: job, at, command: parsed };
}
