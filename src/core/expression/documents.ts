import { MAX_NESTING } from '../json-nesting.js';
import { jsonBytes } from '../graph/json-size.js';
import type { Json, JsonObject } from '../json.js';
import type { EvaluationLimits } from './limits.js';
import { ExpressionFault } from './problem.js';
import { isFunction, UNITS_A_VALUE } from './sizes.js';

/** What an expression can read; what is absent, is nothing to it. */
export interface ExpressionScope {
  /** The inputs of the job. */
  readonly inputs?: Json;
  /** By the node's id; `nodes.<id>.output` is what expressions read. */
  readonly nodes?: JsonObject;
  /** The member of the list that a child of `for_each` is for, or its combination of `matrix`. */
  readonly item?: Json;
  /** That child's place, from 0. */
  readonly index?: number;
  /** What there is to say about the job itself. */
  readonly job?: Json;
  /** In `repeat.until`: what the round gave. */
  readonly output?: Json;
  /** There, too: the number of the round, from 1. */
  readonly iteration?: number;
}

/** The names that an expression can start from, also as variables: `$inputs`, `$nodes`, … */
export const SCOPE_NAMES = [
  'inputs',
  'nodes',
  'item',
  'index',
  'job',
  'output',
  'iteration',
] as const;

/** JSONata takes objects with these for its own; in data they would confuse it. */
const RESERVED = new Set(['_jsonata_lambda', '_jsonata_function', 'tupleStream', 'outerWrapper']);

/** A copy of a scope. */
export interface Documents {
  readonly root: Readonly<Record<string, Json>>;
  /** Undoes what JSONata changes: it puts an `undefined` into an empty list that it groups. */
  readonly restore: () => void;
}

/**
 * A copy of the scope for JSONata, which may change what it is given.
 *
 * @throws ExpressionFault when it is larger than `valueUnits`, deeper than MAX_NESTING, or has a
 * member whose name JSONata reserves.
 */
export function copyScope(scope: ExpressionScope, limits: EvaluationLimits): Documents {
  let units = 0;
  const empty: Json[][] = [];
  const copy = (value: Json, levels: number): Json => {
    units += UNITS_A_VALUE + (typeof value === 'string' ? value.length : 0);
    if (units > limits.valueUnits) throw scopeTooLarge();
    if (typeof value !== 'object' || value === null) return value;
    if (levels > MAX_NESTING) throw scopeTooDeep();
    if (isList(value)) {
      const list = value.map((member) => copy(member, levels + 1));
      if (list.length === 0) empty.push(list);
      return list;
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (RESERVED.has(name) && Boolean(member)) throw reserved(name);
        units += name.length;
        return [name, copy(member, levels + 1)];
      }),
    );
  };
  const root: Record<string, Json> = {};
  for (const name of SCOPE_NAMES) {
    const document = scope[name];
    if (document !== undefined) root[name] = copy(document, 0);
  }
  const restore = () => {
    for (const list of empty) list.length = 0;
  };
  return { root, restore };
}

/**
 * The JSON that JSONata's result is: plain lists and objects of its own.
 *
 * @throws ExpressionFault when there is none, or when it is too large or too deep.
 */
export function toJson(result: unknown, limits: EvaluationLimits): Json {
  if (result === undefined) throw noValue();
  const json = plain(result, 0);
  if (jsonBytes(json, limits.resultBytes) > limits.resultBytes) throw resultTooLarge(limits);
  return json;
}

function plain(value: unknown, levels: number): Json {
  if (isFunction(value)) throw notJson();
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw notJson();
      return value === 0 ? 0 : value;
    case 'object':
      break;
    default:
      throw notJson();
  }
  if (value === null) return null;
  if (levels >= MAX_NESTING) throw resultTooDeep();
  const members = (name: string, member: unknown): [string, Json][] =>
    member === undefined ? [] : [[name, plain(member, levels + 1)]];
  if (!Array.isArray(value)) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, member]) => members(name, member)),
    );
  }
  return (value as unknown[])
    .filter((member) => member !== undefined)
    .map((member) => plain(member, levels + 1));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function scopeTooLarge(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_large',
    'What the expression reads is too large together. Read fewer nodes, or let them put large results into artifacts.',
  );
}

function scopeTooDeep(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_deep',
    `What the expression reads has more than ${MAX_NESTING} levels. Let the node answer something flatter.`,
  );
}

function reserved(name: string): ExpressionFault {
  return new ExpressionFault(
    'expression_failed',
    `What the expression reads has a member "${name}", a name that JSONata reserves. Rename it where it is made.`,
  );
}

function noValue(): ExpressionFault {
  return new ExpressionFault(
    'expression_no_value',
    'The expression found nothing. Correct the path, or give a default: path ?? "none".',
  );
}

function notJson(): ExpressionFault {
  return new ExpressionFault(
    'expression_not_json',
    'The expression gives a function, or something that holds one. Call the function, and answer data.',
  );
}

function resultTooLarge(limits: EvaluationLimits): ExpressionFault {
  return new ExpressionFault(
    'expression_too_large',
    `The result of the expression is larger than ${limits.resultBytes} bytes. Let it select less.`,
  );
}

function resultTooDeep(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_deep',
    `The result of the expression has more than ${MAX_NESTING} levels. Let it nest less.`,
  );
}
