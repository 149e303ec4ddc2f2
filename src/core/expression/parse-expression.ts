import { boundNames, nodesOf, partsOf, type AstNode } from './ast.js';
import { SCOPE_NAMES } from './documents.js';
import { doublings } from './doublings.js';
import { FORBIDDEN } from './functions.js';
import { wordJsonataError } from './jsonata-error.js';
import { parseProgram, patternKey } from './jsonata-engine.js';
import { compilePattern } from './pattern/compile-pattern.js';
import { PatternRefused, type Pattern } from './pattern/pattern.js';
import { ExpressionFault, problemOf, type ExpressionProblem } from './problem.js';
import { findReferences, type References } from './references.js';

/** Characters of the longest expression. */
export const MAX_EXPRESSION_LENGTH = 8 * 1024;
/** Levels of the syntax tree; a chain of n operators has n. */
export const MAX_EXPRESSION_DEPTH = 400;

/** Characters that the parser may see, with those that it copies. */
const MOST_COPIED = 2 ** 19;
/** Signs that may be JSONata's parent operator, for which its parser takes time squared. */
const MOST_PERCENT_SIGNS = 200;

/** An expression that has been checked; {@link evaluate} takes nothing else. */
export interface Expression {
  readonly text: string;
  readonly references: References;
  /** Its regular expressions, by what `patternKey` says of them. */
  readonly patterns: ReadonlyMap<string, Pattern>;
}

export type ParseResult =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/**
 * Checks a JSONata expression, the text between `{%` and `%}`. Never throws, and takes no more than
 * some tens of milliseconds (most of a second at the worst) whatever the text is.
 *
 * Left out of JSONata, with a problem that says so: `$now`, `$millis`, `$random`, `$shuffle` and
 * `$eval`, for a rerun must see what the first run saw; `| … | … |`, which changes data in place; the
 * parent operator `%`; types of a function's parameters (`function($a)<s:s>`); look-around and back
 * references in regular expressions; and rebinding `$inputs`, `$nodes`, `$item`, `$index`, `$job`.
 */
export function parseExpression(text: string): ParseResult {
  try {
    checkText(text);
    const root = parseProgram(text);
    checkDepth(root);
    const patterns = checkNodes(root);
    return { ok: true, expression: { text, references: findReferences(root), patterns } };
  } catch (error) {
    const fault = error instanceof ExpressionFault ? error : wordJsonataError(error, true);
    return { ok: false, problem: problemOf(fault, text) };
  }
}

/** What an expression reads. */
export function referencesOf(expression: Expression): References {
  return expression.references;
}

function checkText(text: string): void {
  if (text.trim() === '') {
    throw new ExpressionFault('expression_syntax', 'The expression is empty. Write one.', 0);
  }
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionFault(
      'expression_too_large',
      `The expression is longer than ${MAX_EXPRESSION_LENGTH} characters. Compute part of it in a node.`,
    );
  }
  if (text.length * 2 ** doublings(text) > MOST_COPIED) {
    throw new ExpressionFault(
      'expression_too_deep',
      'The expression has too many ?? or ?: around each other. Keep parts of it in variables: ($a := b ?? c; …).',
    );
  }
  if (text.split('%').length - 1 > MOST_PERCENT_SIGNS) {
    throw new ExpressionFault(
      'expression_too_large',
      `The expression has more than ${MOST_PERCENT_SIGNS} percent signs. Take some out.`,
    );
  }
}

function checkDepth(root: AstNode): void {
  let level = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_EXPRESSION_DEPTH) {
      throw new ExpressionFault(
        'expression_too_deep',
        `The expression nests more than ${MAX_EXPRESSION_DEPTH} levels deep. Keep parts of it in variables, or join lists with $join.`,
      );
    }
    level = level.flatMap((node) => partsOf(node).map((part) => part.node));
  }
}

function checkNodes(root: AstNode): Map<string, Pattern> {
  const patterns = new Map<string, Pattern>();
  const bound = new Set<string>();
  for (const node of nodesOf(root)) for (const name of boundNames(node)) bound.add(name);
  for (const name of SCOPE_NAMES) {
    if (bound.has(name)) throw forbidden(`$${name} is taken. Choose another variable.`);
  }
  // JavaScript would take a row that JSONata keeps such a variable in for a promise, and call it.
  if (bound.has('then')) throw forbidden('$then is taken. Choose another variable.');
  for (const node of nodesOf(root)) checkNode(node, bound, patterns);
  return patterns;
}

function checkNode(
  node: AstNode,
  bound: ReadonlySet<string>,
  patterns: Map<string, Pattern>,
): void {
  switch (node.type) {
    case 'transform':
      throw forbidden(
        '|…|…| is left out, as it changes data in place. Use $merge or { … } instead.',
        node.position,
      );
    case 'parent':
      throw forbidden('The parent operator % is left out. Start the path from $$.', node.position);
    case 'lambda':
      if (node.signature === undefined) return;
      throw forbidden('Types of parameters are left out. Remove the <…>.', node.position);
    case 'variable': {
      const name = String(node.value);
      const reason = FORBIDDEN.get(name);
      if (reason === undefined || bound.has(name)) return;
      throw forbidden(`$${name} is left out. ${reason}`, node.position);
    }
    case 'regex':
      if (node.value instanceof RegExp) addPattern(node.value, node.position, patterns);
      // JSONata's copy of what stands there loses it.
      else throw forbidden(LEFT_OF_DEFAULT, node.position);
  }
}

const LEFT_OF_DEFAULT =
  'A regular expression cannot stand left of ?? or ?:. Keep what it finds in a variable first.';

function addPattern(
  source: RegExp,
  position: number | undefined,
  patterns: Map<string, Pattern>,
): void {
  try {
    patterns.set(patternKey(source), compilePattern(source.source, source.flags));
  } catch (error) {
    if (!(error instanceof PatternRefused)) throw error;
    throw forbidden(`This regular expression is not taken. ${error.message}`, position);
  }
}

function forbidden(message: string, position?: number): ExpressionFault {
  return new ExpressionFault('expression_forbidden', message, position);
}
