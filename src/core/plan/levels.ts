import { runSteps } from './run-steps.js';
import { WORK_PER_STEP } from './adjacency.js';
import type { Plan } from './plan.js';

/** How deep every node lies, and the chain of nodes that a job cannot be faster than. */
export interface PlanLevels {
  /** Of each node, the length of the longest chain of dependencies that leads to it; sources are at 0. */
  readonly levelOf: Int32Array;
  /** How many nodes lie on each level; as many nodes as the widest may run at once. */
  readonly widths: readonly number[];
  /** Indexes of the nodes on the critical path, from a source on. */
  readonly criticalPath: readonly number[];
  /** What the critical path takes: in units of `durationOf`, or in nodes without one. */
  readonly criticalDuration: number;
}

/**
 * Levels and critical path of a plan, in time linear in nodes and edges; yields every so often.
 * `durationOf` tells what a node is expected to take, zero or more in any unit; without it every
 * node counts 1. Of equally long paths the same one is taken every time.
 */
export function* planLevelSteps(
  plan: Pick<Plan, 'successors' | 'order'>,
  durationOf: (index: number) => number = () => 1,
): Generator<void, PlanLevels> {
  const { offsets, targets } = plan.successors;
  const size = plan.order.length;
  const levelOf = new Int32Array(size);
  const startOf = new Float64Array(size);
  const via = new Int32Array(size).fill(-1);
  const widths: number[] = [];
  let last = -1;
  let criticalDuration = 0;
  let work = 0;
  for (const node of plan.order) {
    const level = levelOf[node] ?? 0;
    widths[level] = (widths[level] ?? 0) + 1;
    const end = (startOf[node] ?? 0) + durationOf(node);
    if (last === -1 || end > criticalDuration) {
      criticalDuration = end;
      last = node;
    }
    if (++work % WORK_PER_STEP === 0) yield;
    for (let edge = offsets[node] ?? 0, stop = offsets[node + 1] ?? 0; edge < stop; edge++) {
      const successor = targets[edge] ?? 0;
      if ((levelOf[successor] ?? 0) <= level) levelOf[successor] = level + 1;
      if (via[successor] === -1 || end > (startOf[successor] ?? 0)) {
        startOf[successor] = end;
        via[successor] = node;
      }
      if (++work % WORK_PER_STEP === 0) yield;
    }
  }
  const criticalPath: number[] = [];
  for (let node = last; node !== -1; node = via[node] ?? -1) criticalPath.push(node);
  return { levelOf, widths, criticalPath: criticalPath.reverse(), criticalDuration };
}

/** {@link planLevelSteps} without a pause. */
export function planLevels(
  plan: Pick<Plan, 'successors' | 'order'>,
  durationOf?: (index: number) => number,
): PlanLevels {
  return runSteps(planLevelSteps(plan, durationOf));
}

/** Node indexes level by level, each level in definition order. */
export function groupByLevel(levels: PlanLevels): readonly (readonly number[])[] {
  const groups: number[][] = levels.widths.map(() => []);
  for (const [node, level] of levels.levelOf.entries()) groups[level]?.push(node);
  return groups;
}
