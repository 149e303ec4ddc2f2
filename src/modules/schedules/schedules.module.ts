import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/index.js';
import { TemplatesModule } from '../templates/index.js';
import { ScheduleFinder } from './schedule-finder.js';
import { ScheduleFirer } from './schedule-firer.js';
import { ScheduleReader } from './schedule-reader.js';
import { ScheduleSubmitter } from './schedule-submitter.js';
import { ScheduleWriter } from './schedule-writer.js';
import { SchedulesController } from './schedules.controller.js';

/** Schedules, and the jobs that they make. */
@Module({
  imports: [JobsModule, TemplatesModule],
  controllers: [SchedulesController],
  providers: [ScheduleFinder, ScheduleFirer, ScheduleReader, ScheduleSubmitter, ScheduleWriter],
})
export class SchedulesModule {}
