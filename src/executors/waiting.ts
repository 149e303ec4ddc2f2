import type { Shape } from '../core/graph/shape.js';
import type { Clock } from '../ports/clock.js';

/** Nothing waits for longer. */
export const MAX_WAIT_SECONDS = 366 * 24 * 3600;

/** How long a node waits for somebody, in the config of its type. */
export function waitShape(what: string): Shape {
  return {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: MAX_WAIT_SECONDS,
    description: `Seconds to ${what}; at most 366 days. Left out: until the job times out.`,
  };
}

/** When a wait that begins now is over, in epoch ms; nothing for one without end. */
export function endOfWait(clock: Clock, seconds: number | undefined): { readonly until?: number } {
  return seconds === undefined ? {} : { until: Math.ceil(clock.now() + seconds * 1000) };
}
