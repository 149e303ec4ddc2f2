import type { Adjacency } from './plan.js';

/** Units of work (nodes plus edges) that a step generator does between two yields. */
export const WORK_PER_STEP = 1024;

/**
 * Turns every arrow round: from what each node needs to what needs it, or back. Neighbours come out
 * in ascending order, each node's as often as they went in. Linear; yields every so often.
 */
export function* invertSteps(adjacency: Adjacency): Generator<void, Adjacency> {
  const { offsets: from, targets: to } = adjacency;
  const size = from.length - 1;
  const offsets = new Int32Array(size + 1);
  let work = 0;
  for (const target of to) {
    offsets[target + 1] = (offsets[target + 1] ?? 0) + 1;
    if (++work % WORK_PER_STEP === 0) yield;
  }
  for (let node = 0; node < size; node++) {
    offsets[node + 1] = (offsets[node + 1] ?? 0) + (offsets[node] ?? 0);
    if (++work % WORK_PER_STEP === 0) yield;
  }
  const next = offsets.slice();
  const targets = new Int32Array(to.length);
  for (let node = 0; node < size; node++) {
    if (++work % WORK_PER_STEP === 0) yield;
    for (let edge = from[node] ?? 0, end = from[node + 1] ?? 0; edge < end; edge++) {
      const target = to[edge] ?? 0;
      const slot = next[target] ?? 0;
      targets[slot] = node;
      next[target] = slot + 1;
      if (++work % WORK_PER_STEP === 0) yield;
    }
  }
  return { offsets, targets };
}

/** How many neighbours each node has. */
export function degrees(adjacency: Adjacency): Int32Array {
  const counts = new Int32Array(adjacency.offsets.length - 1);
  for (let node = 0; node < counts.length; node++) {
    counts[node] = (adjacency.offsets[node + 1] ?? 0) - (adjacency.offsets[node] ?? 0);
  }
  return counts;
}
