import type { AttemptError, ErrorClass } from '../../src/core/job/attempt.js';
import type { DeadLetterIntent } from '../../src/core/job/events.js';
import type { NodeProjection } from '../../src/core/job/job-record.js';
import type { StoreCommit } from './store-job.js';

export interface DeadNodes extends Partial<DeadLetterIntent> {
  readonly errorClass?: ErrorClass;
  readonly at?: number;
}

export const DEAD: AttemptError = {
  class: 'exit_code',
  code: 'process_exit',
  message: 'exit 1',
  details: { at: 7 },
};

/** A commit in which nodes of a job use up their attempts. */
export function failing(
  nodes: readonly number[],
  { errorClass = 'exit_code', at, ...intent }: DeadNodes = {},
): StoreCommit {
  const error = { ...DEAD, class: errorClass };
  return {
    status: 'running',
    nodes: nodes.map((index): NodeProjection => ({ index, status: 'failed', attempt: 3, error })),
    events: nodes.map((index) => ({ type: 'node_failed', node: `n${index}`, error })),
    intents: nodes.map((index) => ({
      type: 'dead_letter',
      node: `n${index}`,
      attempt: 3,
      node_type: 'noop',
      ...intent,
    })),
    ...(at === undefined ? {} : { at }),
  };
}
