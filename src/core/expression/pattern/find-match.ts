import { LINE_ENDS, WORD_UNITS } from './char-sets.js';
import { contains, type Pattern, type Place } from './pattern.js';

/** Positions in the text: of group n from `2n` to `2n+1`, -1 when it took no part; group 0 is all. */
export type Marks = readonly number[];

/**
 * Finds the first match at or after `from`, in time proportional to the text's length times the
 * pattern's steps, whatever they are: it follows all ways through the pattern side by side, after
 * Pike (Russ Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009), instead of
 * trying one after the other. It prefers what JavaScript prefers; only what a group captured in an
 * earlier round of a repetition is kept where JavaScript forgets it.
 *
 * @param spend is told of the work as it is done, and may throw to end it.
 */
export function findMatch(
  pattern: Pattern,
  text: string,
  from: number,
  spend: (work: number) => void,
): Marks | undefined {
  let here = new Ways(pattern, text);
  let next = new Ways(pattern, text);
  let found: Marks | undefined;
  for (let at = from; at <= text.length; at++) {
    if (here.size === 0) {
      if (found !== undefined) return found;
      at = pattern.prefix === '' ? at : text.indexOf(pattern.prefix, at);
      if (at < 0) return undefined;
    }
    if (found === undefined) here.follow(0, at, new Array<number>(2 * pattern.groups).fill(-1));
    spend(here.work);
    found = here.advance(at, next) ?? found;
    [here, next] = [next, here];
    next.clear();
  }
  return found;
}

/** The ways through the pattern that are open at one position, the preferred first. */
class Ways {
  work = 1;
  private readonly at: number[] = [];
  private readonly marks: Marks[] = [];
  private readonly seen: Uint32Array;
  private round = 1;

  constructor(
    private readonly pattern: Pattern,
    private readonly text: string,
  ) {
    this.seen = new Uint32Array(pattern.steps.length);
  }

  get size(): number {
    return this.at.length;
  }

  clear(): void {
    this.at.length = 0;
    this.marks.length = 0;
    this.work = 1;
    this.round += 1;
  }

  /** Opens what can be reached from a step without reading on. */
  follow(step: number, position: number, marks: Marks): void {
    const steps: number[] = [step];
    const marksOf: Marks[] = [marks];
    for (;;) {
      const index = steps.pop();
      const held = marksOf.pop();
      if (index === undefined || held === undefined) return;
      if (this.seen[index] === this.round) continue;
      this.seen[index] = this.round;
      this.work += 1;
      const current = this.pattern.steps[index];
      const go = (to: number, with_: Marks) => {
        steps.push(to);
        marksOf.push(with_);
      };
      switch (current?.kind) {
        case 'jump':
          go(current.to, held);
          break;
        case 'fork':
          go(current.second, held);
          go(current.first, held);
          break;
        case 'mark':
          go(index + 1, held.with(current.slot, position));
          break;
        case 'place':
          if (isAt(current.place, this.text, position)) go(index + 1, held);
          break;
        case 'set':
        case 'found':
          this.at.push(index);
          this.marks.push(held);
          break;
        case undefined:
      }
    }
  }

  /** Reads one unit; answers the marks when a way ends here that no open way is preferred to. */
  advance(position: number, next: Ways): Marks | undefined {
    const unit = position < this.text.length ? this.text.charCodeAt(position) : -1;
    for (let way = 0; way < this.at.length; way++) {
      const index = this.at[way] ?? 0;
      const marks = this.marks[way] ?? [];
      const step = this.pattern.steps[index];
      if (step?.kind === 'found') return marks;
      if (step?.kind !== 'set' || unit < 0) continue;
      if (contains(step.set, unit, this.pattern.ignoreCase)) {
        next.follow(index + 1, position + 1, marks);
      }
    }
    return undefined;
  }
}

function isAt(place: Place, text: string, position: number): boolean {
  switch (place) {
    case 'start':
      return position === 0;
    case 'end':
      return position === text.length;
    case 'line_start':
      return position === 0 || isLineEnd(text.charCodeAt(position - 1));
    case 'line_end':
      return position === text.length || isLineEnd(text.charCodeAt(position));
    case 'boundary':
      return isWord(text, position - 1) !== isWord(text, position);
    case 'no_boundary':
      return isWord(text, position - 1) === isWord(text, position);
  }
}

function isLineEnd(unit: number): boolean {
  return contains({ ranges: LINE_ENDS, negated: false }, unit, false);
}

function isWord(text: string, position: number): boolean {
  return contains(WORD_UNITS, text.charCodeAt(position), false);
}
