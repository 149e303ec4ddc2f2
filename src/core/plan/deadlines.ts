import type { NodeDefinition } from '../graph/definition.js';
import { parseIsoTime } from '../iso-time.js';
import type { Plan } from './plan.js';

/** The part of a plan that tells which nodes have a deadline. */
export function deadlinesIn(nodes: readonly NodeDefinition[]): Pick<Plan, 'deadlines'> {
  if (nodes.every(({ deadline }) => deadline === undefined)) return {};
  return {
    deadlines: nodes.flatMap(({ deadline }, index) => (deadline === undefined ? [] : [index])),
  };
}

/**
 * By when a node is to have ended, in epoch milliseconds; `undefined` when it says nothing about it, or
 * says it from the start of a job that has not started.
 */
export function nodeDeadline(
  { deadline }: Pick<NodeDefinition, 'deadline'>,
  startedAt: number | undefined,
): number | undefined {
  if (typeof deadline === 'string') return parseIsoTime(deadline);
  if (deadline === undefined || startedAt === undefined) return undefined;
  return startedAt + Math.round(deadline * 1000);
}
