/** One thing wrong with a submitted document; `pointer` is an RFC 6901 JSON pointer into it. */
export interface Problem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** What is wrong with a document, in document order. */
export interface ProblemReport {
  readonly problems: readonly Problem[];
  /** There are more problems than the report holds. */
  readonly truncated: boolean;
}

/** Problems that one report holds; a document can have as many as it has bytes. */
export const MAX_PROBLEMS = 1000;

/** Gathers problems up to a limit, and remembers whether there were more. */
export class ProblemList implements ProblemReport {
  readonly problems: Problem[] = [];
  truncated = false;

  constructor(private readonly limit = MAX_PROBLEMS) {}

  add(pointer: string, code: string, message: string): void {
    if (this.problems.length < this.limit) this.problems.push({ pointer, code, message });
    else this.truncated = true;
  }
}

/** Appends one step to a JSON pointer, escaped as RFC 6901 says. */
export function pointerTo(parent: string, step: string | number): string {
  return `${parent}/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}
