export { DEFAULT_LIMITS, type EvaluationClock, type EvaluationLimits } from './limits.js';
export type { ExpressionCode, ExpressionProblem } from './problem.js';
export type { ExpressionScope } from './documents.js';
export {
  MAX_EXPRESSION_DEPTH,
  MAX_EXPRESSION_LENGTH,
  parseExpression,
  referencesOf,
  type Expression,
  type ParseResult,
} from './parse-expression.js';
export { joinReferences, type References } from './references.js';
export { evaluate, type EvaluationResult } from './evaluate.js';
export { soleExpression } from './read-template.js';
export {
  hasTemplate,
  renderTemplate,
  templateReferences,
  type TemplateProblem,
  type TemplateReferences,
  type TemplateResult,
} from './render-template.js';
