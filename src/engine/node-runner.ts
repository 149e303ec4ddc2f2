import pLimit, { type LimitFunction } from 'p-limit';
import type { AttemptResult } from '../core/job/attempt.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { AttemptRef, NodeExecutor } from '../ports/node-executor.js';
import { failure, LiveAttempt, type AbortReason, type AttemptOrder } from './live-attempt.js';
import { boundOutput } from './output-limit.js';
import type { Timers } from './timers.js';

export interface NodeRunnerOptions {
  /** Attempts that may run at once in this process, over all jobs. */
  readonly maxRunningNodes: number;
  /** Milliseconds an aborted executor has to settle before it is given up. */
  readonly abortLimit: number;
}

/**
 * Runs attempts on their executors, at most so many at once. A slot is reserved before an attempt's
 * start is committed and given back when the attempt has ended, however it ended.
 */
export class NodeRunner {
  readonly #executors: ReadonlyMap<string, NodeExecutor>;
  readonly #artifacts: ArtifactStore;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: NodeRunnerOptions;
  readonly #limit: LimitFunction;
  readonly #live = new Map<string, LiveAttempt>();
  #reserved = 0;
  #closed = false;
  #slotFreed: () => void = () => undefined;
  #idle: (() => void)[] = [];

  constructor(parts: {
    readonly executors: ReadonlyMap<string, NodeExecutor>;
    readonly artifacts: ArtifactStore;
    readonly timers: Timers;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly options: NodeRunnerOptions;
  }) {
    this.#executors = parts.executors;
    this.#artifacts = parts.artifacts;
    this.#timers = parts.timers;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#options = parts.options;
    this.#limit = pLimit(parts.options.maxRunningNodes);
  }

  /** Slots that can be reserved now. */
  get free(): number {
    return this.#closed ? 0 : this.#options.maxRunningNodes - this.#reserved;
  }

  /** No attempt is begun any more. */
  get closed(): boolean {
    return this.#closed;
  }

  get live(): number {
    return this.#live.size;
  }

  /** Called whenever a slot becomes free. */
  onSlotFreed(listener: () => void): void {
    this.#slotFreed = listener;
  }

  /** Resolves when no attempt is live. */
  idle(): Promise<void> {
    if (this.#live.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  reserve(slots: number): void {
    this.#reserved += slots;
  }

  /** Gives back slots whose attempts were never run. */
  giveBack(slots: number): void {
    this.#reserved -= slots;
    for (let slot = 0; slot < slots; slot++) this.#slotFreed();
  }

  /** Runs an attempt in a reserved slot; `done` is called once, after the slot is free again. */
  run(order: AttemptOrder, done: (result: AttemptResult) => void): void {
    const attempt = new LiveAttempt(order);
    const executor = this.#executors.get(order.type);
    if (executor?.inline === true) {
      this.#runInline(executor, attempt, done);
      return;
    }
    this.#live.set(order.attemptId, attempt);
    const { timeout = Infinity, notAfter = Infinity } = order;
    const end = Math.min(this.#clock.now() + timeout * 1000, notAfter);
    if (end !== Infinity) {
      attempt.deadline = this.#timers.set(end, () => this.#abort(attempt, 'timeout'));
    }
    const finish = (result: AttemptResult): void => {
      if (attempt.settled) return;
      attempt.settled = true;
      this.#live.delete(order.attemptId);
      if (attempt.deadline !== undefined) this.#timers.cancel(attempt.deadline);
      this.#reserved--;
      this.#slotFreed();
      if (attempt.aborted !== 'stopping') done(attempt.judge(result));
      if (this.#live.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
    attempt.giveUp = () => {
      this.#logger.error(idsOf(order), 'an executor did not end after it was aborted; given up');
      finish(failure('infrastructure', 'executor_hung', 'The executor did not end when asked to.'));
    };
    void this.#limit(() => this.#execute(executor, attempt)).then(finish);
  }

  /** What ends at once needs no place in the limit, no time-out and no way to be aborted. */
  #runInline(
    executor: NodeExecutor,
    attempt: LiveAttempt,
    done: (result: AttemptResult) => void,
  ): void {
    let result: AttemptResult | Promise<AttemptResult>;
    try {
      result = executor.execute(attempt);
    } catch (error) {
      result = this.#threw(attempt.order, error);
    }
    if (!(result instanceof Promise) && result.output !== undefined) {
      result = boundOutput(this.#artifacts, attempt.order, result);
    }
    const finish = (settled: AttemptResult): void => {
      this.#reserved--;
      this.#slotFreed();
      done(settled);
    };
    if (result instanceof Promise) {
      void result.catch((error: unknown) => this.#threw(attempt.order, error)).then(finish);
    } else finish(result);
  }

  /** Asks a live attempt to end; nothing happens when it is not live. */
  cancel(attemptId: string): void {
    const attempt = this.#live.get(attemptId);
    if (attempt !== undefined) this.#abort(attempt, 'cancelled');
  }

  /** No further slot is given out. */
  close(): void {
    this.#closed = true;
  }

  /** Aborts what is live; its results are not reported: recovery takes these attempts over. */
  abandonAll(): void {
    for (const attempt of this.#live.values()) this.#abort(attempt, 'stopping');
  }

  /** Ends what an attempt left running when the service died in the middle of it. */
  async reclaim(type: string, attempt: AttemptRef): Promise<void> {
    try {
      await this.#executors.get(type)?.reclaim?.(attempt);
    } catch (error) {
      this.#logger.error(
        { ...idsOf(attempt), err: error },
        'could not end what an attempt left behind',
      );
    }
  }

  #abort(attempt: LiveAttempt, reason: AbortReason): void {
    if (attempt.settled || attempt.aborted === reason) return;
    const first = attempt.aborted === undefined;
    attempt.aborted = reason;
    if (!first) return;
    attempt.controller.abort(new Error(reason));
    if (attempt.deadline !== undefined) this.#timers.cancel(attempt.deadline);
    attempt.deadline = this.#timers.set(this.#clock.now() + this.#options.abortLimit, () =>
      attempt.giveUp(),
    );
  }

  async #execute(executor: NodeExecutor | undefined, attempt: LiveAttempt): Promise<AttemptResult> {
    const { order } = attempt;
    if (executor === undefined) {
      return failure(
        'non_retryable',
        'unknown_node_type',
        `This service has no node type ${order.type}. Start it with the version that accepted the job.`,
      );
    }
    try {
      const running = executor.execute(attempt);
      const result = running instanceof Promise ? await running : running;
      return result.output === undefined
        ? result
        : await boundOutput(this.#artifacts, order, result);
    } catch (error) {
      return this.#threw(order, error);
    }
  }

  #threw(order: AttemptOrder, error: unknown): AttemptResult {
    this.#logger.error({ ...idsOf(order), err: error }, 'an executor threw');
    const message = error instanceof Error ? error.message : String(error);
    return failure('infrastructure', 'executor_error', message);
  }
}

function idsOf(attempt: AttemptRef): object {
  return {
    tenant_id: attempt.tenantId,
    job_id: attempt.jobId,
    node_id: attempt.nodeId,
    attempt_id: attempt.attemptId,
  };
}
