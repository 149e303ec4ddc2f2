/** What can be wrong with an expression; stable, for programs. */
export type ExpressionCode =
  /** It is not JSONata. */
  | 'expression_syntax'
  /** It uses what Baton leaves out of JSONata. */
  | 'expression_forbidden'
  /** It ran longer than its time. */
  | 'expression_timeout'
  /** It, its data or its result nest too deeply, or it calls itself too often. */
  | 'expression_too_deep'
  /** Its text, its result, or what it makes on the way is too large. */
  | 'expression_too_large'
  /** Its result is nothing: what it reads does not exist. */
  | 'expression_no_value'
  /** Its result is not JSON: it holds a function. */
  | 'expression_not_json'
  /** JSONata's own error, or the expression's `$error` or `$assert`. */
  | 'expression_failed';

/** Why an expression could not be parsed or evaluated. */
export interface ExpressionProblem {
  readonly code: ExpressionCode;
  /** What went wrong and what to do about it, for a user. */
  readonly message: string;
  /** UTF-16 code units of the text up to the end of the word at fault; undefined when no word is. */
  readonly position: number | undefined;
  /** The text of the expression, at most {@link LONGEST_QUOTE} characters of it. */
  readonly expression: string;
}

/** The characters of an expression that a problem repeats. */
export const LONGEST_QUOTE = 8 * 1024;

/** Stops an evaluation; becomes an {@link ExpressionProblem} before anybody else sees it. */
export class ExpressionFault extends Error {
  /** JSONata writes the position of the call in which a fault passes, if it has none. */
  position: number | undefined;

  constructor(
    readonly code: ExpressionCode,
    message: string,
    position?: number,
  ) {
    super(message);
    this.name = 'ExpressionFault';
    this.position = position;
  }
}

/** The problem that a fault in this expression amounts to. */
export function problemOf(fault: ExpressionFault, text: string): ExpressionProblem {
  return {
    code: fault.code,
    message: fault.message,
    position: fault.position,
    expression: text.slice(0, LONGEST_QUOTE),
  };
}
