import type { Plan, PlanNode } from './plan.js';

/** The node at an index. @throws RangeError when the plan has none there */
export function planNode(plan: Plan, node: number): PlanNode {
  const found = plan.nodes[node];
  if (found === undefined) throw new RangeError(`the plan has no node ${node}`);
  return found;
}
