import type { PlanDefaults } from '../plan/plan.js';
import type { CompileResult } from './compile.js';
import { jobShape } from './job-shape.js';
import { NODE_TYPES } from './node-types.fixture.js';

export const defaults: PlanDefaults = {
  maxAttempts: 3,
  maxRetryDelay: 300,
  concurrency: 10,
  timeout: 3600,
};
export const options = { shape: jobShape(NODE_TYPES), defaults };

export interface Node {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** A document of noop nodes, save where they say otherwise. */
export function job(
  nodes: readonly Node[],
  edges?: readonly unknown[],
  more: object = {},
): unknown {
  const typed = nodes.map((node) => ({ type: 'noop', ...node }));
  return { name: 'job', dag_definition: { nodes: typed, ...(edges && { edges }) }, ...more };
}

/** `pointer code: message` of every problem. */
export function problemsOf(result: CompileResult): string[] {
  return result.ok
    ? []
    : result.problems.map(({ pointer, code, message }) => `${pointer} ${code}: ${message}`);
}
