import { checkShape } from '../core/graph/check-shape.js';
import type { Shape } from '../core/graph/shape.js';
import { RequestProblem, type ProblemCode } from '../platform/errors/index.js';

/** A body that is as its shape says; none is as good as an empty one. Throws a problem of this code. */
export function checkedBody(shape: Shape, body: unknown, problem: ProblemCode): object {
  const { problems, truncated } = checkShape(shape, body ?? {});
  const [first] = problems;
  if (first === undefined) return body ?? {};
  throw new RequestProblem(
    problem,
    `${first.pointer || 'The document'}: ${first.message}. Put right what errors lists and send it again.`,
    { errors: problems.map((each) => ({ in: 'body', ...each })), truncated },
  );
}
