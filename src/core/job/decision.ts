import { planNode } from '../plan/plan-node.js';
import type { Plan } from '../plan/plan.js';
import type { Rejection } from './commands.js';
import type { Intent, JobEvent } from './events.js';
import type { JobState } from './job-state.js';

/** What a command comes to: facts and what must follow from them, or why it was refused. */
export type Decision =
  | { readonly ok: true; readonly events: readonly JobEvent[]; readonly intents: readonly Intent[] }
  | { readonly ok: false; readonly rejection: Rejection };

export function accept(events: readonly JobEvent[], intents: readonly Intent[] = []): Decision {
  return { ok: true, events, intents };
}

export function reject(code: Rejection['code'], message: string): Decision {
  return { ok: false, rejection: { code, message } };
}

export function idOf(plan: Plan, node: number): string {
  return planNode(plan, node).definition.id;
}

type Completed = Extract<JobEvent, { type: 'node_completed' }>;

export function completed(
  node: string,
  output: Completed['output'],
  cached?: Completed['cached'],
): JobEvent {
  return {
    type: 'node_completed',
    node,
    ...(output === undefined ? {} : { output }),
    ...(cached === undefined ? {} : { cached }),
  };
}

/** Has every live attempt ended, but for one node's. */
export function abortLive(plan: Plan, state: JobState, except?: number): Intent[] {
  const intents: Intent[] = [];
  for (const node of state.live) {
    if (node === except) continue;
    intents.push({ type: 'abort', node: idOf(plan, node), attempt: state.attempts[node] ?? 0 });
  }
  return intents;
}

/** A node fails for good by these events, and with it, where it is to fail fast, its job. */
export function failing(
  plan: Plan,
  state: JobState,
  node: number,
  events: readonly JobEvent[],
  intents: readonly Intent[] = [],
): Decision {
  if (plan.settings.onFailure !== 'fail_fast' || state.ending !== undefined) {
    return accept(events, intents);
  }
  return accept(
    [...events, { type: 'job_failing', node: idOf(plan, node) }],
    [...intents, ...abortLive(plan, state, node)],
  );
}
