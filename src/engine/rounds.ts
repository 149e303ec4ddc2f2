import type { AttemptResult, HeldAttempt } from '../core/job/attempt.js';
import type { RoundOutcome } from '../core/job/commands.js';
import type { JobState } from '../core/job/job-state.js';
import { iterationOf } from '../core/job/repeat.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { JobExpressions } from './job-expressions.js';

/** Judges the rounds of the nodes of one job that are repeated. */
export class Rounds {
  readonly #job: { readonly plan: Plan; readonly state: JobState };
  readonly #expressions: JobExpressions;
  readonly #gone: () => boolean;

  /** `gone` tells whether anybody still drives the job. */
  constructor(
    job: { readonly plan: Plan; readonly state: JobState },
    expressions: JobExpressions,
    gone: () => boolean,
  ) {
    this.#job = job;
    this.#expressions = expressions;
    this.#gone = gone;
  }

  /**
   * Calls back when an attempt can be reported: at once, unless its node is repeated and the attempt
   * completed; then with what its round was judged to be.
   */
  end(
    node: number,
    result: AttemptResult | HeldAttempt,
    report: (until?: RoundOutcome) => void,
  ): void {
    const { plan, state } = this.#job;
    if (
      planNode(plan, node).definition.repeat === undefined ||
      result.status !== 'completed' ||
      state.ending !== undefined
    ) {
      report();
      return;
    }
    const { output } = result;
    const iteration = iterationOf(state, node);
    const round = { iteration, ...(output === undefined ? {} : { output }) };
    this.#expressions.judgeRound(node, round, report, this.#gone);
  }
}
