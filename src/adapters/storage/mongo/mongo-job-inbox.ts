import type { CommandAnswer, JobInbox, JobMessage, RemoteCommand } from '../../../ports/cluster.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';
import type { JobMessageDocument } from './schemas/job-message.schema.js';

const UNANSWERED = '';

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
        .find({ answer: UNANSWERED })
        .sort({ at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(messageOf);
    });
  }

  answer(answers: ReadonlyMap<string, CommandAnswer>): Promise<void> {
    return this.#connection.call(async () => {
      if (answers.size === 0) return;
      await this.#connection.inbox.bulkWrite(
        Array.from(answers, ([_id, answer]) => ({
          updateOne: { filter: { _id }, update: { $set: { answer: JSON.stringify(answer) } } },
        })),
        { ordered: false },
      );
    });
  }

  answerTo(id: string): Promise<CommandAnswer | undefined> {
    return this.#connection.call(async () => {
      const found = await this.#connection.inbox.findOne(
        { _id: id },
        { projection: { answer: 1 } },
      );
      return found === null || found.answer === UNANSWERED
        ? undefined
        : (JSON.parse(found.answer) as CommandAnswer);
    });
  }

  deleteAnswered(before: number): Promise<void> {
    return this.#connection.call(async () => {
      await this.#connection.inbox.deleteMany({ answer: { $gt: '' }, at: { $lt: before } });
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
      { $setOnInsert: { tenant, job, at, command: JSON.stringify(command), answer: UNANSWERED } },
      { upsert: true, ...DURABLE },
    );
  }
}

function messageOf({ _id, tenant, job, at, command }: JobMessageDocument): JobMessage {
  const parsed = JSON.parse(command) as RemoteCommand;
  return { id: _id, tenantId: tenant, jobId: job, at, command: parsed };
}
