import type { Problem } from '../core/graph/problem.js';
import { RequestProblem, type ProblemCode } from '../platform/errors/index.js';

/** Something wrong with the body, unless it says where else. */
export type Fault = Problem & { readonly in?: 'path' };

/** A refusal with everything that is wrong. */
export function refusal(
  code: ProblemCode,
  faults: readonly Fault[],
  truncated: boolean,
): RequestProblem {
  const [first] = faults;
  const rest =
    faults.length > 1 ? ` And ${faults.length - 1}${truncated ? ' or more' : ''} more.` : '';
  return new RequestProblem(
    code,
    `${first === undefined ? '' : `${first.pointer || 'The document'}: ${first.message}.`}${rest} Put right what errors lists and send it again.`,
    { errors: faults.map((fault) => ({ ...fault, in: fault.in ?? 'body' })), truncated },
  );
}
