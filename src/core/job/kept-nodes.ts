import type { Plan } from '../plan/plan.js';

/** How a node of the job that is run again had ended; `none`: it had not, or not well. */
export type FormerEnd = 'completed' | 'skipped' | 'none';

/**
 * Which nodes a rerun keeps as they were: all that had completed, or were skipped, unless they are
 * asked for, or need, by however many steps, one that is not kept. What a kept node needs is kept,
 * too. Costs nodes plus edges.
 *
 * @param from the nodes that are to run again in any case
 */
export function keptNodes(
  plan: Plan,
  ends: readonly FormerEnd[],
  from: ReadonlySet<number>,
): Uint8Array {
  const kept = new Uint8Array(plan.nodes.length).fill(1);
  const { offsets, targets } = plan.successors;
  for (const node of plan.order) {
    if (ends[node] === 'none' || ends[node] === undefined || from.has(node)) kept[node] = 0;
    if (kept[node] === 1) continue;
    // The order puts successors after it, so each is looked at after all it needs.
    const end = offsets[node + 1] ?? 0;
    for (let at = offsets[node] ?? 0; at < end; at++) kept[targets[at] as number] = 0;
  }
  return kept;
}
