import type { Json } from './json.js';

/** Levels of objects and lists within each other that values from outside may have. */
export const MAX_NESTING = 100;

/** True when a value holds more than `levels` levels of objects and lists within each other. */
export function nestsDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member: Json) => nestsDeeper(member, levels - 1));
}
