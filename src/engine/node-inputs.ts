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
import { SUB_JOB, type Matrix, type NodeDefinition } from '../core/graph/definition.js';
import { combinationsOf, itemsOf } from '../core/graph/fan-out.js';
import type { AttemptError } from '../core/job/attempt.js';
import type { RoundOutcome } from '../core/job/commands.js';
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
  /** Of a node that was made of another job's: that job, which its expressions read. */
  readonly outer?: OuterJob;
}

/** The job whose nodes a part of it reads; they have ended, and stay as they are. */
export interface OuterJob {
  readonly header: JobHeader;
  /** The nodes that may be read. */
  readonly readable: readonly string[];
  /** What was read of them. */
  readonly seen: Map<string, Promise<JsonObject | undefined>>;
}

/** What `when` came to, for the command that says so. */
export type ConditionOutcome = 'run' | 'skip' | AttemptError;

/** What `repeat.until` may read of the round that it judges. */
export interface Round {
  readonly output?: Json;
  readonly iteration: number;
}

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
  async condition(node: NodeInContext): Promise<ConditionOutcome> {
    const outcome = await this.#judge('when', node.definition.when ?? '', node);
    if (typeof outcome !== 'boolean') return outcome;
    return outcome ? 'run' : 'skip';
  }

  /**
   * Whether a round of a node that is repeated was as wanted. Rejects with {@link StoreUnavailable}
   * when outputs cannot be read.
   */
  until(node: NodeInContext, round: Round): Promise<RoundOutcome> {
    return this.#judge('repeat.until', node.definition.repeat?.until ?? '', node, round);
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
      const { type } = node.definition;
      // A definition that a node brings along has expressions of its own.
      const { definition, ...config } = node.definition.config ?? {};
      const own = type === SUB_JOB ? config : (node.definition.config ?? {});
      const scope = await this.#scope(node, own);
      const result = await renderTemplate(own, scope, DEFAULT_LIMITS, evaluationClock);
      if (!result.ok) return { error: errorOf(`config${result.problem.pointer}`, result.problem) };
      const value =
        type === SUB_JOB && definition !== undefined
          ? { ...(result.value as JsonObject), definition }
          : (result.value as JsonObject);
      const shape = this.#executors.get(type)?.configShape;
      const [wrong] = shape === undefined ? [] : checkShape(shape, value).problems;
      if (wrong !== undefined) {
        return {
          error: {
            class: 'non_retryable',
            code: 'invalid_config',
            message: `With its expressions evaluated, config${wrong.pointer} ${wrong.message}.`,
          },
        };
      }
      return { config: value };
    });
  }

  /**
   * What a node makes children for; or why it makes none. Rejects with {@link StoreUnavailable} when
   * outputs cannot be read.
   */
  items(
    node: NodeInContext,
  ): Promise<{ readonly items: readonly Json[] } | { readonly error: AttemptError }> {
    return this.#limit(async () => {
      const { for_each: forEach, matrix } = node.definition;
      const field = matrix === undefined ? 'for_each' : 'matrix';
      const template: Json = matrix ?? forEach ?? [];
      const scope = await this.#scope(node, template);
      const result = await renderTemplate(template, scope, DEFAULT_LIMITS, evaluationClock);
      if (!result.ok) {
        const { problem } = result;
        // What finds nothing has found no item.
        if (problem.code === 'expression_no_value' && typeof template === 'string') {
          return { items: [] };
        }
        return { error: errorOf(`${field}${problem.pointer}`, problem) };
      }
      const found =
        matrix === undefined ? itemsOf(result.value) : combinationsOf(result.value as Matrix);
      if (found.ok) return found;
      const { code, message } = found;
      return { error: { class: 'non_retryable', code, message } };
    });
  }

  /**
   * Some other value of a node with its expressions evaluated, or why there is none. Rejects with
   * {@link StoreUnavailable} when outputs cannot be read.
   *
   * @param where what the value is called, for its error
   */
  value(
    node: NodeInContext,
    where: string,
    template: Json,
  ): Promise<{ readonly value: Json } | { readonly error: AttemptError }> {
    return this.#limit(async () => {
      const scope = await this.#scope(node, template);
      const result = await renderTemplate(template, scope, DEFAULT_LIMITS, evaluationClock);
      return result.ok ? { value: result.value } : { error: errorOf(where, result.problem) };
    });
  }

  #judge(
    where: string,
    condition: string,
    node: NodeInContext,
    round?: Round,
  ): Promise<RoundOutcome> {
    return this.#limit(async () => {
      const parsed = parseExpression(soleExpression(condition) ?? condition);
      if (!parsed.ok) return errorOf(where, parsed.problem);
      const scope = { ...(await this.#scope(node, condition)), ...round };
      const result = await evaluate(parsed.expression, scope, DEFAULT_LIMITS, evaluationClock);
      // What does not exist is as good as false: an output that was never made, say.
      if (!result.ok && result.problem.code === 'expression_no_value') return false;
      if (!result.ok) return errorOf(where, result.problem);
      if (typeof result.value === 'boolean') return result.value;
      return {
        class: 'non_retryable',
        code: 'condition_not_boolean',
        message: `The condition ${condition} came to ${JSON.stringify(result.value).slice(0, 200)}. Compare it with something, so that it comes to true or false.`,
      };
    });
  }

  async #scope(node: NodeInContext, template: Json): Promise<ExpressionScope> {
    const { definition, outer } = node;
    const { header } = outer ?? node;
    const read = templateReferences(template);
    const { nodes: named = [], inputs = false } = read.ok ? read.references : {};
    const needs = outer?.readable ?? definition.needs ?? [];
    const ids = named === 'all' ? needs : named;
    const nodes: Record<string, Json> = {};
    for (const id of ids) {
      const state = await this.#read(node, id);
      if (state !== undefined) nodes[id] = state;
    }
    const { jobId, name, labels } = header;
    return {
      nodes,
      job: { id: jobId, name, labels },
      ...definition.each,
      ...(inputs && header.inputs !== undefined ? { inputs: header.inputs } : {}),
    };
  }

  #read(node: NodeInContext, id: string): Promise<JsonObject | undefined> {
    const { outer } = node;
    if (outer === undefined) return this.#stateOf(node, id);
    let state = outer.seen.get(id);
    if (state === undefined) {
      // What the node was made of was shown before it was made, so nothing is waited for.
      state = this.#stateOf({ ...node, header: outer.header, hasEnded: () => false }, id);
      outer.seen.set(id, state);
      state.catch(() => outer.seen.delete(id));
    }
    return state;
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
