import type { CharSet } from './pattern.js';

const LAST_UNIT = 0xffff;

const DIGITS = [0x30, 0x39];
const WORD = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** White space and line ends, as ECMAScript lists them. */
const SPACE = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f,
  0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff,
];
export const LINE_ENDS: readonly number[] = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];

export const ANY_BUT_LINE_END: CharSet = { ranges: LINE_ENDS, negated: true };
export const WORD_UNITS: CharSet = { ranges: WORD, negated: false };

const CLASSES: Readonly<Record<string, readonly number[]>> = { d: DIGITS, w: WORD, s: SPACE };

/** The ranges of `\d`, `\w`, `\s` and of their opposites, by the letter; undefined for another. */
export function classRanges(letter: string): readonly number[] | undefined {
  const ranges = CLASSES[letter.toLowerCase()];
  if (ranges === undefined) return undefined;
  return letter === letter.toLowerCase() ? ranges : complement(ranges);
}

/** What the ranges, which must be in order and apart, leave out. */
function complement(ranges: readonly number[]): number[] {
  const rest: number[] = [];
  let next = 0;
  for (let at = 0; at < ranges.length; at += 2) {
    const first = ranges[at] ?? 0;
    if (first > next) rest.push(next, first - 1);
    next = (ranges[at + 1] ?? first) + 1;
  }
  if (next <= LAST_UNIT) rest.push(next, LAST_UNIT);
  return rest;
}
