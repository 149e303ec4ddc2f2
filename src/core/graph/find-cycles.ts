import { WORK_PER_STEP } from '../plan/adjacency.js';
import type { Adjacency } from '../plan/plan.js';

/**
 * One cycle, among the shortest through its lowest node, for every group of nodes that reach each
 * other (strongly connected component). Each starts with its lowest node and follows the edges;
 * cycles come in the order of these. Linear, without recursion; yields every so often.
 *
 * @param order a topological order of all nodes that neither lie on a cycle nor behind one.
 */
export function* findCyclesSteps(
  successors: Adjacency,
  order: Int32Array,
): Generator<void, number[][]> {
  const componentOf = yield* componentSteps(successors, order);
  const cycles: number[][] = [];
  const done = new Set<number>();
  const cameFrom = new Int32Array(componentOf.length).fill(-1);
  for (let node = 0; node < componentOf.length; node++) {
    if (node % WORK_PER_STEP === 0) yield;
    const component = componentOf[node] ?? NONE;
    if (component === NONE || done.has(component)) continue;
    done.add(component);
    const cycle = yield* cycleThroughSteps(node, successors, componentOf, cameFrom);
    if (cycle !== undefined) cycles.push(cycle);
  }
  return cycles;
}

const NONE = -1;

/** Breadth first from a node until an edge leads back to it, without leaving its component. */
function* cycleThroughSteps(
  start: number,
  { offsets, targets }: Adjacency,
  componentOf: Int32Array,
  cameFrom: Int32Array,
): Generator<void, number[] | undefined> {
  const queue = [start];
  let work = 0;
  for (const node of queue) {
    for (let edge = offsets[node] ?? 0, end = offsets[node + 1] ?? 0; edge < end; edge++) {
      if (++work % WORK_PER_STEP === 0) yield;
      const successor = targets[edge] ?? 0;
      if (successor === start) {
        const cycle: number[] = [];
        for (let at = node; at !== start; at = cameFrom[at] ?? start) cycle.push(at);
        cycle.push(start);
        return cycle.reverse();
      }
      if (componentOf[successor] !== componentOf[start] || cameFrom[successor] !== NONE) continue;
      cameFrom[successor] = node;
      queue.push(successor);
    }
  }
  return undefined;
}

/**
 * Tarjan's strongly connected components ("Depth-first search and linear graph algorithms", SIAM J.
 * Comput. 1972) of the nodes that are not in the order, on a stack of its own.
 */
function* componentSteps(
  { offsets, targets }: Adjacency,
  order: Int32Array,
): Generator<void, Int32Array> {
  const size = offsets.length - 1;
  const componentOf = new Int32Array(size).fill(NONE);
  const visited = new Int32Array(size).fill(NONE);
  const low = new Int32Array(size);
  const nextEdge = offsets.slice(0, size);
  const ordered = new Uint8Array(size);
  for (const node of order) ordered[node] = 1;
  const open: number[] = [];
  const calls: number[] = [];
  let visits = 0;
  let components = 0;
  let work = 0;
  const enter = (node: number): void => {
    visited[node] = low[node] = visits++;
    open.push(node);
    calls.push(node);
  };
  for (let root = 0; root < size; root++) {
    if (++work % WORK_PER_STEP === 0) yield;
    if (ordered[root] === 1 || visited[root] !== NONE) continue;
    enter(root);
    for (let node = calls.at(-1); node !== undefined; node = calls.at(-1)) {
      if (++work % WORK_PER_STEP === 0) yield;
      const edge = nextEdge[node] ?? 0;
      if (edge < (offsets[node + 1] ?? 0)) {
        nextEdge[node] = edge + 1;
        const successor = targets[edge] ?? 0;
        if (visited[successor] === NONE) enter(successor);
        else if (componentOf[successor] === NONE) {
          low[node] = Math.min(low[node] ?? 0, visited[successor] ?? 0);
        }
        continue;
      }
      calls.pop();
      const caller = calls.at(-1);
      if (caller !== undefined) low[caller] = Math.min(low[caller] ?? 0, low[node] ?? 0);
      if (low[node] !== visited[node]) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        componentOf[member] = components;
        if (member === node) break;
      }
      components++;
    }
  }
  return componentOf;
}
