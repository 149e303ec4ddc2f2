import { planNode } from '../plan/plan-node.js';
import type { Plan } from '../plan/plan.js';
import type { AttemptError } from './attempt.js';
import type { SteeringCommand } from './commands.js';
import { abortLive, accept, completed, failing, idOf, reject, type Decision } from './decision.js';
import type { JobEvent } from './events.js';
import type { JobState } from './job-state.js';
import { isTerminalJob, isTerminalNode, NODE_STATUSES } from './status.js';
import { NODE_CODE } from './transitions.js';

type NodeCommand = Extract<SteeringCommand, { readonly node: number }>;
type Of<T extends SteeringCommand['type']> = Extract<SteeringCommand, { type: T }>;

/** What becomes of what people ask of a job. Refused, with the reason, where it makes no sense. */
export function decideSteering(plan: Plan, state: JobState, command: SteeringCommand): Decision {
  if (isTerminalJob(state.status)) {
    return reject('job_finished', `The job is ${state.status} already.`);
  }
  if (state.ending !== undefined) return reject('already_ending', 'The job is ending already.');
  switch (command.type) {
    case 'cancel':
      return cancel(plan, state, command);
    case 'pause':
      return state.status === 'running'
        ? accept([{ type: 'job_paused', by: command.by }])
        : reject('not_running', `The job is ${state.status}; only a running job can be paused.`);
    case 'resume':
      return state.status === 'paused'
        ? accept([{ type: 'job_resumed', by: command.by }])
        : reject('not_paused', `The job is ${state.status}; only a paused job can be resumed.`);
    case 'change_priority':
      return changePriority(plan, state, command);
    case 'skip_node':
    case 'judge_node':
    case 'signal_node':
      return steerNode(plan, state, command);
  }
}

/** What becomes of a node whose wait for somebody is over in vain. */
export function expire(plan: Plan, state: JobState, node: number): Decision {
  const { awaits, onExpiry, output } = state.details.get(node) ?? {};
  const id = idOf(plan, node);
  const resumed: JobEvent = { type: 'node_resumed', node: id };
  if (onExpiry === 'complete') {
    return accept([resumed, completed(id, output ?? { expired: true })]);
  }
  return failed(plan, state, node, {
    class: 'timeout',
    code: awaits === 'approval' ? 'approval_expired' : 'signal_expired',
    message:
      awaits === 'approval'
        ? 'Nobody approved or rejected it in time. Ask for more time (timeout), or say what is to happen then (on_expiry).'
        : 'The signal did not come in time. Give it more time (timeout), or say what is to happen then (on_expiry).',
  });
}

/** The events that end a wait for a signal which has come. */
export function consumeSignal(
  id: string,
  signal: { readonly by: string; readonly payload?: unknown },
): JobEvent[] {
  return [{ type: 'node_resumed', node: id }, completed(id, signalOutput(signal))];
}

function cancel(plan: Plan, state: JobState, { by, reason }: Of<'cancel'>): Decision {
  const asked: JobEvent = {
    type: 'job_cancel_requested',
    by,
    ...(reason === undefined ? {} : { reason }),
  };
  return accept([asked], abortLive(plan, state));
}

/** To ask for what is so already changes nothing. */
function changePriority(
  plan: Plan,
  state: JobState,
  { by, priority }: Of<'change_priority'>,
): Decision {
  return priority === (state.priority ?? plan.settings.priority)
    ? accept([])
    : accept([{ type: 'job_priority_changed', by, priority }]);
}

function steerNode(plan: Plan, state: JobState, command: NodeCommand): Decision {
  const { node } = command;
  const status = NODE_STATUSES[state.nodeStatus[node] ?? 0] ?? 'pending';
  const id = idOf(plan, node);
  if (isTerminalNode(status)) return reject('node_ended', `Node ${id} is ${status} already.`);
  switch (command.type) {
    case 'skip_node':
      if (status === 'running') {
        return reject(
          'attempts_live',
          `Node ${id} is running; it can be skipped before it starts.`,
        );
      }
      if (state.children.has(node)) {
        const child = state.details.get(node)?.child ?? '';
        return reject(
          'attempts_live',
          `Node ${id} runs as job ${child}; cancel that job to end it.`,
        );
      }
      return accept([
        { type: 'node_skipped', node: id, reason: 'skipped_by_user', by: command.by },
      ]);
    case 'judge_node':
      return status === 'waiting' && state.details.get(node)?.awaits === 'approval'
        ? judge(plan, state, command)
        : reject('not_awaiting', `Node ${id} is ${status} and does not wait for an approval.`);
    case 'signal_node':
      return signal(plan, state, command);
  }
}

function judge(
  plan: Plan,
  state: JobState,
  { node, approved, by, comment }: Of<'judge_node'>,
): Decision {
  const id = idOf(plan, node);
  const said = { by, ...(comment === undefined ? {} : { comment }) };
  if (approved) {
    return accept([
      { type: 'node_approved', node: id, ...said },
      { type: 'node_resumed', node: id },
      completed(id, { approved: true, ...said }),
    ]);
  }
  const rejected: JobEvent = { type: 'node_rejected', node: id, ...said };
  const decision = failed(plan, state, node, {
    class: 'non_retryable',
    code: 'approval_rejected',
    message: comment === undefined ? `Rejected by ${by}.` : `Rejected by ${by}: ${comment}`,
  });
  return decision.ok ? accept([rejected, ...decision.events], decision.intents) : decision;
}

function signal(plan: Plan, state: JobState, { node, by, payload }: Of<'signal_node'>): Decision {
  const { definition } = planNode(plan, node);
  const details = state.details.get(node);
  const id = definition.id;
  if (definition.type !== 'signal') {
    return reject('not_awaiting', `Node ${id} is of type ${definition.type} and takes no signal.`);
  }
  if (details?.signal !== undefined) {
    return reject('signalled_already', `Node ${id} has had its signal, from ${details.signal.by}.`);
  }
  const said = { by, ...(payload === undefined ? {} : { payload }) };
  const arrived: JobEvent = { type: 'node_signalled', node: id, ...said };
  return state.nodeStatus[node] === NODE_CODE.waiting
    ? accept([arrived, ...consumeSignal(id, said)])
    : accept([arrived]);
}

/** A node that waited fails for good. */
function failed(plan: Plan, state: JobState, node: number, error: AttemptError): Decision {
  const id = idOf(plan, node);
  return failing(plan, state, node, [
    { type: 'node_resumed', node: id },
    { type: 'node_failed', node: id, error },
  ]);
}

function signalOutput({ by, payload }: { readonly by: string; readonly payload?: unknown }) {
  return { by, ...(payload === undefined ? {} : { payload: payload as never }) };
}
