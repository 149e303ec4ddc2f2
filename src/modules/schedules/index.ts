export { SchedulesModule } from './schedules.module.js';
export { scheduleSubmit } from './schedule-submitter.js';
