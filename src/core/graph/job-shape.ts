import type { Json, JsonObject } from '../json.js';
import { ON_FAILURE } from './definition.js';
import { toJsonSchema } from './json-schema.js';
import { nodeShape, type JobShapeLimits, type NodeTypeShape } from './node-shape.js';
import type { Shape } from './shape.js';
import { NAME, NO_CONTROL_CHARACTERS, NODE_ID, PRIORITY, TIMEOUT } from './shape-parts.js';
import { POINT_IN_TIME } from './time-shape.js';

export const DEFAULT_MAX_NODES = 100_000;
const MAX_EDGES = 1_000_000;

/**
 * What may be submitted as a job, given the node types there are. Shapes are costly to make and to
 * be shared: make one when the service starts.
 */
export function jobShape(
  types: ReadonlyMap<string, NodeTypeShape>,
  limits: JobShapeLimits = { maxNodes: DEFAULT_MAX_NODES },
): Shape {
  return {
    title: 'Baton job',
    description:
      'A job: a directed acyclic graph of nodes. Durations are in seconds. Beyond what this schema ' +
      'says, node ids are unique, dependencies name nodes of the job and form no cycle, a document ' +
      'is at most 64 levels deep, no field is named "__proto__", and a node without its `needs`, ' +
      'like the inputs, is at most 1 MiB.',
    type: 'object',
    properties: {
      name: { description: 'What people call the job; need not be unique.', ...NAME },
      description: { type: 'string', maxLength: 4000 },
      labels: {
        description: 'Free keys and values by which jobs are found.',
        type: 'object',
        maxProperties: 32,
        propertyNames: {
          type: 'string',
          minLength: 1,
          maxLength: 63,
          pattern: '^[A-Za-z0-9_][A-Za-z0-9_./:-]*$',
          patternMessage:
            'must consist of letters, digits, "_", ".", "/", ":" and "-", and start with a letter, digit or "_"',
        },
        additionalProperties: { type: 'string', maxLength: 255, ...NO_CONTROL_CHARACTERS },
      },
      inputs: { description: 'Values that belong to this run.', type: 'object' },
      concurrency: {
        description: 'Attempts of this job that may run at once.',
        type: 'integer',
        minimum: 1,
        maximum: 1000,
      },
      priority: PRIORITY,
      timeout: { description: 'Seconds from the start of the job.', ...TIMEOUT },
      deadline: {
        description:
          'When the job is to have ended, still queued or not: it times out then. A time to come, in ' +
          'ISO 8601 with its zone.',
        ...POINT_IN_TIME,
      },
      on_failure: {
        description:
          'What a failed node does to the rest of the job: what does not depend on it still runs ' +
          '(finish_branches), everything stops (fail_fast), or what depends on it runs all the same ' +
          '(continue).',
        enum: ON_FAILURE,
        default: 'finish_branches',
      },
      dag_definition: {
        description: 'The graph. `needs` of a node and `edges` mean the same and may be mixed.',
        type: 'object',
        properties: {
          nodes: {
            type: 'array',
            minItems: 1,
            maxItems: limits.maxNodes,
            items: nodeShape(types, limits),
          },
          edges: {
            type: 'array',
            maxItems: MAX_EDGES,
            items: {
              description: '`to` starts after `from`.',
              type: 'object',
              properties: { from: NODE_ID, to: NODE_ID },
              required: ['from', 'to'],
              additionalProperties: false,
            },
          },
        },
        required: ['nodes'],
        additionalProperties: false,
      },
    },
    required: ['name', 'dag_definition'],
    additionalProperties: false,
  };
}

/** The JSON Schema document that is published of {@link jobShape}; `id` is where it is published. */
export function jobSchema(
  types: ReadonlyMap<string, NodeTypeShape>,
  id: string,
  limits?: JobShapeLimits,
): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: id,
    ...toJsonSchema(jobShape(types, limits)),
    examples: EXAMPLES,
  };
}

const EXAMPLES: readonly Json[] = [
  {
    name: 'Smoke tests',
    dag_definition: { nodes: [{ id: 'test1', type: 'test_case' }], edges: [] },
  },
  {
    name: 'Build, then test in parallel',
    labels: { branch: 'main' },
    priority: 'high',
    timeout: 1800,
    dag_definition: {
      nodes: [
        { id: 'build', type: 'process', config: { command: 'npm', args: ['run', 'build'] } },
        {
          id: 'unit',
          type: 'test_suite',
          needs: ['build'],
          config: { command: 'npm', args: ['test'] },
          retry: { max_attempts: 2, strategy: 'fixed', delay: 5 },
        },
        {
          id: 'api',
          type: 'http',
          needs: ['build'],
          config: { url: 'http://127.0.0.1:8080/health' },
        },
      ],
    },
  },
];
