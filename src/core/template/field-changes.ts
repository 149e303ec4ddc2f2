import { jsonBytes } from '../graph/json-size.js';
import { pointerTo } from '../graph/problem.js';
import type { Json, JsonObject } from '../json.js';

const MAX_VALUE_BYTES = 4096;

/** One field that differs. A value longer than 4 KiB as JSON is left out, with the other. */
export interface FieldChange {
  /** JSON pointer. */
  readonly field: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: Json;
  readonly after?: Json;
}

/** Adds the fields that differ: within objects one by one, other values as a whole. */
export function compareFields(
  before: Json,
  after: Json,
  pointer: string,
  changes: FieldChange[],
): void {
  if (!isObject(before) || !isObject(after)) {
    if (!equal(before, after)) {
      changes.push({ field: pointer, change: 'changed', ...values({ before, after }) });
    }
    return;
  }
  for (const [key, value] of Object.entries(before)) {
    const field = pointerTo(pointer, key);
    const now = Object.hasOwn(after, key) ? after[key] : undefined;
    if (now !== undefined) compareFields(value, now, field, changes);
    else changes.push({ field, change: 'removed', ...values({ before: value }) });
  }
  for (const [key, value] of Object.entries(after)) {
    if (Object.hasOwn(before, key)) continue;
    const field = pointerTo(pointer, key);
    changes.push({ field, change: 'added', ...values({ after: value }) });
  }
}

function values<T extends Partial<Record<'before' | 'after', Json>>>(given: T): T | object {
  const fits = Object.values(given).every(
    (value) => jsonBytes(value, MAX_VALUE_BYTES) <= MAX_VALUE_BYTES,
  );
  return fits ? given : {};
}

function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: Json, at) => equal(item, b[at] as Json));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key] as Json, b[key] as Json))
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
