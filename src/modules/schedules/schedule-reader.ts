import { Injectable } from '@nestjs/common';
import type { JobStatus } from '../../core/job/status.js';
import type { Schedule } from '../../core/schedule/schedule.js';
import { isAdmin, type Principal } from '../../platform/auth/index.js';
import type { Clock } from '../../ports/clock.js';
import type { JobProjections } from '../../ports/job-projections.js';
import type { ScheduleStore } from '../../ports/schedule-store.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import { refOf, ScheduleFinder, type NamedSchedule } from './schedule-finder.js';
import { showSchedule, showSummary } from './schedule-views.js';
import type {
  ListSchedulesQuery,
  ScheduleListResponse,
  ScheduleResponse,
} from './schedules.dto.js';

/** Reads schedules for a principal. */
@Injectable()
export class ScheduleReader {
  constructor(
    @Use('schedules') private readonly schedules: ScheduleStore,
    @Use('projections') private readonly projections: Pick<JobProjections, 'job'>,
    @Use('clock') private readonly clock: Clock,
    private readonly finder: ScheduleFinder,
  ) {}

  /** Rejects with `schedule_not_found`. */
  async show(named: NamedSchedule): Promise<Answer<ScheduleResponse>> {
    return this.describe(await this.finder.find(named));
  }

  /** A schedule with the statuses of its last jobs. */
  async describe(schedule: Schedule): Promise<Answer<ScheduleResponse>> {
    const { tenantId, state } = schedule;
    const ids = [...state.active, ...state.recent].flatMap(({ jobId }) => jobId ?? []);
    const statuses = new Map<string, JobStatus>();
    await Promise.all(
      [...new Set(ids)].map(async (jobId) => {
        const view = await this.projections.job({ tenantId, jobId });
        if (view !== undefined) statuses.set(jobId, view.progress.status);
      }),
    );
    return showSchedule(schedule, this.clock.now(), statuses);
  }

  /** Of admins: those of the whole tenant, unless they say whose. */
  async list(
    principal: Principal,
    { owner, limit, cursor }: ListSchedulesQuery,
  ): Promise<Answer<ScheduleListResponse>> {
    const { tenantId } = principal;
    const everybodys = owner === undefined && isAdmin(principal);
    const page = await this.schedules.list({
      tenantId,
      ...(everybodys ? {} : { owner: refOf({ principal, name: '', owner }).owner }),
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const now = this.clock.now();
    return {
      schedules: page.schedules.map((schedule) => showSummary(schedule, now)),
      total: page.total,
      ...(page.next === undefined ? {} : { next_cursor: page.next }),
    };
  }
}
