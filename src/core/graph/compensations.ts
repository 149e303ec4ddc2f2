import { WORK_PER_STEP } from '../plan/adjacency.js';
import type { Plan } from '../plan/plan.js';
import type { NodeDefinition } from './definition.js';

/** Nodes that one waits for directly; beyond, a node that does nothing gathers them. */
const MOST_NEEDS = 200;

/**
 * The nodes of a job that undoes another: the compensations of those of its nodes that are to be
 * undone, each after those of all nodes that needed it, by however many steps. Costs nodes and edges.
 *
 * @param isToUndo tells of a node, by its index, whether what it did is to be undone
 */
export function* compensationSteps(
  plan: Plan,
  isToUndo: (node: number) => boolean,
): Generator<void, NodeDefinition[]> {
  const { offsets, targets } = plan.successors;
  const undone: NodeDefinition[] = [];
  /** Of each node, the compensations that come before whatever undoes what it needs. */
  const before: (readonly string[])[] = plan.nodes.map(() => []);
  let work = 0;
  for (const node of plan.order.toReversed()) {
    const found = new Set<string>();
    for (let at = offsets[node] ?? 0, end = offsets[node + 1] ?? 0; at < end; at++) {
      for (const id of before[targets[at] as number] ?? []) {
        found.add(id);
        if (++work % WORK_PER_STEP === 0) yield;
      }
    }
    let needs: readonly string[] = [...found];
    const { definition } = plan.nodes[node] ?? {};
    if (definition === undefined) continue;
    if (needs.length > MOST_NEEDS) {
      const gathered = { id: freeId(plan, `after:${definition.id}`), type: 'noop', needs };
      undone.push(gathered);
      needs = [gathered.id];
    }
    if (definition.compensate !== undefined && isToUndo(node)) {
      undone.push({
        id: definition.id,
        ...(definition.name === undefined ? {} : { name: definition.name }),
        ...definition.compensate,
        ...(needs.length === 0 ? {} : { needs }),
      });
      needs = [definition.id];
    }
    before[node] = needs;
    if (++work % WORK_PER_STEP === 0) yield;
  }
  return undone;
}

function freeId(plan: Plan, wanted: string): string {
  let id = wanted;
  while (plan.indexOf.has(id)) id += '_';
  return id;
}
