export { ApiProblems } from './api-problems.js';
export { answerProblem, type ProblemAnswers, ProblemFilter } from './problem-filter.js';
export {
  type Problem,
  type ProblemCode,
  type ProblemDetail,
  PROBLEMS,
  RequestProblem,
} from './problem.js';
export { ProblemDto } from './problem.dto.js';
export { answerBrokenRequest } from './broken-request.js';
export { requestValidation } from './request-validation.js';
