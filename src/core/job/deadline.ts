import { nodeDeadline } from '../plan/deadlines.js';
import { planNode } from '../plan/plan-node.js';
import type { Plan } from '../plan/plan.js';
import type { Json } from '../json.js';
import type { AttemptError, AttemptResult, HeldAttempt } from './attempt.js';
import { failing, idOf, reject, type Decision } from './decision.js';
import type { JobEvent } from './events.js';
import type { JobState } from './job-state.js';
import { isTerminalJob, isTerminalNode, NODE_STATUSES } from './status.js';

/** By when a node is to have ended, in epoch milliseconds, where it says so and its job has started. */
export function deadlineOf(plan: Plan, state: JobState, node: number): number | undefined {
  const { definition } = planNode(plan, node);
  if (definition.deadline === undefined) return undefined;
  return state.startedAt === undefined ? undefined : nodeDeadline(definition, state.startedAt);
}

/** What a node fails with whose attempt ends after its deadline, unless its job is ending anyhow. */
export function lateError(
  plan: Plan,
  state: JobState,
  node: number,
  result: AttemptResult | HeldAttempt,
  now: number,
): AttemptError | undefined {
  const deadline = deadlineOf(plan, state, node);
  if (deadline === undefined || now < deadline || state.ending !== undefined) return undefined;
  return deadlinePassed(deadline, result.status === 'failed' ? result.error : undefined);
}

/** A node whose deadline has passed fails, unless an attempt of it is live: that is aborted first. */
export function missDeadline(plan: Plan, state: JobState, node: number, now: number): Decision {
  const id = idOf(plan, node);
  if (isTerminalJob(state.status)) return reject('job_finished', 'The job has ended.');
  if (state.ending !== undefined) return reject('already_ending', 'The job is ending already.');
  const status = NODE_STATUSES[state.nodeStatus[node] ?? 0] ?? 'pending';
  if (isTerminalNode(status)) return reject('node_ended', `Node ${id} is ${status} already.`);
  if (status === 'running' || state.children.has(node)) {
    return reject('attempts_live', `Node ${id} is running.`);
  }
  const deadline = deadlineOf(plan, state, node);
  if (deadline === undefined || now < deadline) {
    return reject('not_held', `The deadline of node ${id} has not passed.`);
  }
  const failed: JobEvent = { type: 'node_failed', node: id, error: deadlinePassed(deadline) };
  const resumed: JobEvent[] = status === 'waiting' ? [{ type: 'node_resumed', node: id }] : [];
  return failing(plan, state, node, [...resumed, failed]);
}

/** @param last what the attempt failed with that the deadline cut short, if it says more than that */
export function deadlinePassed(deadline: number, last?: AttemptError): AttemptError {
  const at = new Date(deadline).toISOString();
  return {
    class: 'timeout',
    code: 'deadline_passed',
    message: `The node had not ended by its deadline, ${at}. Give it a later one, or see what it waited for.`,
    ...(last === undefined || last.code === 'attempt_timed_out'
      ? {}
      : { details: { last_error: last as unknown as Json } }),
  };
}
