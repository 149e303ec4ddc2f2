import { WORK_PER_STEP } from './adjacency.js';
import type { DurationSample } from './durations.js';
import { IndexHeap } from './index-heap.js';
import type { Plan } from './plan.js';
import { TimeHeap } from './time-heap.js';

/** How a node of a job stands: it has still to start, it is under way, or it has ended. */
export type Standing = 'ahead' | 'under_way' | 'ended';

export interface MakespanInput {
  readonly plan: Pick<Plan, 'nodes' | 'successors' | 'dependencyCount'>;
  /** Nodes that may run at once. */
  readonly concurrency: number;
  /** Of each node its turn: of the ready ones that with the lowest starts first. */
  readonly turnOf: Int32Array;
  readonly standingOf: (node: number) => Standing;
  /** What a node still takes, in ms. It holds a slot while it is `busy`, and that comes first. */
  readonly timeOf: (node: number) => DurationSample;
}

const RELEASES = 1;
const ENDS = 2;

/**
 * When the last node ends, in ms from now, if every node takes as long as it is said to and the ready
 * ones are started by their turn as soon as there is room: Graham's list scheduling, played through.
 * Every node is taken to run. Time in proportion to `n log n + e`; yields every so often.
 */
export function* makespanSteps(input: MakespanInput): Generator<void, number> {
  const { plan, turnOf, standingOf, timeOf } = input;
  const { offsets, targets } = plan.successors;
  const size = plan.nodes.length;
  const missing = plan.dependencyCount.slice();
  const nodeAt = new Int32Array(size);
  for (let node = 0; node < size; node++) nodeAt[turnOf[node] ?? 0] = node;
  const ready = new IndexHeap(size);
  const events = new TimeHeap();
  let free = input.concurrency;
  let now = 0;
  let work = 0;

  const begin = (node: number): void => {
    const { busy, elapsed } = timeOf(node);
    if (busy > 0) free--;
    if (busy > 0 && busy < elapsed) events.push(now + busy, 4 * node + RELEASES);
    const releases = busy > 0 && busy >= elapsed ? RELEASES : 0;
    events.push(now + Math.max(busy, elapsed), 4 * node + ENDS + releases);
  };
  const end = (node: number): void => {
    for (let edge = offsets[node] ?? 0, stop = offsets[node + 1] ?? 0; edge < stop; edge++) {
      const successor = targets[edge] ?? 0;
      const left = (missing[successor] ?? 0) - 1;
      missing[successor] = left;
      if (left === 0 && standingOf(successor) === 'ahead') ready.push(turnOf[successor] ?? 0);
      work++;
    }
  };

  for (let node = 0; node < size; node++) {
    const standing = standingOf(node);
    if (standing === 'under_way') begin(node);
    else if (standing === 'ahead' && plan.dependencyCount[node] === 0)
      ready.push(turnOf[node] ?? 0);
    if (++work % WORK_PER_STEP === 0) yield;
  }
  for (let node = 0; node < size; node++) if (standingOf(node) === 'ended') end(node);
  yield;
  let until = WORK_PER_STEP;
  work = 0;
  for (;;) {
    while (free > 0 && ready.size > 0) begin(nodeAt[ready.pop()] ?? 0);
    if (events.size === 0) return now;
    const { time, event } = events.pop();
    now = time;
    if ((event & RELEASES) !== 0) free++;
    if ((event & ENDS) !== 0) end(event >> 2);
    if (++work >= until) {
      until = work + WORK_PER_STEP;
      yield;
    }
  }
}
