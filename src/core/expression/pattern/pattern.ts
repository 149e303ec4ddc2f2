/** UTF-16 code units, as inclusive ranges: first, last, first, last, … */
export interface CharSet {
  readonly ranges: readonly number[];
  readonly negated: boolean;
}

export type Place = 'start' | 'end' | 'line_start' | 'line_end' | 'boundary' | 'no_boundary';

/** One step of a pattern's program. */
export type Step =
  | { readonly kind: 'set'; readonly set: CharSet }
  /** Goes on in both places; what `first` finds is preferred. */
  | { readonly kind: 'fork'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  /** Notes the position in a slot; slots 2n and 2n+1 are the start and end of group n. */
  | { readonly kind: 'mark'; readonly slot: number }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'found' };

/** A regular expression, ready for {@link findMatch}. */
export interface Pattern {
  readonly steps: readonly Step[];
  readonly groups: number;
  readonly ignoreCase: boolean;
  /** A text that every match starts with, perhaps empty; for looking ahead fast. */
  readonly prefix: string;
}

/** What a pattern may not have; the message says what to do instead. */
export class PatternRefused extends Error {}

export function contains(set: CharSet, unit: number, ignoreCase: boolean): boolean {
  if (inRanges(set.ranges, unit)) return !set.negated;
  if (!ignoreCase) return set.negated;
  const char = String.fromCharCode(unit);
  const other = [char.toLowerCase(), char.toUpperCase()].some(
    (variant) => variant.length === 1 && inRanges(set.ranges, variant.charCodeAt(0)),
  );
  return other !== set.negated;
}

function inRanges(ranges: readonly number[], unit: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (unit >= (ranges[at] ?? 0) && unit <= (ranges[at + 1] ?? -1)) return true;
  }
  return false;
}
