import type { Schedule, ScheduleSpec, ScheduleState } from './schedule.js';

export const START = Date.UTC(2026, 10, 21, 14);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

const SPEC: ScheduleSpec = {
  timing: { interval: HOUR, anchor: 0 },
  jitter: 0,
  overlap: 'skip',
  maxWaiting: 2,
  missed: 'latest',
  run: { template: 'nightly' },
};

/** A schedule that fires on the hour and was put at {@link START}. */
export function aSchedule(
  spec: Partial<ScheduleSpec> = {},
  state: Partial<ScheduleState> = {},
): Schedule {
  return {
    tenantId: 'acme',
    owner: 'anna',
    name: 'hourly',
    id: 'sch_1',
    version: 1,
    createdAt: START,
    updatedAt: START,
    spec: { ...SPEC, ...spec },
    state: {
      decidedTo: START,
      pending: [],
      waiting: [],
      active: [],
      backfills: [],
      recent: [],
      ...state,
    },
    wakeAt: START,
  };
}
