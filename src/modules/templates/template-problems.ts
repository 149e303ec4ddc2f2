import { RequestProblem } from '../../platform/errors/index.js';

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
