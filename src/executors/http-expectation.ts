import { pointerTo } from '../core/graph/problem.js';
import type { Json, JsonObject } from '../core/json.js';

export interface Mismatch {
  /** JSON pointer into the response. */
  readonly pointer: string;
  readonly expected: Json;
  /** Absent when there is no such member. */
  readonly actual?: Json;
}

/** Differences that are reported; there may be more. */
const MAX_MISMATCHES = 20;

/**
 * Where a response is not what is expected of it. Objects may have more members than expected, at
 * every level; all else, and lists item by item, has to be equal.
 */
export function mismatches(expected: Json, actual: Json): readonly Mismatch[] {
  const found: Mismatch[] = [];
  compare(expected, actual, '', found);
  return found;
}

function compare(expected: Json, actual: Json, pointer: string, found: Mismatch[]): void {
  if (found.length >= MAX_MISMATCHES) return;
  if (isList(expected)) {
    if (!isList(actual) || actual.length !== expected.length) {
      found.push({ pointer, expected, actual });
      return;
    }
    expected.forEach((item, index) =>
      compare(item, actual[index] ?? null, pointerTo(pointer, index), found),
    );
  } else if (isObject(expected)) {
    if (!isObject(actual)) {
      found.push({ pointer, expected, actual });
      return;
    }
    for (const [key, member] of Object.entries(expected)) {
      const at = pointerTo(pointer, key);
      const counterpart = Object.hasOwn(actual, key) ? actual[key] : undefined;
      if (counterpart !== undefined) compare(member, counterpart, at, found);
      else if (found.length < MAX_MISMATCHES) found.push({ pointer: at, expected: member });
    }
  } else if (expected !== actual) {
    found.push({ pointer, expected, actual });
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
