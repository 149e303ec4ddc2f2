import { combinationsOf } from './fan-out.js';
import type { Matrix } from './definition.js';
import { own } from './own.js';
import type { ProblemList } from './problem.js';
import { NODES } from './read-graph.js';

/** Tells what is wrong with the children of a node, as far as its shape does not. */
export function checkFanOut(node: unknown, index: number, problems: ProblemList): void {
  const forEach = own(node, 'for_each');
  const matrix = own(node, 'matrix') as Matrix | undefined;
  if (forEach !== undefined && matrix !== undefined) {
    const message = 'has for_each and matrix; give one of them, and the other to a sub_job in it';
    problems.add(`${NODES}/${index}`, 'conflict', message);
  } else if (matrix !== undefined) {
    const combinations = hasExpressions(matrix) ? undefined : combinationsOf(matrix);
    if (combinations?.ok === false) {
      problems.add(`${NODES}/${index}/matrix`, combinations.code, combinations.message);
    }
  } else if (forEach === undefined && own(node, 'max_parallel') !== undefined) {
    const message = 'is for nodes with for_each or matrix; this one has no children';
    problems.add(`${NODES}/${index}/max_parallel`, 'conflict', message);
  }
}

function hasExpressions(matrix: Matrix): boolean {
  return Object.values(matrix).some((values) => typeof values === 'string');
}
