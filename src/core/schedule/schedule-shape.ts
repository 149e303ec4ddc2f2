import type { Shape } from '../graph/shape.js';
import { TEMPLATE_NAME } from '../template/template.js';
import {
  MAX_BACKFILL_CONCURRENCY,
  MAX_WAITING,
  MISSED_POLICIES,
  OVERLAP_POLICIES,
} from './schedule.js';

const DAY = 86_400;
const TIME: Shape = { type: 'string', minLength: 1, maxLength: 40 };

/** What may be the name of a schedule: as of a template. */
export const SCHEDULE_NAME = TEMPLATE_NAME;

/**
 * What may be put as a schedule; that texts are times, patterns and zones is checked by `readSpec`.
 *
 * @param run what a run of a template may say
 */
export function scheduleShape(run: Shape): Shape {
  return {
    title: 'Schedule',
    type: 'object',
    properties: {
      description: { description: 'For people.', type: 'string', maxLength: 4000 },
      cron: { type: 'string', minLength: 1 },
      zone: { type: 'string', minLength: 1, maxLength: 64 },
      interval: { type: 'integer', minimum: 1, maximum: 366 * DAY },
      anchor: TIME,
      jitter: { type: 'number', minimum: 0, maximum: DAY },
      starts_at: TIME,
      ends_at: TIME,
      overlap: { enum: OVERLAP_POLICIES },
      max_waiting: { type: 'integer', minimum: 1, maximum: MAX_WAITING },
      missed: { enum: MISSED_POLICIES },
      run: {
        ...run,
        properties: { template: TEMPLATE_NAME, ...run.properties },
        required: ['template'],
      },
    },
    required: ['run'],
    additionalProperties: false,
  };
}

export const BACKFILL_SHAPE: Shape = {
  type: 'object',
  properties: {
    from: TIME,
    to: TIME,
    concurrency: { type: 'integer', minimum: 1, maximum: MAX_BACKFILL_CONCURRENCY },
  },
  required: ['from', 'to'],
  additionalProperties: false,
};
