import { ANY_BUT_LINE_END, classRanges } from './char-sets.js';
import { PatternRefused, type CharSet, type Place } from './pattern.js';

/** A regular expression as it is written. */
export type Term =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly terms: readonly Term[] }
  | { readonly kind: 'choice'; readonly ways: readonly Term[] }
  | { readonly kind: 'group'; readonly number: number; readonly term: Term }
  | {
      readonly kind: 'repeat';
      readonly term: Term;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    };

const CONTROL: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const DEEPEST = 100;

/**
 * Reads the source of a regular expression that JavaScript takes (without its `u` flag).
 *
 * @throws PatternRefused for look-around, back references and legacy octal escapes, and for groups
 * within more than 100 others.
 */
export function readPattern(source: string, multiline: boolean): { term: Term; groups: number } {
  const reader = new PatternReader(source, multiline);
  return { term: reader.choice(0), groups: reader.groups };
}

class PatternReader {
  groups = 0;
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly multiline: boolean,
  ) {}

  choice(depth: number): Term {
    if (depth > DEEPEST) throw new PatternRefused('Nest its groups less.');
    const ways = [this.sequence(depth)];
    while (this.take('|')) ways.push(this.sequence(depth));
    return ways.length === 1 && ways[0] !== undefined ? ways[0] : { kind: 'choice', ways };
  }

  private sequence(depth: number): Term {
    const terms: Term[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.peek())) {
      terms.push(this.repeated(this.atom(depth)));
    }
    return { kind: 'sequence', terms };
  }

  private repeated(term: Term): Term {
    const counts = this.counts();
    if (counts === undefined) return term;
    return { kind: 'repeat', term, ...counts, lazy: this.take('?') };
  }

  private counts(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Infinity };
    if (this.take('+')) return { min: 1, max: Infinity };
    if (this.take('?')) return { min: 0, max: 1 };
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.at, this.at + 24));
    if (found === null) return undefined;
    this.at += found[0].length;
    const min = Number(found[1]);
    if (found[2] === undefined) return { min, max: min };
    return { min, max: found[3] === '' ? Infinity : Number(found[3]) };
  }

  private atom(depth: number): Term {
    const char = this.next();
    switch (char) {
      case '(':
        return this.group(depth);
      case '[':
        return { kind: 'set', set: this.charClass() };
      case '.':
        return { kind: 'set', set: ANY_BUT_LINE_END };
      case '^':
        return { kind: 'place', place: this.multiline ? 'line_start' : 'start' };
      case '$':
        return { kind: 'place', place: this.multiline ? 'line_end' : 'end' };
      case '\\':
        return this.escaped();
      default:
        return { kind: 'set', set: { ranges: one(char), negated: false } };
    }
  }

  private group(depth: number): Term {
    const number = this.opening();
    const term = this.choice(depth + 1);
    this.take(')');
    return number === undefined ? term : { kind: 'group', number, term };
  }

  /** The number of the group that opens here; undefined when it captures nothing. */
  private opening(): number | undefined {
    if (!this.take('?')) return ++this.groups;
    if (this.take(':')) return undefined;
    if (this.peek() === '<' && !'=!'.includes(this.source.charAt(this.at + 1))) {
      this.at = this.source.indexOf('>', this.at) + 1;
      return ++this.groups;
    }
    throw new PatternRefused('Leave its look-ahead or look-behind out; it has no bounded time.');
  }

  private escaped(): Term {
    if (this.take('b')) return { kind: 'place', place: 'boundary' };
    if (this.take('B')) return { kind: 'place', place: 'no_boundary' };
    return { kind: 'set', set: { ranges: this.escapedUnits(), negated: false } };
  }

  /** The ranges that an escape stands for; the backslash has been read. */
  private escapedUnits(): readonly number[] {
    const letter = this.next();
    const ranges = classRanges(letter);
    if (ranges !== undefined) return ranges;
    const control = CONTROL[letter];
    if (control !== undefined) return [control, control];
    if (letter === 'k' || /[0-9]/.test(letter)) {
      if (letter === '0' && !/[0-9]/.test(this.peek())) return [0, 0];
      throw new PatternRefused('Leave its back reference out; it has no bounded time.');
    }
    if (letter === 'c' && /[a-zA-Z]/.test(this.peek())) {
      const unit = this.next().charCodeAt(0) % 32;
      return [unit, unit];
    }
    return this.hex(letter) ?? one(letter);
  }

  private hex(letter: string): readonly number[] | undefined {
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : 0;
    const text = this.source.slice(this.at, this.at + digits);
    if (digits === 0 || text.length < digits || !/^[0-9a-fA-F]+$/.test(text)) return undefined;
    this.at += digits;
    const unit = parseInt(text, 16);
    return [unit, unit];
  }

  private charClass(): CharSet {
    const negated = this.take('^');
    const ranges: number[] = [];
    while (this.at < this.source.length && !this.take(']')) {
      const first = this.classMember();
      const isRange = this.peek() === '-' && this.source.charAt(this.at + 1) !== ']';
      if (!isRange || first.length !== 2 || first[0] !== first[1]) {
        ranges.push(...first);
        continue;
      }
      this.at += 1;
      const last = this.classMember();
      if (last.length === 2 && last[0] === last[1]) ranges.push(first[0] ?? 0, last[0] ?? 0);
      else ranges.push(...first, ...one('-'), ...last);
    }
    return { ranges, negated };
  }

  private classMember(): readonly number[] {
    if (!this.take('\\')) return one(this.next());
    return this.take('b') ? [8, 8] : this.escapedUnits();
  }

  private peek(): string {
    return this.source.charAt(this.at);
  }

  private next(): string {
    return this.source.charAt(this.at++);
  }

  private take(char: string): boolean {
    if (this.at >= this.source.length || this.peek() !== char) return false;
    this.at += 1;
    return true;
  }
}

function one(char: string): number[] {
  const unit = char.charCodeAt(0);
  return [unit, unit];
}
