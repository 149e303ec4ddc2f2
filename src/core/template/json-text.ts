import type { Json } from '../json.js';

/** Levels that are written piece by piece; lists of nodes are not deeper. */
const PIECEMEAL_LEVELS = 4;
const CHARACTERS_PER_STEP = 65_536;

/**
 * A value as JSON text without white space. `sorted`: the keys of every object in order, so that what
 * says the same reads the same. Yields about every 64 Ki characters.
 */
export function* jsonTextSteps(value: Json, sorted: boolean): Generator<void, string> {
  const pieces: string[] = [];
  let written = 0;
  const put = (text: string): void => {
    pieces.push(text);
    written += text.length;
  };
  function* write(part: Json, levels: number): Generator<void, void> {
    if (levels === 0 || typeof part !== 'object' || part === null) {
      put(sorted ? canonicalJson(part) : JSON.stringify(part));
      if (written < CHARACTERS_PER_STEP) return;
      written = 0;
      yield;
      return;
    }
    const isList = Array.isArray(part);
    put(isList ? '[' : '{');
    let first = true;
    for (const [key, member] of membersOf(part, sorted)) {
      if (!first) put(',');
      first = false;
      if (!isList) put(`${JSON.stringify(key)}:`);
      yield* write(member, levels - 1);
    }
    put(isList ? ']' : '}');
  }
  yield* write(value, PIECEMEAL_LEVELS);
  return pieces.join('');
}

/** A value as JSON text, the keys of every object in order of their UTF-16 units. */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = membersOf(value, true).map(
    ([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`,
  );
  return `{${members.join(',')}}`;
}

function membersOf(container: object, sorted: boolean): [string, Json][] {
  const members = Object.entries(container) as [string, Json][];
  // Keys of one object differ.
  if (sorted && !Array.isArray(container)) members.sort(([a], [b]) => (a < b ? -1 : 1));
  return members;
}
