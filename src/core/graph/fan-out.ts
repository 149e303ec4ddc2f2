import type { Json, JsonObject } from '../json.js';
import { MAX_CHILDREN, type Matrix, type NodeDefinition } from './definition.js';
import { own } from './own.js';

/** The items of a node's children, or why there are none. */
export type Items =
  | { readonly ok: true; readonly items: readonly Json[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

const NAME_LENGTH = 200;

/**
 * The items of a node with `for_each`, whose expressions have been evaluated. An expression that finds
 * one thing gives that thing, not a list with it, so what is no list is a list of one.
 */
export function itemsOf(value: Json): Items {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return items.length <= MAX_CHILDREN ? { ok: true, items } : tooMany(items.length);
}

/**
 * The combinations of a matrix whose expressions have been evaluated: the last axis changes fastest,
 * and what is included comes last.
 */
export function combinationsOf(matrix: Matrix): Items {
  const { include, exclude, ...axes } = matrix;
  let count = Object.keys(axes).length === 0 ? 0 : 1;
  for (const [axis, values] of Object.entries(axes)) {
    if (typeof values === 'string') return notAList(axis);
    count *= values.length;
  }
  if (typeof include === 'string') return notAList('include');
  if (typeof exclude === 'string') return notAList('exclude');
  if (count > MAX_CHILDREN) return tooMany(count);
  let combinations: JsonObject[] = count === 0 ? [] : [{}];
  for (const [axis, values] of Object.entries(axes)) {
    combinations = combinations.flatMap((combination) =>
      (values as readonly Json[]).map((value) => ({ ...combination, [axis]: value })),
    );
  }
  const unwanted = (exclude ?? []) as readonly JsonObject[];
  const wanted = combinations.filter(
    (combination) => !unwanted.some((each) => hasAll(combination, each)),
  );
  const items = [...wanted, ...(include ?? [])];
  return items.length <= MAX_CHILDREN ? { ok: true, items } : tooMany(items.length);
}

/** The children of a node, as nodes of a job of their own. */
export function childrenOf(definition: NodeDefinition, items: readonly Json[]): NodeDefinition[] {
  const child = Object.fromEntries(
    Object.entries(definition).filter(([field]) => !OF_THE_GROUP.has(field)),
  );
  return items.map((item, index) => ({
    ...child,
    type: definition.type,
    id: String(index),
    name: nameOf(item),
    each: { item, index },
  }));
}

/** What concerns the group and not each of its children. */
const OF_THE_GROUP: ReadonlySet<string> = new Set<keyof NodeDefinition>([
  'needs',
  'when',
  'trigger_rule',
  'priority',
  'deadline',
  'for_each',
  'matrix',
  'max_parallel',
  'compensate',
]);

/** What people see of an item: its values, without the braces. */
function nameOf(item: Json): string {
  const text =
    typeof item === 'string'
      ? item
      : typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.entries(item)
            .map(([name, value]) => `${name}=${plain(value)}`)
            .join(', ')
        : JSON.stringify(item);
  return text.replace(/\p{Cc}/gu, ' ').slice(0, NAME_LENGTH);
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function hasAll(combination: JsonObject, values: JsonObject): boolean {
  return Object.entries(values).every(
    ([axis, value]) => JSON.stringify(own(combination, axis)) === JSON.stringify(value),
  );
}

function notAList(axis: string): Items {
  return {
    ok: false,
    code: 'not_a_list',
    message: `The expression of ${axis} in the matrix did not come to a list. Let it give one.`,
  };
}

function tooMany(count: number): Items {
  return {
    ok: false,
    code: 'too_many_children',
    message: `The node would have ${count} children and may have ${MAX_CHILDREN}. Split the list over several nodes.`,
  };
}
