import { concurrencyKeyOf } from '../graph/concurrency-key.js';
import { isRunByJob } from '../graph/definition.js';
import { planNode } from '../plan/plan-node.js';
import type { Plan } from '../plan/plan.js';
import type { AttemptSummary } from './attempt.js';
import type { JobEvent, NodeEvent } from './events.js';
import type { JobState, NodeDetails } from './job-state.js';
import { hasFailedItself } from './project.js';
import { NODE_STATUSES, type JobStatus } from './status.js';
import { IllegalTransition, mayMoveJob, mayMoveNode, NODE_CODE } from './transitions.js';
import { judgeTrigger, ruleInForce } from './trigger.js';

/**
 * Applies one committed or about to be committed event to a job's state, in place: the state has
 * one owner. What follows from an event by the plan alone (a successor becoming ready) is derived
 * here; everything that was chosen is an event of its own. Costs the node's degree.
 *
 * @param at epoch milliseconds of the commit
 * @throws IllegalTransition when the tables do not have the move
 */
export function evolve(plan: Plan, state: JobState, event: JobEvent, at: number): void {
  switch (event.type) {
    // Who drives a job changes nothing about it; the record alone fences others off.
    case 'job_submitted':
    case 'job_taken':
    case 'job_handed_over':
      return;
    case 'job_started':
      moveJob(state, 'running');
      state.startedAt = at;
      return;
    case 'job_cancel_requested':
      state.ending = 'cancelled';
      state.reason = event.reason ?? `Cancelled by ${event.by}.`;
      if (state.status !== 'queued') moveJob(state, 'cancelling');
      return;
    case 'job_paused':
      moveJob(state, 'paused');
      return;
    case 'job_resumed':
      moveJob(state, 'running');
      return;
    case 'job_priority_changed':
      state.priority = event.priority;
      return;
    case 'job_timed_out':
      state.ending = 'timed_out';
      state.reason =
        event.deadline === undefined
          ? `The job did not end within its ${plan.settings.timeout} s.`
          : `The job did not end by its deadline, ${new Date(event.deadline).toISOString()}.`;
      return;
    case 'job_failing':
      state.ending = 'failed';
      state.reason = `Node ${event.node} failed, and the job is to fail fast.`;
      return;
    case 'job_compensating':
      moveJob(state, 'compensating');
      state.ending = 'failed';
      return;
    case 'job_finished':
      moveJob(state, event.status);
      state.finishedAt = at;
      if (event.compensation !== undefined) {
        state.reason = [
          ...(state.reason === undefined ? [] : [state.reason]),
          event.compensation,
        ].join(' ');
      }
      finishRemainingNodes(state);
      return;
    default:
      evolveNode(plan, state, event, at);
  }
}

/** Moves a pending node on when its trigger rule has been decided. */
export function settleNode(plan: Plan, state: JobState, node: number): void {
  if (state.nodeStatus[node] !== NODE_CODE.pending || state.toSkip.has(node)) return;
  const { definition, triggerRule } = planNode(plan, node);
  const verdict = judgeTrigger(ruleInForce(triggerRule, plan.settings.onFailure), {
    total: plan.dependencyCount[node] ?? 0,
    succeeded: state.succeededDeps[node] ?? 0,
    failed: state.failedDeps[node] ?? 0,
    skipped: state.skippedDeps[node] ?? 0,
  });
  if (verdict === 'wait') return;
  if (verdict === 'run') {
    moveNode(state, node, NODE_CODE.ready);
    state.freshReady++;
    if (definition.when === undefined) queue(plan, state, node);
    else state.undecided.add(node);
  } else {
    state.toSkip.set(node, verdict);
  }
}

