import type { Schedule, ScheduleRef } from '../../src/core/schedule/schedule.js';
import type { SchedulePage, ScheduleQuery, ScheduleStore } from '../../src/ports/schedule-store.js';
import { decodeOwnedCursor, encodeOwnedCursor } from '../../src/adapters/storage/list-cursor.js';

/** Schedules in memory, kept when what is above is thrown away. */
export class MemorySchedules implements ScheduleStore {
  readonly #schedules = new Map<string, Schedule>();

  async create(schedule: Schedule): Promise<boolean> {
    await Promise.resolve();
    if (this.#schedules.has(keyOf(schedule))) return false;
    this.#schedules.set(keyOf(schedule), structuredClone(schedule));
    return true;
  }

  async get(ref: ScheduleRef): Promise<Schedule | undefined> {
    await Promise.resolve();
    return structuredClone(this.#schedules.get(keyOf(ref)));
  }

  async replace(schedule: Schedule): Promise<Schedule | undefined> {
    await Promise.resolve();
    const there = this.#schedules.get(keyOf(schedule));
    if (there?.id !== schedule.id || there.version !== schedule.version) return undefined;
    const next = structuredClone({ ...schedule, version: schedule.version + 1 });
    this.#schedules.set(keyOf(schedule), next);
    return structuredClone(next);
  }

  async delete(ref: ScheduleRef): Promise<boolean> {
    await Promise.resolve();
    return this.#schedules.delete(keyOf(ref));
  }

  async list({ tenantId, owner, limit, cursor }: ScheduleQuery): Promise<SchedulePage> {
    await Promise.resolve();
    const after = cursor === undefined ? '' : placeOf(...decodeOwnedCursor(cursor));
    const all = [...this.#schedules.values()]
      .filter((each) => each.tenantId === tenantId && each.owner === (owner ?? each.owner))
      .sort((a, b) => (placeOf(a.owner, a.name) < placeOf(b.owner, b.name) ? -1 : 1));
    const found = all.filter((each) => placeOf(each.owner, each.name) > after);
    const last = found[limit - 1];
    return {
      schedules: structuredClone(found.slice(0, limit)),
      total: all.length,
      ...(found.length > limit && last !== undefined
        ? { next: encodeOwnedCursor(last.owner, last.name) }
        : {}),
    };
  }

  async waking(limit: number): Promise<readonly Schedule[]> {
    await Promise.resolve();
    const due = [...this.#schedules.values()].filter(({ wakeAt }) => wakeAt !== undefined);
    due.sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0));
    return structuredClone(due.slice(0, limit));
  }
}

function keyOf({ tenantId, owner, name }: ScheduleRef): string {
  return JSON.stringify([tenantId, owner, name]);
}

function placeOf(owner: string, name: string): string {
  return `${owner}\u0000${name}`;
}
