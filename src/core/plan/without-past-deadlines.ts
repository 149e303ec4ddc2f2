import type { NodeDefinition } from '../graph/definition.js';
import { parseIsoTime } from '../iso-time.js';
import { deadlinesIn } from './deadlines.js';
import type { Plan } from './plan.js';

/**
 * A definition and its plan without the deadlines that have passed, for a job that is run again: they
 * were meant for the run before.
 *
 * @param now epoch milliseconds
 */
export function withoutPastDeadlines<T extends { nodes: readonly NodeDefinition[]; plan: Plan }>(
  job: T,
  now: number,
): T {
  const { plan } = job;
  const past = new Set(plan.deadlines?.filter((node) => hasPassed(job.nodes[node], now)));
  if (past.size === 0) return job;
  const nodes = job.nodes.map((node, at) => (past.has(at) ? withoutDeadline(node) : node));
  const kept: Mutable<Plan> = {
    ...plan,
    nodes: plan.nodes.map((node, at) => ({ ...node, definition: nodes[at] ?? node.definition })),
  };
  delete kept.deadlines;
  return { ...job, nodes, plan: { ...kept, ...deadlinesIn(nodes) } };
}

function hasPassed(node: NodeDefinition | undefined, now: number): boolean {
  if (typeof node?.deadline !== 'string') return false;
  return (parseIsoTime(node.deadline) ?? Infinity) <= now;
}

function withoutDeadline(node: NodeDefinition): NodeDefinition {
  const kept: Mutable<NodeDefinition> = { ...node };
  delete kept.deadline;
  return kept;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
