import { isRunByJob } from '../graph/definition.js';
import { planNode } from '../plan/plan-node.js';
import type { Plan } from '../plan/plan.js';
import { mayRetry } from '../retry/judge.js';
import { retryDelay } from '../retry/retry-delay.js';
import type { AttemptError, AttemptResult } from './attempt.js';
import { deadlineOf, lateError, missDeadline } from './deadline.js';
import { attemptsOfRound, endRound } from './repeat.js';
import { deadLetters } from './dead-letter.js';
import type { JobCommand, ReusedNode } from './commands.js';
import { abortLive, accept, completed, failing, idOf, reject, type Decision } from './decision.js';
import { consumeSignal, decideSteering, expire } from './decide-steering.js';
import type { Intent, JobEvent } from './events.js';
import type { JobState } from './job-state.js';
import { isTerminalJob, type TerminalJobStatus } from './status.js';
import { NODE_CODE } from './transitions.js';

/** Seconds; whoever asks for a longer wait is asked again after this. */
const LONGEST_RETRY_AFTER = 86_400;

/**
 * What a command makes of a job. Pure: reads the state, changes nothing, and takes time and
 * randomness as arguments.
 *
 * @param now epoch milliseconds
 */
export function decide(plan: Plan, state: JobState, command: JobCommand, now: number): Decision {
  switch (command.type) {
    case 'submit':
      return accept([{ type: 'job_submitted', by: command.by, nodes: plan.nodes.length }]);
    case 'start':
      return state.status === 'queued' && state.ending === undefined
        ? accept([{ type: 'job_started' }])
        : reject('not_queued', `The job is ${state.status}.`);
    case 'finish_attempt':
      return finishAttempt(plan, state, command, now);
    case 'end_child':
      return endChild(plan, state, command, now);
    case 'end_compensation':
      return state.status === 'compensating'
        ? accept([{ type: 'job_finished', status: 'failed', compensation: command.summary }])
        : reject('not_held', `The job is ${state.status}.`);
    case 'release':
      return releaseNode(plan, state, command.node);
    case 'cancel':
    case 'pause':
    case 'resume':
    case 'change_priority':
    case 'skip_node':
    case 'judge_node':
    case 'signal_node':
      return decideSteering(plan, state, command);
    case 'time_out':
      if (isTerminalJob(state.status) || state.ending !== undefined) {
        return reject('already_ending', 'The job is ending already.');
      }
      return accept(
        [
          {
            type: 'job_timed_out',
            ...(command.deadline === undefined ? {} : { deadline: command.deadline }),
          },
        ],
        abortLive(plan, state),
      );
    case 'miss_deadline':
      return missDeadline(plan, state, command.node, now);
    case 'judge_condition':
      return judgeCondition(plan, state, command);
    case 'reuse':
      return state.status === 'queued' && state.ending === undefined
        ? accept(command.nodes.flatMap((reused) => reuse(plan, state, reused)))
        : reject('not_queued', `The job is ${state.status}.`);
    case 'hand_over':
      if (isTerminalJob(state.status)) return reject('job_finished', 'The job has ended.');
      return command.forced || state.live.size === 0
        ? accept([{ type: 'job_handed_over', by: command.by }])
        : reject('attempts_live', 'Attempts of the job are live.');
    case 'advance':
      return state.ending === undefined
        ? advance(plan, state, command)
        : windDown(plan, state, command.limit);
  }
}

function finishAttempt(
  plan: Plan,
  state: JobState,
  command: Extract<JobCommand, { type: 'finish_attempt' }>,
  now: number,
): Decision {
  const { node, attempt, result } = command;
  if (!state.live.has(node) || state.attempts[node] !== attempt) {
    return reject('stale_attempt', `Attempt ${attempt} is not the live one.`);
  }
  const id = idOf(plan, node);
  if (result.status === 'completed') {
    const { repeat } = planNode(plan, node).definition;
    if (repeat === undefined) return accept([completed(id, result.output, result.cached)]);
    const round = { outcome: command.until ?? false, output: result.output };
    return endRound(plan, state, node, repeat, round, now);
  }
  const late = lateError(plan, state, node, result, now);
  // A job that was made for the node ends by the same deadline, and is waited for.
  if (late !== undefined && !(result.status === 'waiting' && result.awaits === 'job')) {
    const output = result.status === 'held' ? undefined : result.output;
    return failing(plan, state, node, [failedWith(id, late, output)]);
  }
  if (result.status === 'waiting') {
    // A job that was made for the node is waited for whatever happens: it is to be cancelled.
    if (state.ending !== undefined && result.awaits !== 'job') {
      return accept([{ type: 'node_cancelled', node: id }]);
    }
    return wait(state, node, id, result);
  }
  if (result.status === 'held') {
    if (state.ending !== undefined) return accept([{ type: 'node_cancelled', node: id }]);
    const { until, by } = result;
    return accept(
      [{ type: 'node_held', node: id, until, held_by: by }],
      [{ type: 'timer', node: id, at: until }],
    );
  }
  if (result.error.class === 'cancelled') return accept([{ type: 'node_cancelled', node: id }]);
  return failAttempt(plan, state, node, result, command.random, now);
}

