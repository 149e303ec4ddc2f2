import { parseIsoTime } from '../iso-time.js';
import { SUB_JOB } from './definition.js';
import { own } from './own.js';
import type { ProblemList } from './problem.js';
import { NODES } from './read-graph.js';

/**
 * Tells whether a node of the right shape has a deadline that is no time at all, or has passed, or
 * cannot be repeated as it says.
 *
 * @param now epoch milliseconds; without it nothing has passed
 */
export function checkTimes(
  node: unknown,
  index: number,
  now: number | undefined,
  problems: ProblemList,
): void {
  const deadline = own(node, 'deadline');
  if (deadline !== undefined) {
    checkDeadline(deadline, `${NODES}/${index}/deadline`, now, problems);
  }
  if (own(node, 'repeat') === undefined) return;
  const pointer = `${NODES}/${index}/repeat`;
  if (own(node, 'cache') !== undefined) {
    const message =
      'every round of a node with a cache would take the same result; leave out one of the two';
    problems.add(pointer, 'not_repeatable', message);
  }
  const type = own(node, 'type');
  if (WAITING_TYPES.has(String(type))) {
    const message = `a node of type ${String(type)} waits, and cannot be repeated; repeat the node that needs it`;
    problems.add(pointer, 'not_repeatable', message);
  }
}

/** What these nodes give comes of waiting, not of their attempt. */
const WAITING_TYPES: ReadonlySet<string> = new Set(['approval', 'signal', 'delay', SUB_JOB]);

/** The same of a deadline itself; what is no text is none of this. */
export function checkDeadline(
  given: unknown,
  pointer: string,
  now: number | undefined,
  problems: ProblemList,
): void {
  if (typeof given !== 'string') return;
  const at = parseIsoTime(given);
  if (at === undefined) {
    problems.add(
      pointer,
      'invalid_time',
      'is no point in time; give one as in 2030-01-31T06:00:00Z',
    );
  } else if (now !== undefined && at <= now) {
    problems.add(pointer, 'in_the_past', 'has passed already; give a time to come');
  }
}
