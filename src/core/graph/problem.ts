/** One thing wrong with a submitted document; `pointer` is an RFC 6901 JSON pointer into it. */
export interface Problem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** Appends one step to a JSON pointer, escaped as RFC 6901 says. */
export function pointerTo(parent: string, step: string | number): string {
  return `${parent}/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}