function endChild(
  plan: Plan,
  state: JobState,
  { node, child, result, random }: Extract<JobCommand, { type: 'end_child' }>,
  now: number,
): Decision {
  const id = idOf(plan, node);
  if (!state.children.has(node) || state.details.get(node)?.child !== child) {
    return reject('not_held', `Node ${id} does not wait for job ${child}.`);
  }
  if (state.ending !== undefined) return accept([{ type: 'node_cancelled', node: id }]);
  const resumed: JobEvent = { type: 'node_resumed', node: id };
  if (result.status === 'completed') return accept([resumed, completed(id, result.output)]);
  const late = lateError(plan, state, node, result, now);
  if (late !== undefined) {
    return failing(plan, state, node, [resumed, failedWith(id, late, result.output)]);
  }
  const decision = failAttempt(plan, state, node, result, random, now);
  return decision.ok ? accept([resumed, ...decision.events], decision.intents) : decision;
}

/** What becomes of a node of which an attempt has failed: another attempt, or none. */
function failAttempt(
  plan: Plan,
  state: JobState,
  node: number,
  { error, output, retryAfter }: Extract<AttemptResult, { status: 'failed' }>,
  random: number,
  now: number,
): Decision {
  const retried =
    state.ending === undefined
      ? retry(plan, state, node, error, { random, retryAfter }, now)
      : undefined;
  if (retried !== undefined) return retried;
  const failed = failedWith(idOf(plan, node), error, output);
  const { definition } = planNode(plan, node);
  // Of a node that is run by a job, that one's nodes are the letters.
  const letters = isRunByJob(definition)
    ? []
    : deadLetters(
        planNode(plan, node),
        state.attempts[node] ?? 0,
        error,
        attemptsOfRound(state, node),
      );
  return failing(plan, state, node, [failed], letters);
}

function failedWith(node: string, error: AttemptError, output: AttemptResult['output']): JobEvent {
  return { type: 'node_failed', node, error, ...(output === undefined ? {} : { output }) };
}

function wait(
  state: JobState,
  node: number,
  id: string,
  { until, awaits, onExpiry, child, output }: Extract<AttemptResult, { status: 'waiting' }>,
): Decision {
  const waiting: JobEvent = {
    type: 'node_waiting',
    node: id,
    ...(until === undefined ? {} : { until }),
    ...(awaits === undefined ? {} : { awaits }),
    ...(onExpiry === undefined ? {} : { on_expiry: onExpiry }),
    ...(child === undefined ? {} : { child }),
    ...(output === undefined ? {} : { output }),
  };
  const signal = state.details.get(node)?.signal;
  if (awaits === 'signal' && signal !== undefined) {
    return accept([waiting, ...consumeSignal(id, signal)]);
  }
  return accept([waiting], until === undefined ? [] : [{ type: 'timer', node: id, at: until }]);
}

function retry(
  plan: Plan,
  state: JobState,
  node: number,
  error: AttemptError,
  { random, retryAfter = 0 }: { readonly random: number; readonly retryAfter: number | undefined },
  now: number,
): Decision | undefined {
  const policy = planNode(plan, node).retry;
  const attempts = attemptsOfRound(state, node);
  if (!mayRetry(error, policy, attempts)) return undefined;
  const wanted = retryDelay(policy, attempts, random, state.details.get(node)?.delay);
  const delay = Math.max(wanted, Math.min(retryAfter, LONGEST_RETRY_AFTER));
  const until = now + Math.round(delay * 1000);
  const deadline = deadlineOf(plan, state, node);
  if (deadline !== undefined && until >= deadline) return undefined;
  const id = idOf(plan, node);
  return accept(
    [{ type: 'node_retrying', node: id, error, until, delay }],
    [{ type: 'timer', node: id, at: until }],
  );
}

