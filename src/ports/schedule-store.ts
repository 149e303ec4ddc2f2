import type { Schedule, ScheduleRef } from '../core/schedule/schedule.js';

export interface ScheduleQuery {
  readonly tenantId: string;
  /** Absent: of every owner. */
  readonly owner?: string;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor?: string;
}

export interface SchedulePage {
  readonly schedules: readonly Schedule[];
  readonly total: number;
  readonly next?: string;
}

/**
 * Schedules, each with its state. What happens to one goes from version to version: of those who saw
 * the same version, one changes it. Rejects with {@link StoreUnavailable} when the store cannot be
 * reached; then it is not known whether anything was changed.
 */
export interface ScheduleStore {
  /** Adds a schedule; false when the owner has one of its name. Durable when it resolves. */
  create(schedule: Schedule): Promise<boolean>;
  get(ref: ScheduleRef): Promise<Schedule | undefined>;
  /**
   * Puts a schedule in the place of the one of its `id` and `version`, and answers it with its next
   * version; `undefined` when there is none of that version any more. Durable when it resolves.
   */
  replace(schedule: Schedule): Promise<Schedule | undefined>;
  /** Answers whether there was one. */
  delete(ref: ScheduleRef): Promise<boolean>;
  /** By owner, then by name. Rejects with {@link InvalidCursor} for a cursor of another list. */
  list(query: ScheduleQuery): Promise<SchedulePage>;
  /** Of all tenants: those that are to be looked at first, by `wakeAt`. */
  waking(limit: number): Promise<readonly Schedule[]>;
}