function evolveNode(plan: Plan, state: JobState, event: NodeEvent, at: number): void {
  const node = plan.indexOf.get(event.node);
  if (node === undefined) throw new IllegalTransition(`Node ${event.node}`, 'nowhere', event.type);
  switch (event.type) {
    case 'node_started':
      if (state.attempts[node] === 0) {
        state.freshReady--;
        const { definition } = planNode(plan, node);
        if (definition.repeat !== undefined && !isRunByJob(definition)) {
          detailsOf(state, node).iteration = 1;
        }
      }
      moveNode(state, node, NODE_CODE.running);
      unqueue(plan, state, node);
      state.attempts[node] = event.attempt;
      state.nodeStartedAt[node] = at;
      state.held.delete(node);
      state.live.add(node);
      delete state.details.get(node)?.heldBy;
      return;
    case 'node_held': {
      moveNode(state, node, NODE_CODE.retrying);
      state.live.delete(node);
      state.held.add(node);
      const details = detailsOf(state, node);
      details.until = event.until;
      details.heldBy = event.held_by;
      return;
    }
    case 'node_completed':
      endAttempt(state, node, { status: 'completed', finished_at: at });
      moveNode(state, node, NODE_CODE.completed);
      tellSuccessors(plan, state, node, state.succeededDeps);
      return;
    case 'node_admitted':
      state.undecided.delete(node);
      queue(plan, state, node);
      return;
    case 'node_reused':
      leaveQueues(plan, state, node);
      moveNode(state, node, NODE_CODE.completed);
      tellSuccessors(plan, state, node, state.succeededDeps);
      return;
    case 'node_failed':
      // A node fails without an attempt when its condition cannot be judged, or its deadline passes.
      if (state.nodeStatus[node] === NODE_CODE.running) {
        endAttempt(state, node, { status: 'failed', finished_at: at, error: event.error });
      } else {
        leaveQueues(plan, state, node);
        state.toSkip.delete(node);
      }
      moveNode(state, node, NODE_CODE.failed);
      state.anyFailed = true;
      tellSuccessors(plan, state, node, state.failedDeps);
      return;
    case 'node_retrying': {
      endAttempt(state, node, { status: 'failed', finished_at: at, error: event.error });
      moveNode(state, node, NODE_CODE.retrying);
      state.held.add(node);
      const details = detailsOf(state, node);
      details.until = event.until;
      details.delay = event.delay;
      return;
    }
    case 'node_repeating':
      beginRound(state, node, event);
      return;
    case 'node_ready':
      moveNode(state, node, NODE_CODE.ready);
      clearUntil(state, node);
      queue(plan, state, node);
      return;
    case 'node_waiting': {
      moveNode(state, node, NODE_CODE.waiting);
      state.live.delete(node);
      state.held.add(node);
      const details = detailsOf(state, node);
      if (event.until !== undefined) details.until = event.until;
      if (event.output !== undefined) details.output = event.output;
      if (event.awaits !== undefined) details.awaits = event.awaits;
      if (event.on_expiry !== undefined) details.onExpiry = event.on_expiry;
      if (event.child !== undefined) {
        details.child = event.child;
        state.children.add(node);
      }
      return;
    }
    case 'node_approved':
    case 'node_rejected':
      return;
    case 'node_signalled': {
      const { by, payload } = event;
      detailsOf(state, node).signal = { by, ...(payload === undefined ? {} : { payload }) };
      return;
    }
    case 'node_resumed':
      moveNode(state, node, NODE_CODE.running);
      clearUntil(state, node);
      state.held.delete(node);
      state.children.delete(node);
      state.live.add(node);
      return;
    case 'node_skipped':
      leaveQueues(plan, state, node);
      moveNode(state, node, NODE_CODE.skipped);
      state.toSkip.delete(node);
      tellSuccessors(
        plan,
        state,
        node,
        event.reason === 'upstream_failed' ? state.failedDeps : state.skippedDeps,
      );
      return;
    case 'node_cancelled': {
      if (state.nodeStatus[node] === NODE_CODE.running)
        endAttempt(state, node, { status: 'cancelled', finished_at: at });
      leaveQueues(plan, state, node);
      moveNode(state, node, NODE_CODE.cancelled);
      return;
    }
  }
}

