import { degrees, invertSteps } from '../plan/adjacency.js';
import { deadlinesIn } from '../plan/deadlines.js';
import { planNodeSteps } from '../plan/build-plan.js';
import type { Adjacency, Plan, PlanDefaults } from '../plan/plan.js';
import { runSteps } from '../plan/run-steps.js';
import { topologicalOrderSteps } from '../plan/topological-order.js';
import type { JsonObject } from '../json.js';
import { checkFanOut } from './check-fan-out.js';
import { MAX_SUB_JOB_DEPTH, SUB_JOB, subJobDefinition } from './definition.js';
import { checkExpressionsSteps } from './check-expressions.js';
import { checkDeadline, checkTimes } from './check-times.js';
import { checkShapeSteps } from './check-shape.js';
import { checkValue } from './check-value.js';
import { findCyclesSteps } from './find-cycles.js';
import { NODE_ID } from './shape-parts.js';
import { jsonBytes } from './json-size.js';
import { normalizeSteps } from './normalize.js';
import type { NormalizedJob, SubmittedJob } from './normalize.js';
import { own } from './own.js';
import type { Problem, ProblemList } from './problem.js';
import { NODES, readGraphSteps } from './read-graph.js';
import type { Shape } from './shape.js';
import { quote } from './wording.js';

export interface CompileOptions {
  /** Made once by `jobShape`. */
  readonly shape: Shape;
  readonly defaults: PlanDefaults;
  /** Epoch milliseconds by which deadlines may not have passed; without it they may. */
  readonly now?: number;
}

export type CompileResult =
  | { readonly ok: true; readonly job: NormalizedJob; readonly plan: Plan }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /** There are more problems than are listed. */
      readonly truncated: boolean;
    };

/** Bytes as JSON: of one node, its `needs` not counted, and of the inputs. */
export const MAX_PART_BYTES = 1024 * 1024;

/**
 * Turns a submitted document, as parsed from JSON or YAML, into a job and its plan, or tells every
 * problem it has: pointers lead into the document as it was submitted. Never throws, whatever the
 * document. The job shares nodes with the document, which must not be changed afterwards.
 *
 * Yields about every thousand values, nodes or edges, so that a caller can let others run in between;
 * time is linear in the document but for a `log n` in ordering the nodes.
 *
 * @param depth how many definitions this one is within
 */
export function* compileSteps(
  input: unknown,
  options: CompileOptions,
  depth = 0,
): Generator<void, CompileResult> {
  const { shape, defaults, now } = options;
  const problems = yield* checkShapeSteps(shape, input);
  if (!graphIsReadable(problems)) return failure(problems);
  const { indexOf, dependencies } = yield* readGraphSteps(input, problems);
  yield* checkSizesSteps(input, problems);
  const dependencyCount = degrees(dependencies);
  const successors = yield* invertSteps(dependencies);
  const order = yield* topologicalOrderSteps(successors, dependencyCount);
  if (order.length < dependencyCount.length) {
    yield* tellCyclesSteps(input, successors, order, problems);
  }
  if (problems.problems.length === 0) {
    const nodes = nodesOf(input);
    checkDeadline(own(input, 'deadline'), '/deadline', now, problems);
    yield* checkNodesSteps(nodes, options, depth, problems);
    yield* checkExpressionsSteps(nodes, dependencies, problems);
  }
  if (problems.problems.length > 0) return failure(problems);

  const job = yield* normalizeSteps(input as SubmittedJob, dependencies, defaults);
  const { concurrency, timeout, onFailure, priority } = job;
  const settings = { concurrency, timeout, onFailure, priority };
  const nodes = yield* planNodeSteps(job.nodes, { successors, order }, settings, defaults);
  return {
    ok: true,
    job,
    plan: {
      nodes,
      indexOf,
      successors,
      dependencyCount,
      order,
      settings,
      ...deadlinesIn(job.nodes),
    },
  };
}

