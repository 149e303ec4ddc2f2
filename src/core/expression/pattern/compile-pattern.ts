import { PatternRefused, type Pattern, type Step } from './pattern.js';
import { readPattern, type Term } from './read-pattern.js';

/** Steps of the largest program; `x{n}` takes n times those of `x`. */
const MOST_STEPS = 1000;

/**
 * Makes the program that {@link findMatch} runs, from a source that JavaScript takes and its flags,
 * of which `i` and `m` count.
 *
 * @throws PatternRefused for what cannot be matched in time proportional to the text, and for what
 * takes more than 1000 steps.
 */
export function compilePattern(source: string, flags: string): Pattern {
  const { term, groups } = readPattern(source, flags.includes('m'));
  const program = new Program();
  program.mark(0, () => program.add(term));
  program.push({ kind: 'found' });
  const ignoreCase = flags.includes('i');
  const prefix = ignoreCase ? '' : prefixOf(program.steps);
  return { steps: program.steps, groups: groups + 1, ignoreCase, prefix };
}

class Program {
  readonly steps: Step[] = [];

  push<S extends Step>(step: S): S {
    if (this.steps.length >= MOST_STEPS) {
      throw new PatternRefused(`It is too large; let its {n} ask for fewer, or cut it in two.`);
    }
    this.steps.push(step);
    return step;
  }

  mark(group: number, inside: () => void): void {
    this.push({ kind: 'mark', slot: 2 * group });
    inside();
    this.push({ kind: 'mark', slot: 2 * group + 1 });
  }

  add(term: Term): void {
    switch (term.kind) {
      case 'set':
      case 'place':
        this.push(term);
        return;
      case 'sequence':
        for (const part of term.terms) this.add(part);
        return;
      case 'choice':
        this.choice(term.ways);
        return;
      case 'group':
        this.mark(term.number, () => this.add(term.term));
        return;
      case 'repeat':
        this.repeat(term.term, term.min, term.max, term.lazy);
    }
  }

  private choice(ways: readonly Term[]): void {
    const ends: { to: number }[] = [];
    ways.forEach((way, index) => {
      if (index === ways.length - 1) {
        this.add(way);
        return;
      }
      const fork = this.fork();
      this.add(way);
      ends.push(this.push({ kind: 'jump', to: 0 }));
      fork.second = this.steps.length;
    });
    for (const end of ends) end.to = this.steps.length;
  }

  private repeat(term: Term, min: number, max: number, lazy: boolean): void {
    for (let count = 0; count < min; count++) this.addCounted(term);
    if (max === Infinity) {
      const start = this.steps.length;
      const fork = this.fork();
      this.add(term);
      this.push({ kind: 'jump', to: start });
      this.leaveAt(fork, this.steps.length, lazy);
      return;
    }
    const forks: Fork[] = [];
    for (let count = min; count < max; count++) {
      forks.push(this.fork());
      this.addCounted(term);
    }
    for (const fork of forks) this.leaveAt(fork, this.steps.length, lazy);
  }

  /** A term without steps would never reach the limit, however often it is asked for. */
  private addCounted(term: Term): void {
    const before = this.steps.length;
    this.add(term);
    if (this.steps.length === before) this.push({ kind: 'jump', to: before + 1 });
  }

  private fork(): Fork {
    const next = this.steps.length + 1;
    return this.push({ kind: 'fork', first: next, second: next });
  }

  private leaveAt(fork: Fork, end: number, lazy: boolean): void {
    if (lazy) fork.first = end;
    else fork.second = end;
  }
}

type Fork = Extract<Step, { kind: 'fork' }>;

function prefixOf(steps: readonly Step[]): string {
  let prefix = '';
  for (const step of steps) {
    if (step.kind === 'mark') continue;
    if (step.kind !== 'set' || step.set.negated) break;
    const [first, last, ...more] = step.set.ranges;
    if (first === undefined || first !== last || more.length > 0) break;
    prefix += String.fromCharCode(first);
  }
  return prefix;
}
