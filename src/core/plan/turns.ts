import type { Plan } from './plan.js';

/** Nodes beyond which ready nodes are taken to start in topological order. */
const MOST_SORTED = 20_000;

/** Of each node its turn among those that are ready: by priority, then by rank, then as defined. */
export function turnsOf(plan: Plan, ranks: Float64Array): Int32Array {
  const turns = new Int32Array(plan.nodes.length);
  const ordered = plan.nodes.length > MOST_SORTED ? plan.order : sorted(plan, ranks);
  for (const [turn, node] of ordered.entries()) turns[node] = turn;
  return turns;
}

function sorted({ nodes }: Plan, ranks: Float64Array): readonly number[] {
  const priorityOf = (node: number): number => nodes[node]?.priority ?? 0;
  return Array.from(nodes.keys()).sort(
    (a, b) => priorityOf(b) - priorityOf(a) || (ranks[b] ?? 0) - (ranks[a] ?? 0) || a - b,
  );
}
