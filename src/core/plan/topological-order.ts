import { WORK_PER_STEP } from './adjacency.js';
import { IndexHeap } from './index-heap.js';
import type { Adjacency } from './plan.js';

/**
 * Kahn's algorithm ("Topological sorting of large networks", CACM 1962). Of the nodes that could come
 * next, the one that the definition names first does, so that a definition written in order keeps
 * its order. Nodes on a cycle, and those behind one, are left out: the answer is then shorter.
 */
export function* topologicalOrderSteps(
  successors: Adjacency,
  dependencyCount: Int32Array,
): Generator<void, Int32Array> {
  const { offsets, targets } = successors;
  const size = dependencyCount.length;
  const open = dependencyCount.slice();
  const order = new Int32Array(size);
  const ready = new IndexHeap(size);
  let work = 0;
  for (let node = 0; node < size; node++) {
    if (open[node] === 0) ready.push(node);
    if (++work % WORK_PER_STEP === 0) yield;
  }
  let placed = 0;
  while (ready.size > 0) {
    const node = ready.pop();
    order[placed++] = node;
    if (++work % WORK_PER_STEP === 0) yield;
    for (let edge = offsets[node] ?? 0, end = offsets[node + 1] ?? 0; edge < end; edge++) {
      const successor = targets[edge] ?? 0;
      const left = (open[successor] ?? 0) - 1;
      open[successor] = left;
      if (left === 0) ready.push(successor);
      if (++work % WORK_PER_STEP === 0) yield;
    }
  }
  return placed === size ? order : order.slice(0, placed);
}