function judgeCondition(
  plan: Plan,
  state: JobState,
  { node, outcome }: Extract<JobCommand, { type: 'judge_condition' }>,
): Decision {
  const id = idOf(plan, node);
  if (!state.undecided.has(node)) {
    return reject('not_held', `Node ${id} does not wait for its condition.`);
  }
  if (outcome === 'run') return accept([{ type: 'node_admitted', node: id }]);
  if (outcome === 'skip') {
    return accept([{ type: 'node_skipped', node: id, reason: 'condition_false' }]);
  }
  return failing(plan, state, node, [{ type: 'node_failed', node: id, error: outcome }]);
}

/** What was kept by a commit before is not kept twice. */
function reuse(plan: Plan, state: JobState, { node, output, skipped }: ReusedNode): JobEvent[] {
  const status = state.nodeStatus[node];
  if (status !== NODE_CODE.pending && status !== NODE_CODE.ready) return [];
  const id = idOf(plan, node);
  if (skipped !== undefined) return [{ type: 'node_skipped', node: id, reason: skipped }];
  return [{ type: 'node_reused', node: id, ...(output === undefined ? {} : { output }) }];
}

function releaseNode(plan: Plan, state: JobState, node: number): Decision {
  const id = idOf(plan, node);
  if (state.nodeStatus[node] === NODE_CODE.retrying) {
    return accept([{ type: 'node_ready', node: id }]);
  }
  if (state.nodeStatus[node] === NODE_CODE.waiting) {
    const { awaits, output } = state.details.get(node) ?? {};
    if (awaits !== undefined) return expire(plan, state, node);
    return accept([{ type: 'node_resumed', node: id }, completed(id, output)]);
  }
  return reject('not_held', `Node ${id} is not held by a timer.`);
}

function advance(
  plan: Plan,
  state: JobState,
  { slots, limit, granted }: Extract<JobCommand, { type: 'advance' }>,
): Decision {
  const events: JobEvent[] = [];
  const intents: Intent[] = [];
  if (state.status !== 'running') return accept(events);
  for (const [node, reason] of state.toSkip) {
    if (events.length >= limit) return accept(events);
    events.push({ type: 'node_skipped', node: idOf(plan, node), reason });
  }
  let free = Math.min(slots, plan.settings.concurrency - state.live.size, limit - events.length);
  const start = (node: number): void => {
    const id = idOf(plan, node);
    const unbegun = state.details.get(node)?.heldBy !== undefined;
    const attempt = (state.attempts[node] ?? 0) + (unbegun ? 0 : 1);
    events.push({ type: 'node_started', node: id, attempt });
    intents.push({ type: 'dispatch', node: id, attempt });
    free--;
  };
  // Others may be waiting for the keys that these hold.
  if (granted !== undefined) {
    for (const node of granted) {
      if (free > 0 && state.nodeStatus[node] === NODE_CODE.ready) start(node);
    }
  }
  if (free > 0 && state.ready.size > 0) state.ready.peek(free).forEach(start);
  if (events.length === 0 && everyNodeEnded(plan, state)) {
    events.push(end(plan, state, state.anyFailed ? 'failed' : 'completed'));
  }
  return accept(events, intents);
}

/** The job is to end: what is held is cancelled, live attempts are waited for, the rest never runs. */
function windDown(plan: Plan, state: JobState, limit: number): Decision {
  const ending = state.ending as TerminalJobStatus;
  if (isTerminalJob(state.status) || state.status === 'compensating') return accept([]);
  const events: JobEvent[] = [];
  for (const node of state.held) {
    if (events.length >= limit) return accept(events);
    if (state.children.has(node)) continue;
    events.push({ type: 'node_cancelled', node: idOf(plan, node) });
  }
  if (events.length === 0 && state.live.size === 0 && state.children.size === 0) {
    events.push(end(plan, state, ending));
  }
  return accept(events);
}

/** A job that fails ends when what can be undone of it has been. */
function end(plan: Plan, state: JobState, status: TerminalJobStatus): JobEvent {
  const compensates =
    status === 'failed' &&
    plan.nodes.some(
      ({ definition }, node) =>
        definition.compensate !== undefined && state.nodeStatus[node] === NODE_CODE.completed,
    );
  return compensates ? { type: 'job_compensating' } : { type: 'job_finished', status };
}

function everyNodeEnded(plan: Plan, state: JobState): boolean {
  const ended =
    (state.counts[NODE_CODE.completed] ?? 0) +
    (state.counts[NODE_CODE.failed] ?? 0) +
    (state.counts[NODE_CODE.skipped] ?? 0) +
    (state.counts[NODE_CODE.cancelled] ?? 0);
  return ended === plan.nodes.length;
}
