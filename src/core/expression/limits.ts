/** How much one evaluation may take. */
export interface EvaluationLimits {
  /** Milliseconds of evaluating; the pauses in which others run do not count. */
  readonly timeMs: number;
  /** Evaluations of parts of the expression that may be open at once; recursion opens a few a call. */
  readonly depth: number;
  /** Members of one list. */
  readonly items: number;
  /** Characters of one text. */
  readonly textLength: number;
  /**
   * Units of one value, written out: a value takes 8, a text or a member's name one more for each
   * character. It also bounds what an expression is given to read.
   */
  readonly valueUnits: number;
  /** Units of everything that the expression makes on its way, kept or not. */
  readonly madeUnits: number;
  /** Bytes of the result, as JSON in UTF-8. */
  readonly resultBytes: number;
}

export const DEFAULT_LIMITS: EvaluationLimits = {
  timeMs: 1000,
  depth: 25_000,
  items: 20_000,
  textLength: 256 * 1024,
  valueUnits: 4 * 1024 * 1024,
  madeUnits: 64 * 1024 * 1024,
  resultBytes: 256 * 1024,
};

/** Time, and room for others in it. */
export interface EvaluationClock {
  /** Milliseconds from any fixed moment, never going back; `performance.now` serves. */
  readonly now: () => number;
  /**
   * Resolves when the event loop has been round once; `setImmediate` serves. It must not resolve in
   * the same turn: an evaluation that is not over after a turn which it did not ask for never ends.
   */
  readonly breathe: () => Promise<void>;
}
