import type { JsonType, Shape } from './shape.js';
import { either } from './wording.js';

/** What is wrong with one value, its place being known to the caller. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

const TYPE_NAMES: Readonly<Record<JsonType, string>> = {
  object: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
};

/** Checks what a shape says of a value itself: all but its items and properties. Gives the first fault. */
export function checkValue(shape: Shape, value: unknown): Fault | undefined {
  if (shape.type !== undefined && !hasType(shape.type, value)) return typeFault(shape.type, value);
  if (shape.const !== undefined && value !== shape.const) {
    return { code: 'const', message: `must be ${JSON.stringify(shape.const)}` };
  }
  if (shape.enum !== undefined && !shape.enum.some((allowed) => allowed === value)) {
    return { code: 'enum', message: `must be one of: ${shape.enum.map(String).join(', ')}` };
  }
  switch (typeof value) {
    case 'string':
      return checkString(shape, value);
    case 'number':
      return checkNumber(shape, value);
    case 'object':
      if (Array.isArray(value)) return checkLength(shape, value.length);
      return undefined;
    case 'boolean':
      return undefined;
    default:
      return { code: 'type', message: 'must be a JSON value' };
  }
}

/** The types that a shape asks for, in words. */
export function namesOfTypes(types: JsonType | readonly JsonType[]): string {
  return typeof types === 'string'
    ? TYPE_NAMES[types]
    : either(types.map((type) => TYPE_NAMES[type]));
}

function hasType(types: JsonType | readonly JsonType[], value: unknown): boolean {
  return typeof types === 'string'
    ? isOfType(types, value)
    : types.some((type) => isOfType(type, value));
}

function isOfType(type: JsonType, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'null':
      return value === null;
    case 'string':
    case 'boolean':
      return typeof value === type;
  }
}

function typeFault(types: JsonType | readonly JsonType[], value: unknown): Fault {
  if (typeof value === 'number' && !Number.isFinite(value)) return TOO_HUGE;
  const given = describe(value);
  return {
    code: 'type',
    message: `must be ${namesOfTypes(types)}${given === undefined ? '' : `, not ${given}`}`,
  };
}

function describe(value: unknown): string | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'string':
      return 'a string';
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

const TOO_HUGE: Fault = { code: 'too_large', message: 'is too large for a number' };

function checkNumber(shape: Shape, value: number): Fault | undefined {
  if (!Number.isFinite(value)) return TOO_HUGE;
  if (shape.minimum !== undefined && value < shape.minimum) {
    return { code: 'too_small', message: `must be at least ${shape.minimum}` };
  }
  if (shape.exclusiveMinimum !== undefined && value <= shape.exclusiveMinimum) {
    return { code: 'too_small', message: `must be more than ${shape.exclusiveMinimum}` };
  }
  if (shape.maximum !== undefined && value > shape.maximum) {
    return { code: 'too_large', message: `must be at most ${shape.maximum}` };
  }
  return undefined;
}

function checkString(shape: Shape, value: string): Fault | undefined {
  const { minLength = 0, maxLength = Infinity, pattern } = shape;
  if (value.length > maxLength && codePoints(value, 2 * maxLength) > maxLength) {
    return { code: 'too_long', message: `must be at most ${maxLength} characters` };
  }
  if (value.length < 2 * minLength && codePoints(value, 2 * minLength) < minLength) {
    const message =
      minLength === 1 ? 'must not be empty' : `must be at least ${minLength} characters`;
    return { code: 'too_short', message };
  }
  if (pattern !== undefined && !compiled(pattern).test(value)) {
    return { code: 'pattern', message: shape.patternMessage ?? `must match ${pattern}` };
  }
  return undefined;
}

/** Characters as JSON Schema counts them; not exact when there are more UTF-16 units than `enough`. */
function codePoints(text: string, enough: number): number {
  return text.length > enough ? text.length : Array.from(text).length;
}

const patterns = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  let expression = patterns.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern, 'u');
    patterns.set(pattern, expression);
  }
  return expression;
}

function checkLength(
  { minItems = 0, maxItems = Infinity }: Shape,
  length: number,
): Fault | undefined {
  if (length < minItems) {
    const message = minItems === 1 ? 'must not be empty' : `must have at least ${minItems} items`;
    return { code: 'too_few', message };
  }
  if (length > maxItems) {
    return { code: 'too_many', message: `must have at most ${maxItems} items, not ${length}` };
  }
  return undefined;
}
