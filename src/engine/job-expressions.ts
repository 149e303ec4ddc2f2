import type { AttemptError } from '../core/job/attempt.js';
import type { RoundOutcome } from '../core/job/commands.js';
import type { JobHeader } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import { isTerminalNode, NODE_STATUSES } from '../core/job/status.js';
import type { Json, JsonObject } from '../core/json.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { Clock } from '../ports/clock.js';
import type { OuterJobs } from './outer-jobs.js';
import type { ConditionOutcome, NodeInContext, NodeInputs, Round } from './node-inputs.js';
import type { Timers } from './timers.js';

export interface ExpressionParts {
  readonly inputs: NodeInputs;
  readonly outerJobs: OuterJobs;
  readonly timers: Timers;
  readonly clock: Clock;
}

const AGAIN_MS = 1_000;

/** Evaluates what the nodes of one job say in expressions, when the job has come to them. */
export class JobExpressions {
  readonly #job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState };
  readonly #parts: ExpressionParts;
  /** Nodes whose condition is being judged, or will be when its time has come. */
  #judging: Set<number> | undefined;

  constructor(
    job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState },
    parts: ExpressionParts,
  ) {
    this.#job = job;
    this.#parts = parts;
  }

  /** Judges the conditions that are due; `judged` is told what each came to, and calls back when done. */
  judge(judged: (node: number, outcome: ConditionOutcome, done: () => void) => void): void {
    const { undecided, ending } = this.#job.state;
    if (undecided.size === 0 || ending !== undefined) return;
    for (const node of undecided) {
      const judging = (this.#judging ??= new Set<number>());
      if (judging.has(node)) continue;
      judging.add(node);
      const done = (): void => void judging.delete(node);
      this.#inContext(node)
        .then((context) => this.#parts.inputs.condition(context))
        .then(
          (outcome) => judged(node, outcome, done),
          () => {
            // The store is away; nothing can be committed without it, either.
            this.#parts.timers.set(this.#parts.clock.now() + AGAIN_MS, () => {
              done();
              this.judge(judged);
            });
          },
        );
    }
  }

  /** The config of a node, or why it has none; `undefined` when there is nothing in it to evaluate. */
  config(
    node: number,
  ): Promise<{ readonly config: JsonObject } | { readonly error: AttemptError }> | undefined {
    const { inputs } = this.#parts;
    if (!inputs.hasExpressions(planNode(this.#job.plan, node).definition)) return undefined;
    return this.#inContext(node)
      .then((context) => inputs.config(context))
      .catch(unreadable);
  }

  /** The config of a node and the key of its `cache`, or why it has none. */
  async cacheable(
    node: number,
  ): Promise<
    { readonly config: JsonObject; readonly key?: Json } | { readonly error: AttemptError }
  > {
    const { config = {}, cache } = planNode(this.#job.plan, node).definition;
    const found = (await this.config(node)) ?? { config };
    if ('error' in found || cache?.key === undefined) return found;
    const { key: template } = cache;
    const key = await this.#inContext(node)
      .then((context) => this.#parts.inputs.value(context, 'cache.key', template))
      .catch(unreadable);
    return 'error' in key ? key : { ...found, key: key.value };
  }

  /**
   * Tells whether a round of a repeated node was as wanted, once that is known; not when `abandoned`
   * says that nobody wants to know any more.
   */
  judgeRound(
    node: number,
    round: Round,
    judged: (outcome: RoundOutcome) => void,
    abandoned: () => boolean,
  ): void {
    this.#inContext(node)
      .then((context) => this.#parts.inputs.until(context, round))
      .then(judged, () => {
        if (abandoned()) return;
        // The store is away; nothing can be committed without it, either.
        this.#parts.timers.set(this.#parts.clock.now() + AGAIN_MS, () => {
          this.judgeRound(node, round, judged, abandoned);
        });
      });
  }

  /** What a node makes children for; rejects when it cannot be read now. */
  async items(
    node: number,
  ): Promise<{ readonly items: readonly Json[] } | { readonly error: AttemptError }> {
    return this.#parts.inputs.items(await this.#inContext(node));
  }

  async #inContext(node: number): Promise<NodeInContext> {
    const { header, plan, state } = this.#job;
    const { definition } = planNode(plan, node);
    const outer = await this.#parts.outerJobs.of(header, definition);
    return {
      header,
      definition,
      ...(outer === undefined ? {} : { outer }),
      hasEnded: (id) => {
        const status = state.nodeStatus[plan.indexOf.get(id) ?? -1] ?? 0;
        return isTerminalNode(NODE_STATUSES[status] ?? 'pending');
      },
    };
  }
}

function unreadable(error: unknown): { readonly error: AttemptError } {
  return {
    error: {
      class: 'infrastructure',
      code: 'inputs_unreadable',
      message: error instanceof Error ? error.message : String(error),
    },
  };
}
