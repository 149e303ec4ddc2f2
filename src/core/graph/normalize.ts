import { parseIsoTime } from '../iso-time.js';
import type { JsonObject } from '../json.js';
import { WORK_PER_STEP } from '../plan/adjacency.js';
import type { Adjacency, PlanDefaults } from '../plan/plan.js';
import type { JobDefinition, NodeDefinition, OnFailure } from './definition.js';
import { PRIORITY_WORDS } from './shape-parts.js';

/** A definition that has compiled, as it is stored. */
export interface NormalizedJob {
  readonly name: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 1 (low) to 5 (high). */
  readonly priority: number;
  readonly concurrency: number;
  /** Seconds from the job's start. */
  readonly timeout: number;
  readonly onFailure: OnFailure;
  readonly inputs?: JsonObject;
  /** Epoch milliseconds. */
  readonly deadline?: number;
  readonly nodes: readonly NodeDefinition[];
}

type Worded<T> = Omit<T, 'priority'> & { readonly priority?: number | string };

/** A document that has passed {@link jobShape}. */
export type SubmittedJob = Worded<Omit<JobDefinition, 'dag_definition'>> & {
  readonly dag_definition: { readonly nodes: readonly Worded<NodeDefinition>[] };
};

const MIDDLE_PRIORITY = 3;

/**
 * Merges edges into `needs` and turns priority words into numbers. Nodes that are as they should be
 * are taken over as they are, not copied.
 */
export function* normalizeSteps(
  submitted: SubmittedJob,
  dependencies: Adjacency,
  defaults: PlanDefaults,
): Generator<void, NormalizedJob> {
  const { name, description, labels, inputs, dag_definition } = submitted;
  const deadline = parseIsoTime(submitted.deadline ?? '');
  return {
    name,
    ...(description !== undefined && { description }),
    labels: labels ?? {},
    priority: priorityNumber(submitted.priority) ?? MIDDLE_PRIORITY,
    concurrency: submitted.concurrency ?? defaults.concurrency,
    timeout: submitted.timeout ?? defaults.timeout,
    onFailure: submitted.on_failure ?? 'finish_branches',
    ...(inputs !== undefined && { inputs }),
    ...(deadline !== undefined && { deadline }),
    nodes: yield* normalizeNodesSteps(dag_definition.nodes, dependencies),
  };
}

function* normalizeNodesSteps(
  nodes: readonly Worded<NodeDefinition>[],
  { offsets, targets }: Adjacency,
): Generator<void, NodeDefinition[]> {
  const normalized: NodeDefinition[] = [];
  let work = 0;
  for (const [index, node] of nodes.entries()) {
    const start = offsets[index] ?? 0;
    const end = offsets[index + 1] ?? 0;
    const { needs: given = [], priority: worded, ...rest } = node;
    const needs: string[] = [];
    let asGiven = given.length === end - start && (node.needs === undefined || given.length > 0);
    for (let edge = start; edge < end; edge++) {
      const need = nodes[targets[edge] ?? 0]?.id ?? '';
      if (need !== given[edge - start]) asGiven = false;
      needs.push(need);
      if (++work % WORK_PER_STEP === 0) yield;
    }
    const priority = priorityNumber(worded);
    if (asGiven && priority === worded) normalized.push(node as NodeDefinition);
    else {
      normalized.push({
        ...rest,
        ...(needs.length > 0 && { needs }),
        ...(priority !== undefined && { priority }),
      });
    }
    if (++work % WORK_PER_STEP === 0) yield;
  }
  return normalized;
}

/** The number of a priority that passed its shape; absent when none was given. */
export function priorityNumber(given: number | string | undefined): number | undefined {
  return typeof given === 'string' ? PRIORITY_WORDS.get(given) : given;
}
