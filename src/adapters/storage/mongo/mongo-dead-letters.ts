import type { mongo } from 'mongoose';
import type {
  DeadLetter,
  DeadLetterExpiry,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  Requeue,
} from '../../../ports/dead-letters.js';
import { FENCE_MS } from '../../../ports/retention.js';
import { decodeTimeCursor, encodeTimeCursor } from '../list-cursor.js';
import { documentOf, infoOf, letterFrom } from './letter-documents.js';
import type { JobProjector } from './job-projector.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { retryRace } from './mongo-errors.js';
import type { StoredDeadLetterDocument } from './schemas/stored-dead-letter.schema.js';

type Filter = mongo.Filter<StoredDeadLetterDocument>;
const THERE: readonly StoredDeadLetterDocument['state'][] = ['open', 'requeued'];

/**
 * Dead letters in MongoDB, derived by the projector. A letter that is deleted leaves its key behind
 * for {@link FENCE_MS}: whoever derives it late, after a crash, finds its place taken.
 */
export class MongoDeadLetters implements DeadLetters {
  readonly #connection: Connection;
  readonly #projector: JobProjector;
  /** ms that a list waits for this process's own commits. */
  readonly #patience: number;
  /** Epoch milliseconds. */
  readonly #now: () => number;

  constructor(
    connection: Connection,
    projector: JobProjector,
    patience: number,
    now: () => number,
  ) {
    this.#connection = connection;
    this.#projector = projector;
    this.#patience = patience;
    this.#now = now;
  }

  list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.#connection.call(async () => {
      const { limit, cursor } = query;
      const start = cursor === undefined ? undefined : decodeTimeCursor(cursor);
      await this.#projector.caughtUp(this.#patience);
      const found = await this.#connection.deadLetters
        .find(filterOf(query, start), { projection: { config: 0 } })
        .sort({ at: -1, _id: -1 })
        .limit(limit + 1)
        .toArray();
      const letters = found.slice(0, limit).map(infoOf);
      const last = letters.at(-1);
      return {
        letters,
        ...(found.length > limit && last !== undefined
          ? { next: encodeTimeCursor(last.at, last.id) }
          : {}),
      };
    });
  }

  get(tenantId: string, id: string): Promise<DeadLetter | undefined> {
    return this.#connection.call(async () => {
      const filter = thisOne(tenantId, id);
      let found = await this.#connection.deadLetters.findOne(filter);
      if (found === null) {
        await this.#projector.caughtUp(this.#patience);
        found = await this.#connection.deadLetters.findOne(filter);
      }
      return found === null ? undefined : letterFrom(found);
    });
  }

  setRequeue(
    tenantId: string,
    id: string,
    seen: Requeue | undefined,
    requeue: Requeue | undefined,
  ): Promise<boolean> {
    return this.#connection.call(async () => {
      const filter: Filter = {
        _id: id,
        tenant: tenantId,
        ...(seen === undefined
          ? { state: 'open' as const }
          : { state: 'requeued' as const, requeuedAs: seen.jobId }),
      };
      const update: mongo.UpdateFilter<StoredDeadLetterDocument> =
        requeue === undefined
          ? { $set: { state: 'open' }, $unset: { requeue: 1, requeuedAs: 1 } }
          : {
              $set: {
                state: 'requeued',
                requeue: JSON.stringify(requeue),
                requeuedAs: requeue.jobId,
              },
            };
      const { matchedCount } = await this.#connection.deadLetters.updateOne(
        filter,
        update,
        DURABLE,
      );
      return matchedCount === 1;
    });
  }

  delete(tenantId: string, ids: readonly string[]): Promise<number> {
    return this.#connection.call(async () => {
      const { matchedCount } = await this.#connection.deadLetters.updateMany(
        { _id: { $in: [...ids] }, tenant: tenantId, state: { $in: [...THERE] } },
        {
          $set: { state: 'deleted', deletedAt: this.#now() },
          $unset: { info: 1, config: 1, requeue: 1, requeuedAs: 1 },
        },
        DURABLE,
      );
      return matchedCount;
    });
  }

  put(letter: DeadLetter): Promise<void> {
    return this.#connection.call(async () => {
      const { _id, ...document } = documentOf(letter);
      const { deadLetters } = this.#connection;
      await retryRace(() =>
        deadLetters.replaceOne({ _id }, document, { upsert: true, ...DURABLE }),
      );
    });
  }

  expire({ before, now, limit }: DeadLetterExpiry): Promise<boolean> {
    return this.#connection.call(async () => {
      const { deadLetters } = this.#connection;
      const due: Filter[] = [{ deletedAt: { $lt: now - FENCE_MS } }];
      if (before !== undefined) due.push({ at: { $lt: before } });
      for (const filter of due) {
        const some = await deadLetters
          .find(filter, { projection: { _id: 1 } })
          .limit(limit)
          .toArray();
        if (some.length === 0) continue;
        await deadLetters.deleteMany({ _id: { $in: some.map(({ _id }) => _id) } });
        if (some.length === limit) return false;
      }
      return true;
    });
  }
}

/** Those that have not been deleted. */
export const LETTERS_THERE: Filter = { state: { $in: [...THERE] } };

function thisOne(tenant: string, _id: string): Filter {
  return { _id, tenant, ...LETTERS_THERE };
}

function filterOf(
  { tenantId, owner, jobId, type, errorClass, status, before }: DeadLetterQuery,
  start: readonly [at: number, id: string] | undefined,
): Filter {
  const at = {
    ...(before === undefined ? {} : { $lt: before }),
    ...(start === undefined ? {} : { $lte: start[0] }),
  };
  return {
    tenant: tenantId,
    ...(owner === undefined ? {} : { owner }),
    ...(jobId === undefined ? {} : { job: jobId }),
    ...(type === undefined ? {} : { type }),
    ...(errorClass === undefined ? {} : { errorClass }),
    ...(status === undefined ? LETTERS_THERE : { state: status }),
    ...(Object.keys(at).length === 0 ? {} : { at }),
    ...(start === undefined
      ? {}
      : { $or: [{ at: { $lt: start[0] } }, { _id: { $lt: start[1] } }] }),
  };
}
