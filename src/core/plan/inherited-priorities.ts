import type { NodeDefinition } from '../graph/definition.js';
import { WORK_PER_STEP } from './adjacency.js';
import type { Plan } from './plan.js';

/**
 * The priority of every node: the highest of its own and of those of all that need it, by however
 * many steps, so that nothing urgent waits for what is not. `undefined` when no node says one: then
 * all have the job's. Linear in nodes and edges; yields every so often.
 *
 * @param otherwise the priority of a node that says none
 */
export function* inheritedPriorities(
  nodes: readonly NodeDefinition[],
  { successors: { offsets, targets }, order }: Pick<Plan, 'successors' | 'order'>,
  otherwise: number,
): Generator<void, Uint8Array | undefined> {
  if (nodes.every(({ priority }) => priority === undefined)) return undefined;
  const priorities = new Uint8Array(nodes.length);
  let work = 0;
  for (let place = order.length - 1; place >= 0; place--) {
    const node = order[place] ?? 0;
    let priority = nodes[node]?.priority ?? otherwise;
    for (let edge = offsets[node] ?? 0, end = offsets[node + 1] ?? 0; edge < end; edge++) {
      priority = Math.max(priority, priorities[targets[edge] ?? 0] ?? 0);
      if (++work % WORK_PER_STEP === 0) yield;
    }
    priorities[node] = priority;
    if (++work % WORK_PER_STEP === 0) yield;
  }
  return priorities;
}
