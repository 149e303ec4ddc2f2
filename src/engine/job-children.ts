import { attemptId, type AttemptError, type AttemptResult } from '../core/job/attempt.js';
import { compensationIdOf } from '../core/job/child-ids.js';
import type { JobCommand, Rejection, SteeringCommand } from '../core/job/commands.js';
import type { JobEvent } from '../core/job/events.js';
import { priorityOf, type JobRef } from '../core/job/job-record.js';
import { isTerminalJob } from '../core/job/status.js';
import { NODE_CODE } from '../core/job/transitions.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Clock } from '../ports/clock.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections, JobView } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { ChildJobs, ParentJob } from './child-jobs.js';
import type { ChildResults } from './child-results.js';
import type { JobExpressions } from './job-expressions.js';
import { lastPause } from './last-pause.js';
import type { Timer, Timers } from './timers.js';

export interface JobChildrenParts {
  readonly journal: JobJournal;
  readonly childJobs: ChildJobs;
  readonly childResults: ChildResults;
  readonly projections: JobProjections;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks something of another job, wherever it is driven. */
  readonly steer: (job: JobRef, command: SteeringCommand) => Promise<unknown>;
  /** Sees to it that a job that is queued, and driven by nobody, is driven. */
  readonly adopt: (child: JobView) => Promise<void>;
}

/**
 * How often to look at the jobs that a job waits for. The end of one that is driven by this process
 * is told at once; this is for those that are driven elsewhere, and for what went wrong.
 */
const LOOK_PAUSE_MS = 2_000;
/** Looks at which a job that was made may not be shown, until it counts as gone. */
const LOOKS_FOR_MISSING = 30;

/** What changes what is asked of the jobs that a job waits for. */
const STEERING: ReadonlySet<JobEvent['type']> = new Set([
  'job_paused',
  'job_resumed',
  'job_cancel_requested',
  'job_timed_out',
  'job_failing',
  'job_compensating',
  'job_priority_changed',
]);

/**
 * The jobs that one job waits for. What is to be done about them follows from how both stand, and
 * never from what was done before: so it can be done again after a crash, and by another instance.
 */
