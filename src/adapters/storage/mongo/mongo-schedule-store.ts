import type { Schedule, ScheduleRef } from '../../../core/schedule/schedule.js';
import type { SchedulePage, ScheduleQuery, ScheduleStore } from '../../../ports/schedule-store.js';
import { decodeOwnedCursor, encodeOwnedCursor } from '../list-cursor.js';
import { scheduleKey } from './keys.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';
import type { StoredScheduleDocument } from './schemas/stored-schedule.schema.js';

/** Schedules in MongoDB. Owners and names are ordered by their UTF-8 bytes. */
export class MongoScheduleStore implements ScheduleStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  create(schedule: Schedule): Promise<boolean> {
    return this.#connection.call(async () => {
      try {
        await this.#connection.schedules.insertOne(documentOf(schedule), DURABLE);
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    });
  }

  get(ref: ScheduleRef): Promise<Schedule | undefined> {
    return this.#connection.call(async () => {
      const found = await this.#connection.schedules.findOne({ _id: scheduleKey(ref) });
      return found === null ? undefined : decode(found);
    });
  }

  replace(schedule: Schedule): Promise<Schedule | undefined> {
    return this.#connection.call(async () => {
      const next = { ...schedule, version: schedule.version + 1 };
      const { matchedCount } = await this.#connection.schedules.replaceOne(
        { _id: scheduleKey(schedule), schedule: schedule.id, version: schedule.version },
        documentOf(next),
        DURABLE,
      );
      return matchedCount === 1 ? next : undefined;
    });
  }

  delete(ref: ScheduleRef): Promise<boolean> {
    return this.#connection.call(async () => {
      const { deletedCount } = await this.#connection.schedules.deleteOne(
        { _id: scheduleKey(ref) },
        DURABLE,
      );
      return deletedCount === 1;
    });
  }

  list({ tenantId, owner, limit, cursor }: ScheduleQuery): Promise<SchedulePage> {
    return this.#connection.call(async () => {
      const [lastOwner, lastName] = cursor === undefined ? ['', ''] : decodeOwnedCursor(cursor);
      const { schedules } = this.#connection;
      const whose = { tenant: tenantId, ...(owner === undefined ? {} : { owner }) };
      const ofOwner = (which: string): Promise<StoredScheduleDocument[]> =>
        schedules
          .find({ tenant: tenantId, owner: which, name: { $gt: lastName } })
          .sort({ name: 1 })
          .limit(limit + 1)
          .toArray();
      const found = await ofOwner(owner ?? lastOwner);
      if (owner === undefined && found.length <= limit) {
        const others = await schedules
          .find({ tenant: tenantId, owner: { $gt: lastOwner } })
          .sort({ owner: 1, name: 1 })
          .limit(limit + 1 - found.length)
          .toArray();
        found.push(...others);
      }
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        schedules: shown.map(decode),
        total: await schedules.countDocuments(whose),
        ...(found.length > limit && last !== undefined
          ? { next: encodeOwnedCursor(last.owner, last.name) }
          : {}),
      };
    });
  }

  waking(limit: number): Promise<readonly Schedule[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.schedules
        .find({ wakeAt: { $lte: Number.MAX_SAFE_INTEGER } })
        .sort({ wakeAt: 1 })
        .limit(limit)
        .toArray();
      return found.map(decode);
    });
  }
}

function documentOf(schedule: Schedule): StoredScheduleDocument {
  const { tenantId, owner, name, id, version, wakeAt } = schedule;
  return {
    _id: scheduleKey(schedule),
    tenant: tenantId,
    owner,
    name,
    schedule: id,
    version,
    ...(wakeAt === undefined ? {} : { wakeAt }),
    body: JSON.stringify(schedule),
  };
}

function decode({ body }: StoredScheduleDocument): Schedule {
  return JSON.parse(body) as Schedule;
}
