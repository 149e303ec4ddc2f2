import { Injectable } from '@nestjs/common';
import type { Schedule, ScheduleRef } from '../../core/schedule/schedule.js';
import { isAdmin, type Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { ScheduleStore } from '../../ports/schedule-store.js';
import { StoreUnavailable } from '../../ports/store-errors.js';
import { Use } from '../dependencies.js';

/** A schedule as a request names it; whose, only admins may say. */
export interface NamedSchedule {
  readonly principal: Principal;
  readonly name: string;
  readonly owner: string | undefined;
}

const TRIES = 50;

/** Finds and changes schedules for a principal: one that is not for its eyes is as good as none. */
@Injectable()
export class ScheduleFinder {
  constructor(@Use('schedules') private readonly schedules: ScheduleStore) {}

  /** Rejects with `schedule_not_found`, the same for another user's schedule as for none. */
  async find(named: NamedSchedule): Promise<Schedule> {
    const found = await this.schedules.get(refOf(named));
    if (found === undefined) throw scheduleNotFound();
    return found;
  }

  /**
   * Changes a schedule, whatever happens to it meanwhile: `change` is given it as it stands, again
   * each time somebody else was faster. Rejects as {@link find} and `change` do.
   */
  async change(
    named: NamedSchedule,
    change: (schedule: Schedule) => Schedule | Promise<Schedule>,
  ): Promise<Schedule> {
    for (let tries = 0; tries < TRIES; tries++) {
      const seen = await this.find(named);
      const next = await change(seen);
      if (next === seen) return seen;
      const changed = await this.schedules.replace(next);
      if (changed !== undefined) return changed;
    }
    throw new StoreUnavailable('The schedule changes too fast. Send the request again.');
  }
}

/** Rejects with `schedule_not_found` what is not the principal's to name. */
export function refOf({ principal, name, owner = principal.user }: NamedSchedule): ScheduleRef {
  if (owner !== principal.user && !isAdmin(principal)) throw scheduleNotFound();
  return { tenantId: principal.tenantId, owner, name };
}

export function scheduleNotFound(): RequestProblem {
  return new RequestProblem(
    'schedule_not_found',
    'You have no schedule of this name. List yours at GET /api/v1/orchestration/schedules.',
  );
}
