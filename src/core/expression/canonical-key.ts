import { isFunction } from './sizes.js';

/** Equal for values that JSONata calls equal, the order of members aside, and for no other data. */
export function canonicalKey(value: unknown): string {
  if (isFunction(value) || value === undefined) return 'no data';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as unknown[]).map(canonicalKey).join()}]`;
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalKey(member)}`).join()}}`;
}
