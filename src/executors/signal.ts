import type { AttemptResult } from '../core/job/attempt.js';
import type { Clock } from '../ports/clock.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { endOfWait, waitShape } from './waiting.js';

interface SignalConfig {
  readonly timeout?: number;
  readonly on_expiry?: 'fail' | 'complete';
}

/** Waits, without a slot, until a signal is sent to the node; one that came before counts. */
export function createSignalExecutor(clock: Clock): NodeExecutor {
  return {
    type: 'signal',
    inline: true,
    summary:
      'Waits until it is sent a signal, whose payload becomes its output, without holding a slot.',
    configShape: {
      type: 'object',
      properties: {
        timeout: waitShape('wait at most'),
        on_expiry: {
          enum: ['fail', 'complete'],
          default: 'fail',
          description: 'What becomes of the node when no signal came in time.',
        },
      },
      additionalProperties: false,
      examples: [{}, { timeout: 3_600, on_expiry: 'complete' }],
    },
    execute(attempt): AttemptResult {
      const { timeout, on_expiry: onExpiry } = attempt.config as SignalConfig;
      return {
        status: 'waiting',
        awaits: 'signal',
        ...endOfWait(clock, timeout),
        ...(onExpiry === undefined ? {} : { onExpiry }),
      };
    },
  };
}
