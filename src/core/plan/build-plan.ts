import { isFannedOut, SUB_JOB, type NodeDefinition } from '../graph/definition.js';
import type { RetryPolicy } from '../retry/retry-policy.js';
import { WORK_PER_STEP, degrees, invertSteps } from './adjacency.js';
import { deadlinesIn } from './deadlines.js';
import { inheritedPriorities } from './inherited-priorities.js';
import type { Adjacency, Plan, PlanDefaults, PlanNode, PlanSettings } from './plan.js';
import { runSteps } from './run-steps.js';
import { topologicalOrderSteps } from './topological-order.js';

/** The retry policy of a node that says nothing about retries. Durations are in seconds. */
export function defaultRetryPolicy(defaults: PlanDefaults): RetryPolicy {
  return {
    max_attempts: defaults.maxAttempts,
    strategy: 'exponential',
    delay: 1,
    factor: 2,
    max_delay: defaults.maxRetryDelay,
    jitter: 'full',
  };
}

/**
 * The plan of a definition that compiled before, such as one read back from the journal. Yields about
 * every thousand nodes and edges, so that a caller can let others run in between; `n` nodes with `e`
 * edges take time in proportion to `n log n + e`.
 *
 * @throws {Error} when the definition needs an unknown node or has a cycle, which one that compiled
 * never does.
 */
export function* planSteps(
  nodes: readonly NodeDefinition[],
  settings: PlanSettings,
  defaults: PlanDefaults,
): Generator<void, Plan> {
  const indexOf = new Map<string, number>();
  let edges = 0;
  for (const [index, node] of nodes.entries()) {
    indexOf.set(node.id, index);
    edges += node.needs?.length ?? 0;
    if (index % WORK_PER_STEP === 0) yield;
  }
  const offsets = new Int32Array(nodes.length + 1);
  const targets = new Int32Array(edges);
  let edge = 0;
  for (const [index, node] of nodes.entries()) {
    for (const need of node.needs ?? []) {
      const dependency = indexOf.get(need);
      if (dependency === undefined) {
        throw new Error(`Node "${node.id}" needs "${need}", which the definition does not have.`);
      }
      targets[edge++] = dependency;
      if (edge % WORK_PER_STEP === 0) yield;
    }
    offsets[index + 1] = edge;
    if (index % WORK_PER_STEP === 0) yield;
  }
  const dependencies: Adjacency = { offsets, targets };
  const dependencyCount = degrees(dependencies);
  const successors = yield* invertSteps(dependencies);
  const order = yield* topologicalOrderSteps(successors, dependencyCount);
  if (order.length < nodes.length) {
    throw new Error('The definition has a cycle. Compile it to see which.');
  }
  const planNodes = yield* planNodeSteps(nodes, { successors, order }, settings, defaults);
  return {
    nodes: planNodes,
    indexOf,
    successors,
    dependencyCount,
    order,
    settings,
    ...deadlinesIn(nodes),
  };
}

/** {@link planSteps} without a pause. */
export function buildPlan(
  nodes: readonly NodeDefinition[],
  settings: PlanSettings,
  defaults: PlanDefaults,
): Plan {
  return runSteps(planSteps(nodes, settings, defaults));
}

/** Fills in what each node leaves open. Nodes that say nothing about retries share one policy. */
export function* planNodeSteps(
  nodes: readonly NodeDefinition[],
  graph: Pick<Plan, 'successors' | 'order'>,
  settings: PlanSettings,
  defaults: PlanDefaults,
): Generator<void, PlanNode[]> {
  const retry = defaultRetryPolicy(defaults);
  const priorities = yield* inheritedPriorities(nodes, graph, settings.priority);
  const once = { ...retry, max_attempts: 1 };
  const planned: PlanNode[] = [];
  for (const definition of nodes) {
    planned.push({
      definition,
      triggerRule: definition.trigger_rule ?? 'all_success',
      retry: retryOf(definition, retry, once),
      priority: priorities?.[planned.length] ?? settings.priority,
    });
    if (planned.length % WORK_PER_STEP === 0) yield;
  }
  return planned;
}

/**
 * The nodes of a job that runs a node are tried again by themselves; that job as a whole only where
 * the node asks for it, and for children of a node each has the policy.
 */
function retryOf(definition: NodeDefinition, retry: RetryPolicy, once: RetryPolicy): RetryPolicy {
  if (isFannedOut(definition)) return once;
  if (definition.retry !== undefined) return { ...retry, ...definition.retry };
  return definition.type === SUB_JOB ? once : retry;
}
