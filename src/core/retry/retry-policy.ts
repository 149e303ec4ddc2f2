import type { ErrorClass } from '../job/attempt.js';

export const RETRY_STRATEGIES = ['fixed', 'linear', 'exponential'] as const;
export type RetryStrategy = (typeof RETRY_STRATEGIES)[number];

export const JITTERS = ['none', 'full', 'equal', 'decorrelated'] as const;
export type Jitter = (typeof JITTERS)[number];

/** How often and how soon a failed attempt is followed by another. Durations are in seconds. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly max_attempts: number;
  readonly strategy: RetryStrategy;
  readonly delay: number;
  /** Base of the exponential strategy. */
  readonly factor: number;
  readonly max_delay: number;
  readonly jitter: Jitter;
  /** The classes of errors after which another attempt is made. Absent: all that another may mend. */
  readonly retry_on?: readonly ErrorClass[];
}

/** Classes of errors that another attempt may mend. */
export const RETRYABLE_CLASSES = [
  'timeout',
  'infrastructure',
  'assertion',
  'exit_code',
  'http_status',
] as const satisfies readonly ErrorClass[];