export class JobChildren {
  readonly #job: ParentJob;
  readonly #parts: JobChildrenParts;
  readonly #expressions: JobExpressions;
  readonly #post: (
    command: JobCommand,
    settled?: (rejection: Rejection | undefined) => void,
  ) => void;
  readonly #looking = new Set<number>();
  readonly #missing = new Map<string, number>();
  #poll: Timer | undefined;
  #stopped = false;

  constructor(
    job: ParentJob,
    parts: JobChildrenParts,
    expressions: JobExpressions,
    post: (command: JobCommand, settled?: (rejection: Rejection | undefined) => void) => void,
  ) {
    this.#job = job;
    this.#parts = parts;
    this.#expressions = expressions;
    this.#post = post;
  }

  /** Makes the job of an attempt whose start is committed; tries until it is known what came of it. */
  launch(node: number, attempt: number, done: (result: AttemptResult) => void): void {
    if (this.#stopped) return;
    const { childJobs } = this.#parts;
    childJobs.launch(this.#job, node, attempt, this.#expressions).then(done, (error: unknown) => {
      this.#notNow(error, 'a job that runs a node could not be made');
      if (error instanceof StoreUnavailable) this.#later(() => this.launch(node, attempt, done));
      else done({ status: 'failed', error: notMade(error) });
    });
  }

  /** To be told of every commit of the job, once it is durable. */
  committed(events: readonly JobEvent[]): void {
    const { state, plan } = this.#job;
    if (state.children.size === 0 && state.status !== 'compensating') return;
    if (events.some(({ type }) => STEERING.has(type))) this.lookAtAll();
    else {
      for (const event of events) {
        if (event.type !== 'node_waiting' || event.child === undefined) continue;
        this.#look(plan.indexOf.get(event.node) as number);
      }
    }
    this.#watch();
  }

  /** Looks at every job that this one waits for, and does what is to be done about it. */
  lookAtAll(): void {
    const { state } = this.#job;
    for (const node of state.children) this.#look(node);
    if (state.status === 'compensating') this.#compensate();
    this.#watch();
  }

  /** A job that this one waits for has ended, in this process. */
  ended(child: JobView): void {
    const nodeId = child.header.parent?.nodeId;
    if (nodeId === undefined) this.#compensate();
    else {
      const node = this.#job.plan.indexOf.get(nodeId) ?? -1;
      if (this.#job.state.details.get(node)?.child === child.header.jobId) this.#look(node, child);
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#poll !== undefined) this.#parts.timers.cancel(this.#poll);
  }

  #watch(): void {
    const { state } = this.#job;
    if (this.#stopped || this.#poll !== undefined) return;
    if (state.children.size === 0 && state.status !== 'compensating') return;
    this.#poll = this.#later(() => {
      this.#poll = undefined;
      this.lookAtAll();
    });
  }

  #look(node: number, known?: JobView): void {
    const child = this.#job.state.details.get(node)?.child;
    if (child === undefined || this.#stopped || !this.#job.state.children.has(node)) return;
    if (this.#looking.has(node)) {
      // What is under way may have looked too early.
      if (known !== undefined) this.#later(() => this.#look(node));
      return;
    }
    this.#looking.add(node);
    this.#seeTo(node, child, known)
      .catch((error: unknown) => {
        this.#notNow(error, 'a job that runs a node could not be looked at; tried again');
      })
      .finally(() => {
        this.#looking.delete(node);
        this.#watch();
      });
  }

  async #seeTo(node: number, child: string, known: JobView | undefined): Promise<void> {
    const { header, plan, state } = this.#job;
    const { childResults, projections, clock, adopt } = this.#parts;
    const view = known ?? (await projections.job({ tenantId: header.tenantId, jobId: child }));
    if (view !== undefined && !isTerminalJob(view.progress.status)) {
      await this.#steerDown(view);
      if (view.progress.status === 'queued') await adopt(view);
      return;
    }
    const { id } = planNode(plan, node).definition;
    const attempt = state.attempts[node] ?? 1;
    const { tenantId, jobId } = header;
    const result =
      view === undefined
        ? this.#isGone(child)
        : await childResults.of(view, {
            tenantId,
            jobId,
            nodeId: id,
            attempt,
            attemptId: attemptId(jobId, id, attempt),
          });
    if (result === undefined || this.#stopped) return;
    const random = result.status === 'failed' ? clock.random() : 0;
    await new Promise<void>((resolve) => {
      this.#post({ type: 'end_child', node, child, result, random }, () => resolve());
    });
  }

  /** What is wanted of the parent is wanted of its parts. */
  async #steerDown({ header, progress }: JobView): Promise<void> {
    const { state } = this.#job;
    const by = `job:${this.#job.header.jobId}`;
    const { status } = progress;
    const { priority } = state;
    // What an urgent job waits for is as urgent.
    if (priority !== undefined && priorityOf({ header, progress }) < priority) {
      await this.#parts.steer(header, { type: 'change_priority', by, priority });
    }
    if (state.ending !== undefined) {
      if (status === 'cancelling' || progress.reason !== undefined) return;
      const reason = `Job ${this.#job.header.jobId}, which it is a part of, is ending: ${state.reason ?? state.ending}`;
      await this.#parts.steer(header, { type: 'cancel', by, reason });
    } else if (state.status === 'paused') {
      if (status === 'running') await this.#parts.steer(header, { type: 'pause', by });
    } else if (status === 'paused') {
      const pause = await lastPause(this.#parts.journal, { header, progress });
      if (pause?.by === by) await this.#parts.steer(header, { type: 'resume', by });
    }
  }

  /** A job that is not shown may be so for a moment; one that is never shown has been deleted. */
  #isGone(child: string): { readonly status: 'failed'; readonly error: AttemptError } | undefined {
    const looks = (this.#missing.get(child) ?? 0) + 1;
    this.#missing.set(child, looks);
    return looks < LOOKS_FOR_MISSING ? undefined : { status: 'failed', error: GONE };
  }

  #compensate(): void {
    if (this.#stopped || this.#looking.has(COMPENSATION)) return;
    this.#looking.add(COMPENSATION);
    this.#seeToCompensation()
      .catch((error: unknown) => {
        this.#notNow(error, 'the compensation of a job could not be seen to; tried again');
      })
      .finally(() => {
        this.#looking.delete(COMPENSATION);
        this.#watch();
      });
  }

  async #seeToCompensation(): Promise<void> {
    const { header } = this.#job;
    const { childJobs, childResults, projections, adopt } = this.#parts;
    const { nodeStatus } = this.#job.state;
    await childJobs.compensate(this.#job, (node) => nodeStatus[node] === NODE_CODE.completed);
    const ref = { tenantId: header.tenantId, jobId: compensationIdOf(header) };
    const view = await projections.job(ref);
    if (view?.progress.status === 'queued') await adopt(view);
    if (view === undefined || !isTerminalJob(view.progress.status)) return;
    const summary = await childResults.summary(view);
    if (view.progress.status !== 'completed') {
      this.#parts.logger.error(
        { tenant_id: header.tenantId, job_id: header.jobId, compensation: view.header.jobId },
        'a compensation is incomplete',
      );
    }
    this.#post({ type: 'end_compensation', summary });
  }

  #later(what: () => void): Timer {
    const { timers, clock } = this.#parts;
    return timers.set(clock.now() + LOOK_PAUSE_MS, () => {
      if (!this.#stopped) what();
    });
  }

  #notNow(error: unknown, what: string): void {
    const { tenantId, jobId } = this.#job.header;
    this.#parts.logger.warn({ tenant_id: tenantId, job_id: jobId, err: error }, what);
  }
}

/** In the place of a node. */
const COMPENSATION = -1;

function notMade(error: unknown): AttemptError {
  const message = error instanceof Error ? error.message : String(error);
  return { class: 'infrastructure', code: 'sub_job_not_made', message };
}

const GONE: AttemptError = {
  class: 'non_retryable',
  code: 'sub_job_gone',
  message: 'The job that ran the node is gone: retention may have deleted it. Run the job again.',
};
