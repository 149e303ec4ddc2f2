import { combinationsOf } from './fan-out.js';
import type { Matrix } from './definition.js';
import { own } from './own.js';
import type { ProblemList } from './problem.js';
import { NODES } from './read-graph.js';

const NODES_PER_STEP = 1024;

/** Tells what is wrong with the children of nodes, as far as their shape does not. */
export function* checkFanOutSteps(
  nodes: readonly unknown[],
  problems: ProblemList,
): Generator<void, void> {
  for (const [index, node] of nodes.entries()) {
    if (index % NODES_PER_STEP === NODES_PER_STEP - 1) yield;
    const forEach = own(node, 'for_each');
    const matrix = own(node, 'matrix') as Matrix | undefined;
    const pointer = `${NODES}/${index}`;
    if (forEach !== undefined && matrix !== undefined) {
      const message = 'has for_each and matrix; give one of them, and the other to a sub_job in it';
      problems.add(pointer, 'conflict', message);
    } else if (matrix !== undefined) {
      const combinations = hasExpressions(matrix) ? undefined : combinationsOf(matrix);
      if (combinations?.ok === false) {
        problems.add(`${pointer}/matrix`, combinations.code, combinations.message);
      }
    } else if (forEach === undefined && own(node, 'max_parallel') !== undefined) {
      const message = 'is for nodes with for_each or matrix; this one has no children';
      problems.add(`${pointer}/max_parallel`, 'conflict', message);
    }
  }
}

function hasExpressions(matrix: Matrix): boolean {
  return Object.values(matrix).some((values) => typeof values === 'string');
}
