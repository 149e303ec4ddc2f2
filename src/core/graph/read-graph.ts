import { WORK_PER_STEP } from '../plan/adjacency.js';
import type { Adjacency } from '../plan/plan.js';
import { checkValue } from './check-value.js';
import { NODE_ID } from './shape-parts.js';
import { own } from './own.js';
import type { ProblemList } from './problem.js';
import { quote, suggestion } from './wording.js';

export const NODES = '/dag_definition/nodes';
const EDGES = '/dag_definition/edges';

/** The graph of a submitted document, as far as it can be read. Nodes go by their index. */
export interface Graph {
  /** The first node of each id. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** What each node needs, from `needs` first and then from `edges`, each once and none itself. */
  readonly dependencies: Adjacency;
}

/**
 * Reads nodes, `needs` and `edges` of a document of any shape, and adds what is wrong among them to
 * the problems: duplicate ids, unknown ids, self edges. What is not as the shape of a job says is
 * passed over. Linear; yields every so often.
 */
export function* readGraphSteps(input: unknown, problems: ProblemList): Generator<void, Graph> {
  const dag = own(input, 'dag_definition');
  const nodes = listOf(own(dag, 'nodes'));
  const indexOf = yield* indexSteps(nodes, problems);
  const reader = new EdgeReader(indexOf, problems);
  let work = 0;
  for (const [node, definition] of nodes.entries()) {
    if (++work % WORK_PER_STEP === 0) yield;
    for (const [place, need] of listOf(own(definition, 'needs')).entries()) {
      if (++work % WORK_PER_STEP === 0) yield;
      const dependency = reader.resolve(need, () => `${NODES}/${node}/needs/${place}`);
      reader.add(dependency, node, () => `${NODES}/${node}/needs/${place}`);
    }
  }
  for (const [place, edge] of listOf(own(dag, 'edges')).entries()) {
    if (++work % WORK_PER_STEP === 0) yield;
    const from = reader.resolve(own(edge, 'from'), () => `${EDGES}/${place}/from`);
    const to = reader.resolve(own(edge, 'to'), () => `${EDGES}/${place}/to`);
    reader.add(from, to, () => `${EDGES}/${place}`);
  }
  return { indexOf, dependencies: yield* groupSteps(reader.froms, reader.tos, nodes.length) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function* indexSteps(
  nodes: readonly unknown[],
  problems: ProblemList,
): Generator<void, ReadonlyMap<string, number>> {
  const indexOf = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    if (index % WORK_PER_STEP === 0) yield;
    const id = own(node, 'id');
    if (typeof id !== 'string') continue;
    const first = indexOf.get(id);
    if (first === undefined) {
      indexOf.set(id, index);
      continue;
    }
    const message = `${quote(id)} is also the id of ${NODES}/${first}; give each node an id of its own`;
    problems.add(`${NODES}/${index}/id`, 'duplicate_id', message);
  }
  return indexOf;
}

/** Nodes up to which a wrong id is worth a search for the one that was meant. */
const MAX_CANDIDATES = 200;

class EdgeReader {
  /** Edges by index: `tos[i]` needs `froms[i]`. */
  readonly froms: number[] = [];
  readonly tos: number[] = [];

  constructor(
    private readonly indexOf: ReadonlyMap<string, number>,
    private readonly problems: ProblemList,
  ) {}

  resolve(id: unknown, pointer: () => string): number | undefined {
    if (typeof id !== 'string') return undefined;
    const index = this.indexOf.get(id);
    // An id that no node could have is a problem of shape, and has been told.
    if (index === undefined && checkValue(NODE_ID, id) === undefined) {
      const candidates = this.indexOf.size <= MAX_CANDIDATES ? this.indexOf.keys() : [];
      const message = `no node has the id ${quote(id)}${suggestion(id, candidates)}`;
      this.problems.add(pointer(), 'unknown_node', message);
    }
    return index;
  }

  add(from: number | undefined, to: number | undefined, pointer: () => string): void {
    if (from === undefined || to === undefined) return;
    if (from === to) {
      this.problems.add(pointer(), 'self_edge', 'a node cannot depend on itself');
      return;
    }
    this.froms.push(from);
    this.tos.push(to);
  }
}

/** Groups edges by the node that needs, keeping their order and dropping repeated ones. */
function* groupSteps(
  froms: readonly number[],
  tos: readonly number[],
  size: number,
): Generator<void, Adjacency> {
  const starts = new Int32Array(size + 1);
  let work = 0;
  for (const to of tos) {
    starts[to + 1] = (starts[to + 1] ?? 0) + 1;
    if (++work % WORK_PER_STEP === 0) yield;
  }
  for (let node = 0; node < size; node++) {
    starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);
  }
  const next = starts.slice();
  const grouped = new Int32Array(tos.length);
  for (const [edge, to] of tos.entries()) {
    const slot = next[to] ?? 0;
    grouped[slot] = froms[edge] ?? 0;
    next[to] = slot + 1;
    if (++work % WORK_PER_STEP === 0) yield;
  }
  const offsets = new Int32Array(size + 1);
  const lastUser = new Int32Array(size).fill(-1);
  let kept = 0;
  for (let node = 0; node < size; node++) {
    if (++work % WORK_PER_STEP === 0) yield;
    for (let slot = starts[node] ?? 0, end = starts[node + 1] ?? 0; slot < end; slot++) {
      if (++work % WORK_PER_STEP === 0) yield;
      const from = grouped[slot] ?? 0;
      if (lastUser[from] === node) continue;
      lastUser[from] = node;
      grouped[kept++] = from;
    }
    offsets[node + 1] = kept;
  }
  return { offsets, targets: kept === grouped.length ? grouped : grouped.slice(0, kept) };
}
