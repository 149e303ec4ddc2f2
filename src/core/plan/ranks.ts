import { WORK_PER_STEP } from './adjacency.js';
import type { Plan } from './plan.js';

type Graph = Pick<Plan, 'successors' | 'order'>;

/**
 * Of each node, what the longest path from its start to the end of the job takes: its own duration and
 * the rank of its longest successor. In units of `durationOf`, zero or more; without it every node
 * counts 1. Linear in nodes and edges; yields every so often.
 */
export function* rankSteps(
  { successors: { offsets, targets }, order }: Graph,
  durationOf: (index: number) => number = () => 1,
): Generator<void, Float64Array> {
  const ranks = new Float64Array(order.length);
  let work = 0;
  for (let place = order.length - 1; place >= 0; place--) {
    const node = order[place] ?? 0;
    let longest = 0;
    for (let edge = offsets[node] ?? 0, end = offsets[node + 1] ?? 0; edge < end; edge++) {
      const rank = ranks[targets[edge] ?? 0] ?? 0;
      if (rank > longest) longest = rank;
      if (++work % WORK_PER_STEP === 0) yield;
    }
    ranks[node] = durationOf(node) + longest;
    if (++work % WORK_PER_STEP === 0) yield;
  }
  return ranks;
}

/**
 * Whether nodes that may be ready at the same time differ in rank: those of one level. Where they do
 * not, the order in which nodes become ready is as good.
 */
export function* ranksDifferSteps(
  { successors: { offsets, targets }, order }: Graph,
  ranks: Float64Array,
): Generator<void, boolean> {
  const levelOf = new Int32Array(order.length);
  const rankOfLevel: number[] = [];
  let work = 0;
  for (const node of order) {
    const level = levelOf[node] ?? 0;
    const rank = ranks[node] ?? 0;
    if ((rankOfLevel[level] ??= rank) !== rank) return true;
    for (let edge = offsets[node] ?? 0, end = offsets[node + 1] ?? 0; edge < end; edge++) {
      const successor = targets[edge] ?? 0;
      if ((levelOf[successor] ?? 0) <= level) levelOf[successor] = level + 1;
      if (++work % WORK_PER_STEP === 0) yield;
    }
    if (++work % WORK_PER_STEP === 0) yield;
  }
  return false;
}
