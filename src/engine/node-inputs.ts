import pLimit from 'p-limit';
import {
  DEFAULT_LIMITS,
  evaluate,
  hasTemplate,
  parseExpression,
  renderTemplate,
  soleExpression,
  templateReferences,
  type EvaluationClock,
  type ExpressionProblem,
  type ExpressionScope,
} from '../core/expression/index.js';
import { checkShape } from '../core/graph/check-shape.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import type { AttemptError } from '../core/job/attempt.js';
import type { JobHeader } from '../core/job/job-record.js';
import { isTerminalNode } from '../core/job/status.js';
import type { Json, JsonObject } from '../core/json.js';
import type { Clock } from '../ports/clock.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import { breathe } from './slices.js';

/** A node, with what its expressions may want to know. */
export interface NodeInContext {
  readonly header: JobHeader;
  readonly definition: NodeDefinition;
  /** Whether a node that this one needs has ended, as the journal says. */
  readonly hasEnded: (nodeId: string) => boolean;
}

/** What `when` came to, for the command that says so. */
export type ConditionOutcome = 'run' | 'skip' | AttemptError;

/** Evaluations at once: each may take a second of the event loop, in slices. */
const AT_ONCE = 2;
/** How often, and how long apart, to look for an output that the projections do not show yet. */
const LOOKS = 50;
const LOOK_PAUSE_MS = 100;

const evaluationClock: EvaluationClock = { now: () => performance.now(), breathe };

/** Evaluates what a node says in expressions: its condition, and values of its config. */
export class NodeInputs {
  readonly #projections: JobProjections;
  readonly #executors: ReadonlyMap<string, NodeExecutor>;
  readonly #clock: Clock;
  readonly #limit = pLimit(AT_ONCE);

  constructor(parts: {
    readonly projections: JobProjections;
    readonly executors: ReadonlyMap<string, NodeExecutor>;
    readonly clock: Clock;
  }) {
    this.#projections = parts.projections;
    this.#executors = parts.executors;
    this.#clock = parts.clock;
  }

  /** Whether a node is to run. Rejects with {@link StoreUnavailable} when outputs cannot be read. */
  condition(node: NodeInContext): Promise<ConditionOutcome> {
    return this.#limit(async () => {
      const { when = '' } = node.definition;
      const parsed = parseExpression(soleExpression(when) ?? when);
      if (!parsed.ok) return errorOf('when', parsed.problem);
      const scope = await this.#scope(node, when);
      const result = await evaluate(parsed.expression, scope, DEFAULT_LIMITS, evaluationClock);
      // What does not exist is as good as false: an output that was never made, say.
      if (!result.ok && result.problem.code === 'expression_no_value') return 'skip';
      if (!result.ok) return errorOf('when', result.problem);
      if (typeof result.value === 'boolean') return result.value ? 'run' : 'skip';
      return {
        class: 'non_retryable',
        code: 'condition_not_boolean',
        message: `The condition ${when} came to ${JSON.stringify(result.value).slice(0, 200)}. Compare it with something, so that it comes to true or false.`,
      };
    });
  }

  /** True when {@link config} has something to do. */
  hasExpressions({ config }: NodeDefinition): boolean {
    return config !== undefined && hasTemplate(config);
  }

  /**
   * The config of a node with its expressions evaluated, checked against what its type takes; or why
   * there is none. Rejects with {@link StoreUnavailable} when outputs cannot be read.
   */
  config(
    node: NodeInContext,
  ): Promise<{ readonly config: JsonObject } | { readonly error: AttemptError }> {
    return this.#limit(async () => {
      const { config = {}, type } = node.definition;
      const scope = await this.#scope(node, config);
      const result = await renderTemplate(config, scope, DEFAULT_LIMITS, evaluationClock);
      if (!result.ok) return { error: errorOf(`config${result.problem.pointer}`, result.problem) };
      const shape = this.#executors.get(type)?.configShape;
      const [wrong] = shape === undefined ? [] : checkShape(shape, result.value).problems;
      if (wrong !== undefined) {
        return {
          error: {
            class: 'non_retryable',
            code: 'invalid_config',
            message: `With its expressions evaluated, config${wrong.pointer} ${wrong.message}.`,
          },
        };
      }
      return { config: result.value as JsonObject };
    });
  }

  async #scope(node: NodeInContext, template: Json): Promise<ExpressionScope> {
    const { header, definition } = node;
    const read = templateReferences(template);
    const { nodes: named = [], inputs = false } = read.ok ? read.references : {};
    const needs = definition.needs ?? [];
    const ids = named === 'all' ? needs : named;
    const nodes: Record<string, Json> = {};
    for (const id of ids) {
      const state = await this.#stateOf(node, id);
      if (state !== undefined) nodes[id] = state;
    }
    const { jobId, name, labels } = header;
    return {
      nodes,
      job: { id: jobId, name, labels },
      ...(inputs && header.inputs !== undefined ? { inputs: header.inputs } : {}),
    };
  }

  /** What expressions see of a node; projections may be a moment behind the journal. */
  async #stateOf({ header, hasEnded }: NodeInContext, id: string): Promise<JsonObject | undefined> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const state = (await this.#projections.node(header, id))?.state;
      if ((state !== undefined && isTerminalNode(state.status)) || !hasEnded(id)) {
        if (state === undefined) return undefined;
        const { status, output, error } = state;
        return {
          status,
          ...(output === undefined ? {} : { output }),
          ...(error === undefined
            ? {}
            : { error: { class: error.class, code: error.code, message: error.message } }),
        };
      }
      await new Promise<void>((resolve) => this.#clock.setTimer(LOOK_PAUSE_MS, resolve));
    }
    throw new StoreUnavailable(`The store does not show the output of node ${id} yet. Try again.`);
  }
}

function errorOf(
  where: string,
  { code, message, position, expression }: ExpressionProblem,
): AttemptError {
  const at = position === undefined ? '' : `, at character ${position}`;
  return {
    class: 'non_retryable',
    code,
    message: `The expression in ${where} failed${at}: ${message}`,
    details: {
      expression,
      ...(position === undefined ? {} : { position }),
      marked: mark(expression, position),
    },
  };
}

/** The expression with a sign under the place that a problem names. */
function mark(expression: string, position: number | undefined): string {
  if (position === undefined || expression.includes('\n')) return expression;
  return `${expression}\n${' '.repeat(Math.max(0, position - 1))}^`;
}