/** {@link compileSteps} without a pause. */
export function compile(input: unknown, options: CompileOptions): CompileResult {
  return runSteps(compileSteps(input, options));
}

function failure({ problems, truncated }: ProblemList): CompileResult {
  return { ok: false, problems, truncated };
}

/** Lists that are not lists, or too long, leave no graph to look at. */
function graphIsReadable({ problems, truncated }: ProblemList): boolean {
  return (
    !truncated &&
    problems.every(({ pointer }) => pointer !== NODES && pointer !== '/dag_definition/edges')
  );
}

const BYTES_PER_STEP = 65_536;

function* checkSizesSteps(input: unknown, problems: ProblemList): Generator<void, void> {
  const tooBig =
    'must be at most 1 MiB as JSON; keep large data in files or a service, and refer to it';
  if (jsonBytes(own(input, 'inputs'), MAX_PART_BYTES) > MAX_PART_BYTES) {
    problems.add('/inputs', 'too_big', tooBig);
  }
  let bytes = 0;
  for (const [index, node] of nodesOf(input).entries()) {
    const size = jsonBytes(node, MAX_PART_BYTES, 'needs');
    if (size > MAX_PART_BYTES) problems.add(`${NODES}/${index}`, 'too_big', tooBig);
    bytes += size;
    if (bytes < BYTES_PER_STEP) continue;
    bytes = 0;
    yield;
  }
}

const NODES_PER_STEP = 1024;

/** Tells what is wrong with each node by itself, with the job that it brings along. */
function* checkNodesSteps(
  nodes: readonly unknown[],
  options: CompileOptions,
  depth: number,
  problems: ProblemList,
): Generator<void, void> {
  for (let index = 0; index < nodes.length; index++) {
    if (index % NODES_PER_STEP === NODES_PER_STEP - 1) yield;
    const node = nodes[index];
    checkFanOut(node, index, problems);
    checkTimes(node, index, options.now, problems);
    if (own(node, 'type') !== SUB_JOB) continue;
    const definition = own(own(node, 'config'), 'definition');
    if (definition === undefined) continue;
    const pointer = `${NODES}/${index}/config/definition`;
    if (depth >= MAX_SUB_JOB_DEPTH) {
      const message = `jobs are at most ${MAX_SUB_JOB_DEPTH} levels deep; make it a template`;
      problems.add(pointer, 'too_deep', message);
      continue;
    }
    const given = subJobDefinition(definition as JsonObject, String(own(node, 'id')));
    const compiled = yield* compileSteps(given, options, depth + 1);
    if (compiled.ok) continue;
    for (const { pointer: within, code, message } of compiled.problems) {
      problems.add(pointer + within, code, message);
    }
  }
}

const SHOWN_OF_CYCLE = 6;

function* tellCyclesSteps(
  input: unknown,
  successors: Adjacency,
  order: Int32Array,
  problems: ProblemList,
): Generator<void, void> {
  const nodes = nodesOf(input);
  const name = (index: number): string => {
    const id = String(own(nodes[index], 'id'));
    return checkValue(NODE_ID, id) === undefined ? id : quote(id);
  };
  for (const cycle of yield* findCyclesSteps(successors, order)) {
    const [first = 0] = cycle;
    const hidden = cycle.length - 2 * SHOWN_OF_CYCLE;
    const shown =
      hidden <= 0
        ? cycle.map(name)
        : [
            ...cycle.slice(0, SHOWN_OF_CYCLE).map(name),
            `… ${hidden} more …`,
            ...cycle.slice(-SHOWN_OF_CYCLE).map(name),
          ];
    const path = [...shown, name(first)].join(' -> ');
    const message = `the nodes wait for each other: ${path}; take out one of these dependencies`;
    problems.add(`${NODES}/${first}`, 'cycle', message);
  }
}

function nodesOf(input: unknown): readonly unknown[] {
  const nodes = own(own(input, 'dag_definition'), 'nodes');
  return Array.isArray(nodes) ? nodes : [];
}
