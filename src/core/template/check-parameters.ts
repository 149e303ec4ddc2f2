import { checkShape } from '../graph/check-shape.js';
import { jsonBytes } from '../graph/json-size.js';
import { pointerTo } from '../graph/problem.js';
import type { ProblemList } from '../graph/problem.js';
import type { Shape } from '../graph/shape.js';
import { quote, suggestion } from '../graph/wording.js';
import type { JsonObject } from '../json.js';
import { fillDefaults } from './fill-defaults.js';

/** Bytes of a parameter schema as JSON. */
const MAX_PARAMETERS_BYTES = 64 * 1024;

const COUNT: Shape = { type: 'integer', minimum: 0 };
const BOUND: Shape = { type: 'number' };
const TEXT: Shape = { type: 'string' };
const SCHEMA: Shape = { type: 'object' };
const SCHEMAS: Shape = { type: 'array', minItems: 1, items: SCHEMA };
const SCALAR: Shape = { type: ['null', 'boolean', 'number', 'string'] };
const TYPE: Shape = {
  enum: ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'],
};

/** The keywords there are, with what each may hold. */
const KEYWORDS: Readonly<Record<string, Shape>> = {
  title: TEXT,
  description: TEXT,
  $comment: TEXT,
  examples: { type: 'array' },
  default: {},
  type: { anyOf: [TYPE, { type: 'array', minItems: 1, maxItems: 7, items: TYPE }] },
  enum: { type: 'array', minItems: 1, items: SCALAR },
  const: SCALAR,
  minLength: COUNT,
  maxLength: COUNT,
  minimum: BOUND,
  maximum: BOUND,
  exclusiveMinimum: BOUND,
  items: SCHEMA,
  minItems: COUNT,
  maxItems: COUNT,
  properties: { type: 'object', additionalProperties: SCHEMA },
  required: { type: 'array', items: TEXT },
  additionalProperties: { type: ['boolean', 'object'] },
  propertyNames: SCHEMA,
  maxProperties: COUNT,
  anyOf: SCHEMAS,
  oneOf: SCHEMAS,
};

const OF_NAMES: ReadonlySet<string> = new Set([
  'title',
  'description',
  '$comment',
  'enum',
  'const',
  'minLength',
  'maxLength',
]);

/** Why some of the keywords that people miss are not there. */
const REASONS: Readonly<Record<string, string>> = {
  pattern:
    'a pattern can take longer than any service should wait; list the values in "enum", or bound "maxLength"',
  format: 'formats are not checked, so that one would promise what is not kept; use "description"',
  $ref: 'write out what it refers to',
  $defs: 'write schemas out where they are used',
};

/** Where a schema stands, which decides what it may say. */
type Place = 'root' | 'value' | 'alternative' | 'name';

/**
 * Checks that a parameter schema keeps to the part of JSON Schema (2020-12) that templates know, that
 * it describes an object, and that every default fits its own schema. Keywords that are not known are
 * refused by name, since a schema that is only half kept would promise too much. The document that it
 * is part of has passed `checkShape`, which bounds its depth.
 *
 * @param pointer of the schema.
 */
export function checkParameters(schema: JsonObject, pointer: string, problems: ProblemList): void {
  if (jsonBytes(schema, MAX_PARAMETERS_BYTES) > MAX_PARAMETERS_BYTES) {
    problems.add(pointer, 'too_big', 'must be at most 64 KiB as JSON');
    return;
  }
  const before = problems.problems.length;
  checkSchema(schema, pointer, 'root', problems);
  // A default can be judged only by a schema that is right.
  if (problems.problems.length === before) checkDefaults(schema, pointer, problems);
}

function checkSchema(
  schema: JsonObject,
  pointer: string,
  place: Place,
  problems: ProblemList,
): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const at = pointerTo(pointer, keyword);
    if (place === 'root' && keyword === '$schema') continue;
    const shape = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (shape === undefined) {
      problems.add(at, 'unknown_keyword', unknownKeyword(keyword));
      continue;
    }
    const misplaced = whyNotHere(keyword, value, place);
    if (misplaced !== undefined) {
      problems.add(at, 'misplaced_keyword', misplaced);
      continue;
    }
    const found = checkShape(shape, value).problems;
    for (const problem of found) {
      problems.add(at + problem.pointer, problem.code, problem.message);
    }
    if (found.length === 0) descend(keyword, value, at, place, problems);
  }
}

function descend(
  keyword: string,
  value: unknown,
  pointer: string,
  place: Place,
  problems: ProblemList,
): void {
  const inner = place === 'alternative' ? 'alternative' : 'value';
  switch (keyword) {
    case 'properties':
      for (const [name, schema] of Object.entries(value as Readonly<Record<string, JsonObject>>)) {
        checkSchema(schema, pointerTo(pointer, name), inner, problems);
      }
      break;
    case 'items':
    case 'additionalProperties':
      if (typeof value === 'object') checkSchema(value as JsonObject, pointer, inner, problems);
      break;
    case 'propertyNames':
      checkSchema(value as JsonObject, pointer, 'name', problems);
      break;
    case 'anyOf':
    case 'oneOf':
      for (const [index, schema] of (value as readonly JsonObject[]).entries()) {
        checkSchema(schema, pointerTo(pointer, index), 'alternative', problems);
      }
      break;
    default:
  }
}

function whyNotHere(keyword: string, value: unknown, place: Place): string | undefined {
  if (place === 'name' && !OF_NAMES.has(keyword)) {
    return `names of fields are described by ${[...OF_NAMES].map((each) => quote(each)).join(', ')} alone`;
  }
  if (place === 'alternative' && keyword === 'default') {
    return 'a default within anyOf or oneOf would not be filled in; put it beside them';
  }
  if (place !== 'root') return undefined;
  if (keyword === 'default') return 'inputs have no default as a whole; give each its own';
  return keyword === 'type' && value !== 'object' ? 'inputs are an "object"' : undefined;
}

function unknownKeyword(keyword: string): string {
  const reason = Object.hasOwn(REASONS, keyword) ? REASONS[keyword] : undefined;
  const known = Object.keys(KEYWORDS);
  return reason === undefined
    ? `the keyword ${quote(keyword)} is not known here${suggestion(keyword, known)} (known: ${known.join(', ')})`
    : `the keyword ${quote(keyword)} is not known here: ${reason}`;
}

function checkDefaults(schema: Shape, pointer: string, problems: ProblemList): void {
  const each = (inner: Shape, step: string): void => checkDefaults(inner, pointer + step, problems);
  if (schema.default !== undefined) {
    const at = `${pointer}/default`;
    const filled = fillDefaults(schema, schema.default);
    if (filled === undefined) problems.add(at, 'too_big', 'has too many defaults within it');
    else {
      for (const problem of checkShape(schema, filled).problems) {
        problems.add(at + problem.pointer, problem.code, problem.message);
      }
    }
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    each(inner, pointerTo('/properties', name));
  }
  if (schema.items !== undefined) each(schema.items, '/items');
  if (typeof schema.additionalProperties === 'object') {
    each(schema.additionalProperties, '/additionalProperties');
  }
}