/** The history of the rounds before is in the journal alone: it would grow with every round. */
function beginRound(
  state: JobState,
  node: number,
  { iteration, until }: Extract<NodeEvent, { type: 'node_repeating' }>,
): void {
  state.live.delete(node);
  moveNode(state, node, NODE_CODE.retrying);
  state.held.add(node);
  const details = detailsOf(state, node);
  if (hasFailedItself(details.history ?? [])) details.failedBefore = true;
  delete details.history;
  delete details.delay;
  details.iteration = iteration;
  details.formerAttempts = state.attempts[node] ?? 0;
  details.until = until;
}

/** Drops what is kept of a node only until it has ended and been projected. */
export function forgetDetails(state: JobState, node: number): void {
  state.details.delete(node);
}

/** Lines a node up among those that may start, or that may with a concurrency key. */
function queue(plan: Plan, state: JobState, node: number): void {
  const { definition, priority } = planNode(plan, node);
  const key = concurrencyKeyOf(definition);
  if (key === undefined) state.ready.push(node, priority);
  else state.keyed.push(node, key.key, priority);
}

function unqueue(plan: Plan, state: JobState, node: number): void {
  const { definition, priority } = planNode(plan, node);
  const key = concurrencyKeyOf(definition);
  if (key === undefined) state.ready.remove(node);
  else state.keyed.remove(node, key.key, priority);
}

/** Takes a node that will not run out of what is ready and what is held. */
function leaveQueues(plan: Plan, state: JobState, node: number): void {
  if (state.nodeStatus[node] === NODE_CODE.ready) {
    if (!state.undecided.delete(node)) unqueue(plan, state, node);
    if (state.attempts[node] === 0) state.freshReady--;
  }
  clearUntil(state, node);
  state.held.delete(node);
  state.children.delete(node);
}

function moveJob(state: JobState, to: JobStatus): void {
  if (!mayMoveJob(state.status, to)) throw new IllegalTransition('A job', state.status, to);
  state.status = to;
}

function moveNode(state: JobState, node: number, to: number): void {
  const from = state.nodeStatus[node] ?? 0;
  if (!mayMoveNode(from, to)) {
    throw new IllegalTransition(
      `Node ${node}`,
      NODE_STATUSES[from] ?? '?',
      NODE_STATUSES[to] ?? '?',
    );
  }
  state.nodeStatus[node] = to;
  state.counts[from] = (state.counts[from] ?? 0) - 1;
  state.counts[to] = (state.counts[to] ?? 0) + 1;
}

function endAttempt(
  state: JobState,
  node: number,
  end: Omit<AttemptSummary, 'attempt' | 'started_at'>,
): void {
  state.live.delete(node);
  const attempt = state.attempts[node] ?? 0;
  // A first attempt that did not fail is told in full by the node itself.
  if (attempt === 1 && end.status !== 'failed') return;
  const details = detailsOf(state, node);
  (details.history ??= []).push({ attempt, started_at: state.nodeStartedAt[node] ?? 0, ...end });
}

function clearUntil(state: JobState, node: number): void {
  const details = state.details.get(node);
  if (details !== undefined) delete details.until;
}

function tellSuccessors(plan: Plan, state: JobState, node: number, tally: Int32Array): void {
  const { offsets, targets } = plan.successors;
  const end = offsets[node + 1] ?? 0;
  for (let at = offsets[node] ?? 0; at < end; at++) {
    const successor = targets[at] as number;
    tally[successor] = (tally[successor] ?? 0) + 1;
    settleNode(plan, state, successor);
  }
}

/** When a job ends before its nodes have, those that never ran end with it; one pass over the job. */
function finishRemainingNodes(state: JobState): void {
  const cancelled = NODE_CODE.cancelled;
  const idle = (state.counts[NODE_CODE.pending] ?? 0) + (state.counts[NODE_CODE.ready] ?? 0);
  if (idle === 0) return;
  state.nodeStatus.forEach((status, node) => {
    if (status === NODE_CODE.pending || status === NODE_CODE.ready) {
      moveNode(state, node, cancelled);
    }
  });
  state.freshReady = 0;
  state.toSkip.clear();
  state.undecided.clear();
}

function detailsOf(state: JobState, node: number): NodeDetails {
  let details = state.details.get(node);
  if (details === undefined) {
    details = {};
    state.details.set(node, details);
  }
  return details;
}
