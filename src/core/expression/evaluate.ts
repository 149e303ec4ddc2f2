import type { Json } from '../json.js';
import { nodesOf, pairsOf, type AstNode } from './ast.js';
import { Budget } from './budget.js';
import { copyScope, toJson, type Documents, type ExpressionScope } from './documents.js';
import { bindFunctions } from './functions.js';
import { wordJsonataError } from './jsonata-error.js';
import { createProgram, matcherFor, type Environment, type Hooks } from './jsonata-engine.js';
import type { EvaluationClock, EvaluationLimits } from './limits.js';
import type { Expression } from './parse-expression.js';
import { ExpressionFault, problemOf, type ExpressionProblem } from './problem.js';
import { isFunction } from './sizes.js';

export type EvaluationResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/**
 * Evaluates an expression against a scope. Never rejects; the same expression and scope give the same
 * value every time.
 *
 * What is guaranteed of any expression and scope:
 * - It ends within `timeMs` of its own time, or some tenths of a second later, and lets others run
 *   every few thousand steps. Evaluations run one at a time and take turns; waiting does not count.
 * - Regular expressions run on an engine of their own, in time proportional to the text, and can be
 *   ended within one; the texts and pictures of all functions are bounded where their time is not.
 * - It makes no list, text or value larger than the limits, nor more in all than `madeUnits`.
 * - It reads nothing but the scope, and only own members of objects, changes nothing, neither the
 *   scope nor a prototype, and sees neither time nor randomness.
 */
export async function evaluate(
  expression: Expression,
  scope: ExpressionScope,
  limits: EvaluationLimits,
  clock: EvaluationClock,
): Promise<EvaluationResult> {
  const budget = new Budget(limits, clock);
  try {
    await budget.begin();
    return { ok: true, value: await run(expression, copyScope(scope, limits), budget) };
  } catch (error) {
    return { ok: false, problem: problemOf(wordJsonataError(error, false), expression.text) };
  } finally {
    budget.end();
  }
}

/**
 * The value of an expression.
 *
 * @throws ExpressionFault, or whatever JSONata throws.
 */
export async function run(
  expression: Expression,
  documents: Documents,
  budget: Budget,
): Promise<Json> {
  const watch = new Watch(budget);
  const program = createProgram(expression.text, {
    sequence: budget.limits.items,
    matcher: matcherFor(expression.patterns, budget.spend),
    hooks: watch,
  });
  watch.know(program.ast());
  try {
    const work = program.evaluate(documents.root, documents.root);
    return toJson(await settled(work, budget), budget.limits);
  } finally {
    budget.stop();
    documents.restore();
  }
}

/** Integers up to here can be counted one by one; beyond, JSONata's ranges never end. */
const LAST_OF_RANGE = 1e15;
/** Members copied for a `*` at which it is refused; JSONata copies the list for every list it adds. */
const MOST_COPIED = 2 ** 24;

/** Looks at every part of an expression before it is evaluated, and at what comes of it. */
class Watch implements Hooks {
  private readonly members = new Set<AstNode>();
  private readonly rangeEnds = new Set<AstNode>();
  private readonly variables = new Set<unknown>();
  private started = false;

  constructor(private readonly budget: Budget) {}

  know(root: AstNode): void {
    for (const node of nodesOf(root)) {
      if (node.type === 'variable') this.variables.add(node.value);
      for (const [, value] of pairsOf(node)) this.members.add(value);
      if (node.value !== '..' || node.rhs === undefined) continue;
      this.rangeEnds.add(node.rhs);
      this.rangeEnds.add(node.lhs as AstNode);
    }
  }

  enter(part: AstNode, input: unknown, environment: Environment): Promise<void> | undefined {
    if (!this.started) {
      this.started = true;
      bindFunctions(environment, this.variables, this.budget);
    }
    return this.at(part, () => {
      if (part.type === 'wildcard') this.checkWildcard(input);
      return this.budget.enter();
    });
  }

  leave(part: AstNode, result: unknown): void {
    this.at(part, () => {
      this.budget.leave();
      this.budget.see(result);
      if (part.value === '&' && typeof result === 'string' && result.length > 4096) {
        this.budget.make(result.length);
      }
      if (this.members.has(part)) checkMember(onlyOne(result));
      if (this.rangeEnds.has(part)) checkRangeEnd(onlyOne(result));
    });
  }

  private at<T>(part: AstNode, look: () => T): T {
    try {
      return look();
    } catch (error) {
      if (error instanceof ExpressionFault) error.position ??= part.position;
      throw error;
    }
  }

  private checkWildcard(input: unknown): void {
    if (typeof input !== 'object' || input === null || isFunction(input)) return;
    const lists = Object.values(input).filter((member) => Array.isArray(member));
    const units = this.budget.sizes.measure(input, this.budget.make);
    if ((lists.length * units) / 16 <= MOST_COPIED) return;
    throw new ExpressionFault(
      'expression_too_large',
      'The * goes through too many lists. Name the members, or use $each.',
    );
  }
}

/** What JSONata makes of a sequence: its only member, if it has one. */
function onlyOne(result: unknown): unknown {
  return Array.isArray(result) && result.length === 1 ? (result as unknown[])[0] : result;
}

/**
 * An object with a JavaScript function for its member `then` would be a promise to JavaScript, which
 * would call it, and end the process if that fails.
 */
function checkMember(value: unknown): void {
  if (typeof value !== 'function') return;
  throw new ExpressionFault(
    'expression_failed',
    'An object cannot hold a function that was passed as an argument. Call it, and keep what it gives.',
  );
}

function checkRangeEnd(value: unknown): void {
  if (typeof value !== 'number' || Math.abs(value) <= LAST_OF_RANGE) return;
  throw new ExpressionFault(
    'expression_too_large',
    'The range goes beyond what can be counted one by one. Use smaller numbers.',
  );
}

/**
 * What the work comes to. An evaluation goes on in the same turn of the event loop unless it asked
 * for a breath; one that is still open after a turn waits for what will never come.
 */
async function settled(work: Promise<unknown>, budget: Budget): Promise<unknown> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  work.then(over, over);
  const overdue = async (): Promise<never> => {
    do await budget.clock.breathe();
    while (budget.breathing && !isOver);
    throw new ExpressionFault(
      'expression_timeout',
      'The expression waits for something that never comes. Take functions out of the objects it makes.',
    );
  };
  const end = overdue();
  end.catch(() => undefined);
  return Promise.race([work, end]);
}
