import { parseIsoTime } from '../iso-time.js';
import { SUB_JOB } from './definition.js';
import { own } from './own.js';
import type { ProblemList } from './problem.js';

const NODES_PER_STEP = 1024;

/**
 * Tells which deadlines are no time at all, or have passed, and which nodes can neither wait nor be
 * repeated in that way. Expects a document of the right shape.
 *
 * @param now epoch milliseconds; without it nothing has passed
 */
export function* checkTimesSteps(
  input: unknown,
  now: number | undefined,
  problems: ProblemList,
): Generator<void, void> {
  checkDeadline(own(input, 'deadline'), '/deadline', now, problems);
  const nodes = own(own(input, 'dag_definition'), 'nodes') as readonly unknown[];
  for (const [index, node] of nodes.entries()) {
    if (index % NODES_PER_STEP === NODES_PER_STEP - 1) yield;
    const pointer = `/dag_definition/nodes/${index}`;
    checkDeadline(own(node, 'deadline'), `${pointer}/deadline`, now, problems);
    if (own(node, 'repeat') === undefined) continue;
    if (own(node, 'cache') !== undefined) {
      const message =
        'every round of a node with a cache would take the same result; leave out one of the two';
      problems.add(`${pointer}/repeat`, 'not_repeatable', message);
    }
    const type = own(node, 'type');
    if (WAITING_TYPES.has(String(type))) {
      const message = `a node of type ${String(type)} waits, and cannot be repeated; repeat the node that needs it`;
      problems.add(`${pointer}/repeat`, 'not_repeatable', message);
    }
  }
}

/** What these nodes give comes of waiting, not of their attempt. */
const WAITING_TYPES: ReadonlySet<string> = new Set(['approval', 'signal', 'delay', SUB_JOB]);

function checkDeadline(
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
