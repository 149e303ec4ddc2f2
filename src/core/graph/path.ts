import { pointerTo } from './problem.js';

/** Where a value stands in its document; written out as a JSON pointer only when there is a problem. */
export interface Path {
  readonly parent: Path | undefined;
  readonly step: string | number;
}

const LONGEST_STEP = 256;

/**
 * The JSON pointer of a path; `undefined` is the document itself. It ends before a step that is too
 * long to repeat, so that reports stay small.
 */
export function pointerOf(path: Path | undefined): string {
  const steps: (string | number)[] = [];
  for (let at = path; at !== undefined; at = at.parent) steps.push(at.step);
  let pointer = '';
  for (const step of steps.reverse()) {
    if (typeof step === 'string' && step.length > LONGEST_STEP) break;
    pointer = pointerTo(pointer, step);
  }
  return pointer;
}
