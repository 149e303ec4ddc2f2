import { POINT_IN_TIME } from '../core/graph/time-shape.js';
import { parseIsoTime } from '../core/iso-time.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { Clock } from '../ports/clock.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { endOfWait, MAX_WAIT_SECONDS } from './waiting.js';

/** The last second of the year 9999. */
const MAX_EPOCH_SECONDS = 253_402_300_799;

interface DelayConfig {
  readonly seconds?: number;
  readonly until?: string | number;
}

/** Waits without holding a slot: for so many seconds, or until a point in time. */
export function createDelayExecutor(clock: Clock): NodeExecutor {
  return {
    type: 'delay',
    inline: true,
    summary: 'Waits for a number of seconds or until a point in time, without holding a slot.',
    configShape: {
      type: 'object',
      properties: {
        seconds: {
          type: 'number',
          minimum: 0,
          maximum: MAX_WAIT_SECONDS,
          description: 'Seconds from when the node starts; at most 366 days.',
        },
        until: {
          description:
            'A point in time: ISO 8601 with a zone, or seconds since 1970. Past ones do not wait.',
          anyOf: [POINT_IN_TIME, { type: 'number', minimum: 0, maximum: MAX_EPOCH_SECONDS }],
        },
      },
      additionalProperties: false,
      oneOf: [{ required: ['seconds'] }, { required: ['until'] }],
      examples: [{ seconds: 90 }, { until: '2030-01-31T06:00:00+01:00' }, { until: 1895983200 }],
    },
    execute(attempt): AttemptResult {
      const { seconds, until } = attempt.config as DelayConfig;
      if (seconds !== undefined) {
        return { status: 'waiting', ...endOfWait(clock, seconds) };
      }
      const at = typeof until === 'number' ? Math.ceil(until * 1000) : parseIsoTime(until ?? '');
      // The pattern lets through the 31st of February.
      if (at === undefined) {
        return {
          status: 'failed',
          error: {
            class: 'non_retryable',
            code: 'invalid_time',
            message: `${JSON.stringify(until ?? null)} is no point in time. Give one as in 2030-01-31T06:00:00Z.`,
          },
        };
      }
      return { status: 'waiting', until: at };
    },
  };
}
