import type { RepeatDefinition } from '../graph/definition.js';
import type { Json } from '../json.js';
import type { Plan } from '../plan/plan.js';
import type { AttemptError } from './attempt.js';
import type { RoundOutcome } from './commands.js';
import { deadlineOf, deadlinePassed } from './deadline.js';
import { accept, completed, failing, idOf, type Decision } from './decision.js';
import type { JobState } from './job-state.js';

/** The round that a node is in, from 1; a node that is not repeated is in its only one. */
export function iterationOf(state: JobState, node: number): number {
  return state.details.get(node)?.iteration ?? 1;
}

/** Attempts that the node has had in its present round, the live one included. */
export function attemptsOfRound(state: JobState, node: number): number {
  return (state.attempts[node] ?? 0) - (state.details.get(node)?.formerAttempts ?? 0);
}

/** What becomes of a node that is repeated when an attempt of it has completed. */
export function endRound(
  plan: Plan,
  state: JobState,
  node: number,
  { max, delay = 0, on_exhausted: onExhausted = 'fail' }: RepeatDefinition,
  round: { readonly outcome: RoundOutcome; readonly output?: Json | undefined },
  now: number,
): Decision {
  const id = idOf(plan, node);
  const { outcome, output } = round;
  if (outcome === true) return accept([completed(id, output)]);
  if (state.ending !== undefined) return accept([{ type: 'node_cancelled', node: id }]);
  const fails = (error: AttemptError): Decision =>
    failing(plan, state, node, [
      { type: 'node_failed', node: id, error, ...(output === undefined ? {} : { output }) },
    ]);
  if (outcome !== false) return fails(outcome);
  const iteration = iterationOf(state, node);
  if (iteration >= max) {
    return onExhausted === 'complete' ? accept([completed(id, output)]) : fails(exhausted(max));
  }
  const until = now + Math.round(delay * 1000);
  const deadline = deadlineOf(plan, state, node);
  if (deadline !== undefined && until >= deadline) return fails(deadlinePassed(deadline));
  return accept(
    [{ type: 'node_repeating', node: id, iteration: iteration + 1, until }],
    [{ type: 'timer', node: id, at: until }],
  );
}

function exhausted(max: number): AttemptError {
  return {
    class: 'assertion',
    code: 'repeat_exhausted',
    message: `The node ran ${max} times, and its output was never as repeat.until wants it. Allow more rounds (max), or a longer delay between them.`,
  };
}
