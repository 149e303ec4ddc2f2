import type { Json } from '../json.js';

/** Why an attempt failed, in the classes by which retry policies judge. */
export const ERROR_CLASSES = [
  'timeout',
  'infrastructure',
  'assertion',
  'exit_code',
  'http_status',
  'cancelled',
  'non_retryable',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export interface AttemptError {
  readonly class: ErrorClass;
  /** Stable, for programs: `process_exit`, `report_disagrees`, … */
  readonly code: string;
  /** For people: what happened and what to do next. */
  readonly message: string;
  readonly details?: Json;
}

/** What a node may wait for besides time: somebody's consent, a message, or a job of its own. */
export const AWAITED = ['approval', 'signal', 'job'] as const;
export type Awaited = (typeof AWAITED)[number];

/** Which node made a result that another took over, and when (epoch ms). */
export interface CachedFrom {
  readonly job_id: string;
  readonly node_id: string;
  readonly at: number;
}

/** What keeps an attempt from beginning that had been started. */
export interface HeldBy {
  readonly kind: 'breaker';
  readonly upstream: string;
}

/** An attempt that has not begun; it may at `until` (epoch milliseconds), under the same id. */
export interface HeldAttempt {
  readonly status: 'held';
  readonly until: number;
  readonly by: HeldBy;
}

/** What one attempt came to. `waiting` gives its slot back. */
export type AttemptResult =
  | {
      readonly status: 'completed';
      readonly output?: Json;
      /** Nothing was run: it is the result of an earlier node. */
      readonly cached?: CachedFrom;
    }
  | {
      readonly status: 'failed';
      readonly error: AttemptError;
      readonly output?: Json;
      /** Seconds that the other side asked to wait before another attempt. */
      readonly retryAfter?: number;
    }
  | {
      readonly status: 'waiting';
      /**
       * Epoch milliseconds at which the node completes; with `awaits`, at which the wait is over.
       * Only what awaits something may wait for ever.
       */
      readonly until?: number;
      readonly awaits?: Awaited;
      /** What becomes of the node when the wait is over in vain. */
      readonly onExpiry?: 'fail' | 'complete';
      /** The job that the node waits for. */
      readonly child?: string;
      readonly output?: Json;
    };

/** An attempt that has ended, as kept with its node. Times are epoch milliseconds. */
export interface AttemptSummary {
  readonly attempt: number;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly started_at: number;
  readonly finished_at: number;
  readonly error?: AttemptError;
}

/** The code of an attempt that the service did not live to see the end of. */
export const INTERRUPTED = 'attempt_interrupted';

/** The idempotency key of an attempt: the same on every redelivery, different for every attempt. */
export function attemptId(jobId: string, nodeId: string, attempt: number): string {
  return `${jobId}/${nodeId}/${attempt}`;
}
