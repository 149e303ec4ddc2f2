import type { Plan } from '../plan/plan.js';
import type { JobCommand, Rejection } from './commands.js';
import { decide } from './decide.js';
import { evolve, forgetDetails } from './evolve.js';
import type { Intent, JobEvent, NodeEvent } from './events.js';
import type { NodeProjection } from './job-record.js';
import type { JobState } from './job-state.js';
import { projectNode } from './project.js';
import { isTerminalNode, NODE_STATUSES } from './status.js';

/** What one commit of a job will say, and what the store shall show of it. */
export interface Step {
  readonly events: readonly JobEvent[];
  readonly intents: readonly Intent[];
  readonly nodes: readonly NodeProjection[];
  /** Why commands were refused, by their place in `commands`. */
  readonly rejections: ReadonlyMap<number, Rejection>;
  /** There is more to do than one commit may hold: take another step after this one. */
  readonly more: boolean;
}

export interface StepLimits {
  /** Attempts that may be started. */
  readonly slots: number;
  /** Events a commit may hold, about. */
  readonly events: number;
  /** Nodes that hold the concurrency key that they need. */
  readonly granted?: ReadonlySet<number> | undefined;
}

/**
 * Takes a job as far as commands and limits allow, in one commit: decides, evolves, and goes on
 * with what that made possible. The state is ahead of the journal until the commit is durable; it
 * is thrown away when the commit meets a conflict.
 *
 * @param now epoch milliseconds
 */
export function step(
  plan: Plan,
  state: JobState,
  commands: readonly JobCommand[],
  now: number,
  limits: StepLimits,
): Step {
  const events: JobEvent[] = [];
  const intents: Intent[] = [];
  const rejections = new Map<number, Rejection>();
  state.updatedAt = Math.max(now, state.updatedAt);

  const apply = (command: JobCommand, place: number): number => {
    const decision = decide(plan, state, command, state.updatedAt);
    if (!decision.ok) {
      rejections.set(place, decision.rejection);
      return 0;
    }
    for (const event of decision.events) {
      evolve(plan, state, event, state.updatedAt);
      events.push(event);
    }
    intents.push(...decision.intents);
    return decision.events.length;
  };

  commands.forEach(apply);
  let slots = limits.slots;
  let more = false;
  for (;;) {
    const limit = limits.events - events.length;
    if (limit <= 0) {
      more = true;
      break;
    }
    const before = state.live.size;
    if (apply({ type: 'advance', slots, limit, granted: limits.granted }, -1) === 0) break;
    slots -= state.live.size - before;
  }
  if (events.length > 0) state.version++;
  return { events, intents, nodes: projectChanged(plan, state, events), rejections, more };
}

/** Brings a state up to date with a record of the journal. */
export function replay(
  plan: Plan,
  state: JobState,
  record: { readonly version: number; readonly at: number; readonly events: readonly JobEvent[] },
): void {
  for (const event of record.events) evolve(plan, state, event, record.at);
  state.version = record.version;
  state.updatedAt = record.at;
  for (const event of record.events) {
    if (!('node' in event)) continue;
    const node = plan.indexOf.get(event.node);
    if (node !== undefined && hasEnded(state, node)) forgetDetails(state, node);
  }
}

/** As {@link replay}; answers what the store was to show of the nodes that the record moved. */
export function replayNodes(
  plan: Plan,
  state: JobState,
  record: { readonly version: number; readonly at: number; readonly events: readonly JobEvent[] },
): readonly NodeProjection[] {
  for (const event of record.events) evolve(plan, state, event, record.at);
  state.version = record.version;
  state.updatedAt = record.at;
  return projectChanged(plan, state, record.events);
}

function projectChanged(
  plan: Plan,
  state: JobState,
  events: readonly JobEvent[],
): NodeProjection[] {
  const last = new Map<number, NodeEvent>();
  for (const event of events) {
    if (!('node' in event) || event.type === 'job_failing') continue;
    // Of a node that has not started there is nothing to show.
    if (event.type === 'node_signalled' || event.type === 'node_admitted') continue;
    last.set(plan.indexOf.get(event.node) as number, event);
  }
  const nodes: NodeProjection[] = [];
  for (const [node, event] of last) {
    nodes.push(projectNode(state, node, event));
    if (hasEnded(state, node)) forgetDetails(state, node);
  }
  return nodes;
}

function hasEnded(state: JobState, node: number): boolean {
  return isTerminalNode(NODE_STATUSES[state.nodeStatus[node] ?? 0] ?? 'pending');
}
