import { ExpressionFault } from './problem.js';

export const OPENING = '{%';
const CLOSING = '%}';
const ESCAPED = '{%%';

/** A piece of a template: text as it will stand, or the text of an expression. */
export interface Piece {
  readonly kind: 'text' | 'expression';
  readonly text: string;
}

/**
 * The pieces of a text that may hold expressions: `{% expression %}`. An expression ends at the first
 * `%}`; within a text of its own that is written `"%\u007d"`. A literal `{%` is written `{%%`: no
 * expression starts with a percent sign.
 *
 * @throws ExpressionFault when an expression is not closed.
 */
export function readTemplate(template: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let at = 0;
  for (;;) {
    const start = template.indexOf(OPENING, at);
    text += template.slice(at, start < 0 ? undefined : start);
    if (start < 0) break;
    if (template.startsWith(ESCAPED, start)) {
      text += OPENING;
      at = start + ESCAPED.length;
      continue;
    }
    const end = template.indexOf(CLOSING, start + OPENING.length);
    if (end < 0) throw unclosed();
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
    pieces.push({ kind: 'expression', text: template.slice(start + OPENING.length, end) });
    at = end + CLOSING.length;
  }
  if (text !== '' || pieces.length === 0) pieces.push({ kind: 'text', text });
  return pieces;
}

/** The expression of a text that is exactly one `{% … %}`; undefined for any other text. */
export function soleExpression(template: string): string | undefined {
  if (!template.startsWith(OPENING) || template.startsWith(ESCAPED)) return undefined;
  const end = template.indexOf(CLOSING, OPENING.length);
  const isSole = end >= 0 && end === template.length - CLOSING.length;
  return isSole ? template.slice(OPENING.length, end) : undefined;
}

function unclosed(): ExpressionFault {
  return new ExpressionFault(
    'expression_syntax',
    'An expression is opened with {% and not closed. Close it with %}, or write {%% for a literal {%.',
  );
}
