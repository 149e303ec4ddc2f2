import { checkShapeSteps } from '../graph/check-shape.js';
import { MAX_PART_BYTES } from '../graph/compile.js';
import { jsonBytes } from '../graph/json-size.js';
import { ProblemList } from '../graph/problem.js';
import type { ProblemReport } from '../graph/problem.js';
import type { Shape } from '../graph/shape.js';
import { runSteps } from '../plan/run-steps.js';
import type { JsonObject } from '../json.js';
import { fillDefaults } from './fill-defaults.js';

export type AppliedParameters =
  { readonly ok: true; readonly inputs: JsonObject } | ({ readonly ok: false } & ProblemReport);

/** Of a template without parameters. */
const NO_INPUTS: Shape = { type: 'object', additionalProperties: false };

/**
 * The inputs of a run: those given, with defaults for those left out, checked against the parameters.
 * Pointers of problems lead into the inputs.
 *
 * @param parameters what `checkParameters` has found no fault with; none: there must be no inputs.
 */
export function* applyParametersSteps(
  parameters: JsonObject | undefined,
  given: JsonObject,
): Generator<void, AppliedParameters> {
  const shape = parameters === undefined ? NO_INPUTS : (parameters as Shape);
  const tooBig = new ProblemList();
  tooBig.add('', 'too_big', 'must be at most 1 MiB as JSON, defaults included');
  if (jsonBytes(given, MAX_PART_BYTES) > MAX_PART_BYTES) return failure(tooBig);
  const inputs = fillDefaults(shape, given) as JsonObject | undefined;
  if (inputs === undefined || jsonBytes(inputs, MAX_PART_BYTES) > MAX_PART_BYTES) {
    return failure(tooBig);
  }
  const report = yield* checkShapeSteps(shape, inputs);
  return report.problems.length > 0 ? failure(report) : { ok: true, inputs };
}

/** {@link applyParametersSteps} without a pause. */
export function applyParameters(
  parameters: JsonObject | undefined,
  given: JsonObject,
): AppliedParameters {
  return runSteps(applyParametersSteps(parameters, given));
}

function failure({ problems, truncated }: ProblemReport): AppliedParameters {
  return { ok: false, problems, truncated };
}
