import type { Problem } from '../../core/graph/problem.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { ProblemCode } from '../../platform/errors/index.js';

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

export function templateNotFound(): RequestProblem {
  return new RequestProblem(
    'template_not_found',
    'Your tenant has no template of this name. List them at GET /api/v1/orchestration/templates.',
  );
}

export function revisionNotFound(revision: number, latest: number): RequestProblem {
  return new RequestProblem(
    'template_revision_not_found',
    `The template has no revision ${revision}; its latest is ${latest}.`,
  );
}
