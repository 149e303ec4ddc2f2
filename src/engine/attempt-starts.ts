import { isRunByJob } from '../core/graph/definition.js';
import {
  attemptId,
  type AttemptError,
  type AttemptResult,
  type HeldAttempt,
} from '../core/job/attempt.js';
import { deadlineOf } from '../core/job/deadline.js';
import type { JobHeader } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import type { JsonObject } from '../core/json.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { CommandSettled, DriverParts } from './driver-parts.js';
import type { JobChildren } from './job-children.js';
import type { JobExpressions } from './job-expressions.js';
import type { AttemptOrder } from './live-attempt.js';
import { Rounds } from './rounds.js';

type Report = (
  node: number,
  attempt: number,
  result: AttemptResult | HeldAttempt,
  more: Parameters<Parameters<Rounds['end']>[2]>[0],
  settled: CommandSettled | undefined,
) => void;

const NO_CONFIG: JsonObject = {};
const NOT_BEGUN: AttemptError = {
  class: 'cancelled',
  code: 'attempt_cancelled',
  message: 'The attempt was cancelled before it began.',
};

/**
 * Begins the attempts of one job whose start is committed: by a job of its own, from the result cache,
 * or by the runner, unless a breaker holds it; and has reported what each came to.
 */
export class AttemptStarts {
  readonly #job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState };
  readonly #parts: Pick<DriverParts, 'runner' | 'breakers' | 'cached'>;
  readonly #expressions: JobExpressions;
  readonly #children: () => JobChildren;
  #rounds: Rounds | undefined;
  readonly #report: Report;
  readonly #gone: () => boolean;

  /** `gone` tells whether nobody drives the job here any more. */
  constructor(
    job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState },
    parts: Pick<DriverParts, 'runner' | 'breakers' | 'cached'>,
    expressions: JobExpressions,
    children: () => JobChildren,
    report: Report,
    gone: () => boolean,
  ) {
    this.#job = job;
    this.#parts = parts;
    this.#expressions = expressions;
    this.#children = children;
    this.#report = report;
    this.#gone = gone;
  }

  /** Begins an attempt for which a slot is reserved. */
  begin(node: number, attempt: number): void {
    const { runner, breakers } = this.#parts;
    if (this.isByJob(node)) {
      runner.giveBack(1);
      this.launch(node, attempt);
      return;
    }
    const order = this.order(node, attempt);
    const { cache, repeat } = planNode(this.#job.plan, node).definition;
    const report = (result: AttemptResult | HeldAttempt, settled?: CommandSettled): void => {
      if (repeat === undefined) {
        this.#report(node, attempt, result, undefined, settled);
        return;
      }
      this.#rounds ??= new Rounds(this.#job, this.#expressions, this.#gone);
      this.#rounds.end(node, result, (until) => {
        this.#report(node, attempt, result, until, settled);
      });
    };
    const evaluated =
      cache === undefined
        ? this.#expressions.config(node)
        : this.#parts.cached.prepare(order, cache, this.#expressions.cacheable(node));
    if (evaluated === undefined) {
      breakers.run(order, runner, report);
      return;
    }
    void evaluated.then((found) => {
      // What was cancelled meanwhile was not there to be aborted.
      const error = this.#job.state.ending === undefined ? undefined : NOT_BEGUN;
      if (runner.closed || this.#gone()) runner.giveBack(1);
      else if (error !== undefined || 'error' in found) {
        runner.giveBack(1);
        report({ status: 'failed', error: error ?? (found as { error: AttemptError }).error });
      } else if ('result' in found) {
        runner.giveBack(1);
        report(found.result);
      } else {
        const keep = 'keep' in found ? found.keep : undefined;
        breakers.run({ ...order, config: found.config }, runner, (result) => {
          report(result, (rejection) => {
            if (rejection === undefined && result.status !== 'held') keep?.(result);
          });
        });
      }
    });
  }

  /** Whether the node is run by a job of its own; its attempts take no slot. */
  isByJob(node: number): boolean {
    return isRunByJob(planNode(this.#job.plan, node).definition);
  }

  /** Has the job that runs an attempt made, or found. */
  launch(node: number, attempt: number): void {
    this.#children().launch(node, attempt, (result) => {
      this.#report(node, attempt, result, undefined, undefined);
    });
  }

  order(node: number, attempt: number): AttemptOrder {
    const { plan, state, header } = this.#job;
    const { definition } = planNode(plan, node);
    const { tenantId, jobId, correlationId, traceparent } = header;
    return {
      tenantId,
      jobId,
      nodeId: definition.id,
      attempt,
      attemptId: attemptId(jobId, definition.id, attempt),
      type: definition.type,
      config: definition.config ?? NO_CONFIG,
      correlationId,
      traceparent,
      timeout: definition.timeout,
      notAfter: deadlineOf(plan, state, node),
      breaker: definition.breaker,
    };
  }
}
