import { ExpressionFault, type ExpressionCode } from './problem.js';

const LONGEST_MESSAGE = 500;

/** JSONata's codes for a list that is longer than it was told to make. */
const LIST_TOO_LONG = new Set(['D2014', 'D2015']);

/** What to do about the errors of JSONata that users meet, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  S0101: 'Close the text with the quote that opens it.',
  S0105: 'Close the name with a backquote.',
  S0201:
    'Write an operator between the two, and put names with other signs than letters, digits and _ in backquotes.',
  S0202: 'Write what is expected there.',
  S0203: 'Complete the expression.',
  S0207: 'Complete the expression.',
  S0211: 'Write a value in front of it.',
  T0410:
    'Give the function what it takes, with $string, $number or a default (??) where it may differ.',
  T0412: 'Convert the members first.',
  T1003: 'Convert the name with $string.',
  T1005: 'Functions start with a dollar sign.',
  T1006: 'Check the name of the function.',
  T2001: 'Convert it with $number.',
  T2002: 'Convert it with $number.',
  T2009: 'Convert one of them with $number or $string.',
  T2010: 'Compare members of it, or count it with $count.',
  D3030: 'Check what it holds before converting it.',
  D3137: 'The expression itself says so.',
  D3141: 'The expression itself says so.',
};

/** Whatever JSONata or JavaScript threw for an expression, in Baton's words. */
export function wordJsonataError(error: unknown, parsing: boolean): ExpressionFault {
  if (error instanceof ExpressionFault) return error;
  const { code, message, position, name } = fieldsOf(error);
  if (code !== undefined && LIST_TOO_LONG.has(code)) {
    return new ExpressionFault(
      'expression_too_large',
      'The expression makes a list that is too long. Filter it first, or make a shorter range.',
      position,
    );
  }
  if (name === 'RangeError') return wordRangeError(message ?? '', position);
  const fallback: ExpressionCode = parsing ? 'expression_syntax' : 'expression_failed';
  const advice = ADVICE[code ?? ''] ?? 'Correct the expression, or what it is given to read.';
  const reason = code === undefined && !parsing ? WRONG_KIND : (message ?? 'It failed.');
  return new ExpressionFault(fallback, `${sentence(reason)} ${advice}`, position);
}

/** JavaScript's own errors speak of the inside of JSONata; nearly all of them have this cause. */
const WRONG_KIND =
  'It uses a value where one of that kind cannot stand, such as a function for data.';

function wordRangeError(message: string, position: number | undefined): ExpressionFault {
  if (message.startsWith('Maximum call stack')) {
    return new ExpressionFault(
      'expression_too_deep',
      'The expression, or a value that it makes, nests too deeply. Let it nest less.',
      position,
    );
  }
  return new ExpressionFault(
    'expression_too_large',
    'The expression asks for a number, text or list that is too large. Give its functions smaller arguments.',
    position,
  );
}

function sentence(message: string): string {
  const text = message.trim().slice(0, LONGEST_MESSAGE);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

interface Fields {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly position?: number | undefined;
  readonly name?: string | undefined;
}

function fieldsOf(error: unknown): Fields {
  if (typeof error !== 'object' || error === null) return {};
  const { code, message, position, name } = error as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    code: text(code),
    message: text(message),
    position: typeof position === 'number' ? position : undefined,
    name: text(name),
  };
}
