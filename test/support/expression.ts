import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Json } from '../../src/core/json.js';
import type { ExpressionScope } from '../../src/core/expression/documents.js';
import { evaluate, type EvaluationResult } from '../../src/core/expression/evaluate.js';
import {
  DEFAULT_LIMITS,
  type EvaluationClock,
  type EvaluationLimits,
} from '../../src/core/expression/limits.js';
import { parseExpression } from '../../src/core/expression/parse-expression.js';
import type { ExpressionProblem } from '../../src/core/expression/problem.js';

export const clock: EvaluationClock = {
  now: () => performance.now(),
  breathe: async () => {
    await nextTurn();
  },
};

/** Time for what should end by itself, on a machine that is busy with other tests. */
const PATIENT_MS = 20_000;

/** Parses and evaluates, as if one function. */
export async function answer(
  text: string,
  scope: ExpressionScope = {},
  limits: Partial<EvaluationLimits> = {},
): Promise<EvaluationResult> {
  const parsed = parseExpression(text);
  if (!parsed.ok) return parsed;
  return evaluate(
    parsed.expression,
    scope,
    { ...DEFAULT_LIMITS, timeMs: PATIENT_MS, ...limits },
    clock,
  );
}

export async function valueOf(text: string, scope: ExpressionScope = {}): Promise<Json> {
  const result = await answer(text, scope);
  if (!result.ok) throw new Error(`${text}: ${result.problem.code} ${result.problem.message}`);
  return result.value;
}

export async function problemWith(
  text: string,
  scope: ExpressionScope = {},
  limits: Partial<EvaluationLimits> = {},
): Promise<ExpressionProblem> {
  const result = await answer(text, scope, limits);
  if (result.ok) throw new Error(`${text} gave ${JSON.stringify(result.value).slice(0, 200)}`);
  return result.problem;
}
