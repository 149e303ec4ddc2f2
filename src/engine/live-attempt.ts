import type { AttemptError, AttemptResult } from '../core/job/attempt.js';
import type { JsonObject } from '../core/json.js';
import type { AttemptContext, AttemptRef } from '../ports/node-executor.js';
import type { Timer } from './timers.js';

/** An attempt whose start is committed. */
export interface AttemptOrder extends AttemptRef {
  readonly type: string;
  readonly config: JsonObject;
  readonly correlationId: string;
  readonly traceparent: string | undefined;
  /** Seconds. */
  readonly timeout: number | undefined;
  /** Epoch milliseconds at which the attempt is aborted as by its time-out: its node's deadline. */
  readonly notAfter?: number | undefined;
  /** The name that the node gives to what it depends on. */
  readonly breaker?: string | undefined;
}

export type AbortReason = 'timeout' | 'cancelled' | 'stopping';

/** An attempt under way, as its executor sees it. Its signal is made when it is first asked for. */
export class LiveAttempt implements AttemptContext {
  readonly order: AttemptOrder;
  settled = false;
  aborted: AbortReason | undefined;
  deadline: Timer | undefined;
  giveUp: () => void = () => undefined;
  #controller: AbortController | undefined;

  constructor(order: AttemptOrder) {
    this.order = order;
  }

  get controller(): AbortController {
    return (this.#controller ??= new AbortController());
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get tenantId(): string {
    return this.order.tenantId;
  }

  get jobId(): string {
    return this.order.jobId;
  }

  get nodeId(): string {
    return this.order.nodeId;
  }

  get attempt(): number {
    return this.order.attempt;
  }

  get attemptId(): string {
    return this.order.attemptId;
  }

  get config(): JsonObject {
    return this.order.config;
  }

  get correlationId(): string {
    return this.order.correlationId;
  }

  get traceparent(): string | undefined {
    return this.order.traceparent;
  }

  /** What an aborted attempt came to: its success stands, its failure was the abort. */
  judge(result: AttemptResult): AttemptResult {
    if (this.aborted === undefined || result.status === 'completed') return result;
    if (this.aborted === 'timeout') {
      const limit = this.order.timeout ?? 0;
      return failure(
        'timeout',
        'attempt_timed_out',
        `The attempt did not end within its ${limit} s. Raise the node's timeout, or see its log for what it waited for.`,
      );
    }
    return failure('cancelled', 'attempt_cancelled', 'The attempt was cancelled.');
  }
}

/** The result of an attempt that failed, with a code for programs and a message for people. */
export function failure(kind: AttemptError['class'], code: string, message: string): AttemptResult {
  return { status: 'failed', error: { class: kind, code, message } };
}
