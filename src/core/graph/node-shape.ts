import { checkShape } from './check-shape.js';
import { CONCURRENCY_KEY } from './concurrency-key.js';
import { MAX_CHILDREN, TRIGGER_RULES } from './definition.js';
import type { Shape, ShapeSwitch } from './shape.js';
import {
  DAY,
  NAME,
  NO_CONTROL_CHARACTERS,
  NODE_ID,
  PRIORITY,
  RETRY,
  TIMEOUT,
} from './shape-parts.js';
import { EXPRESSION_PATTERN, templatedShape } from './templated-shape.js';
import { POINT_IN_TIME } from './time-shape.js';

/** What the shape of a job needs to know of a node type; an executor says it of itself. */
export interface NodeTypeShape {
  readonly summary: string;
  readonly configShape: Shape;
  /** There where the results of its attempts may be used again. */
  readonly resultBasis?: unknown;
}

export interface JobShapeLimits {
  /** Nodes in one job. */
  readonly maxNodes: number;
}

const MAX_WHEN = 8 * 1024;
const MAX_CACHE_KEY = 1024;

const CACHE: Shape = {
  title: 'Result cache',
  description:
    'The node takes the output of one that did the same before: of the same type, with the same ' +
    'evaluated config and key, in the same tenant. For types that run something; outputs over 256 KiB ' +
    'are not kept.',
  type: 'object',
  properties: {
    key: {
      description:
        'What the result depends on besides the config, such as a commit; may hold expressions.',
      type: 'string',
      minLength: 1,
      maxLength: MAX_CACHE_KEY,
    },
    ttl: {
      description: 'Seconds for which the result may be used again.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 30 * DAY,
    },
  },
  required: ['ttl'],
  additionalProperties: false,
};

/** Said of a `cache` on a node whose type has no results to keep. */
const NOTHING_TO_CACHE =
  'a node of this type runs nothing whose result could be used again; leave it out';

const REPEAT: Shape = {
  title: 'Repetition',
  description:
    'Runs the node again, round after round, until its output is as wanted. Each round has the ' +
    'attempts of its retry policy. Not for nodes that wait, or that have a cache.',
  type: 'object',
  properties: {
    until: {
      description:
        'A condition as in `when`, over the same and the `output` and `iteration` (from 1) of the ' +
        'round that completed. When it is true, the node completes with that output.',
      type: 'string',
      minLength: 1,
      maxLength: MAX_WHEN,
      pattern: EXPRESSION_PATTERN,
      patternMessage: "must be an expression, such as {% output.status = 'ready' %}",
    },
    max: { description: 'Rounds at most.', type: 'integer', minimum: 2, maximum: 1000 },
    delay: {
      description: 'Seconds between two rounds.',
      type: 'number',
      minimum: 0,
      maximum: DAY,
      default: 0,
    },
    on_exhausted: {
      description: 'What becomes of the node when the last round was not as wanted, either.',
      enum: ['fail', 'complete'],
      default: 'fail',
    },
  },
  required: ['until', 'max'],
  additionalProperties: false,
};

const FOR_EACH: Shape = {
  description:
    'Makes the node a group of children, one an item: a list, or an expression that gives one. The ' +
    'config of the node is that of each child, with `item` and `index` (from 0) in its expressions. ' +
    'The children are nodes of a job of their own. The output has their results in order.',
  type: 'array',
  maxItems: MAX_CHILDREN,
  orExpression: true,
};

const MATRIX: Shape = {
  description:
    'The same with one child for each combination of the values of its axes; `item` is an object with ' +
    'a value for each axis. `exclude` takes out the combinations that have all of the values of one ' +
    'of its members, `include` adds combinations.',
  type: 'object',
  maxProperties: 12,
  propertyNames: {
    type: 'string',
    minLength: 1,
    maxLength: 64,
    pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$',
    patternMessage: 'must consist of letters, digits and "_", and not start with a digit',
  },
  properties: {
    include: {
      type: 'array',
      items: { type: 'object' },
      maxItems: MAX_CHILDREN,
      orExpression: true,
    },
    exclude: {
      type: 'array',
      items: { type: 'object' },
      maxItems: MAX_CHILDREN,
      orExpression: true,
    },
  },
  additionalProperties: { type: 'array', maxItems: MAX_CHILDREN, orExpression: true },
};

function compensationShape(cases: ShapeSwitch['cases']): Shape {
  return {
    title: 'Compensation',
    description:
      'What undoes the node: an action of any node type, run once the job has failed if the node had ' +
      'completed, after those of the nodes that needed it. Its expressions may read the output of ' +
      'the node itself, besides those of the nodes that it needs.',
    type: 'object',
    properties: {
      type: { type: 'string' },
      retry: RETRY,
      timeout: { description: 'Seconds that one attempt may take.', ...TIMEOUT },
    },
    switch: { on: 'type', property: 'config', cases },
    required: ['type'],
    additionalProperties: false,
  };
}

/** What a node may be, given the node types there are. */
export function nodeShape(
  types: ReadonlyMap<string, NodeTypeShape>,
  limits: JobShapeLimits,
): Shape {
  const cases = Object.fromEntries(
    [...types].map(([type, { configShape }]) => [
      type,
      {
        shape: templatedShape(configShape),
        required: checkShape(configShape, {}).problems.length > 0,
      },
    ]),
  );
  return {
    title: 'Node',
    type: 'object',
    properties: {
      id: { description: 'Unique within the job.', ...NODE_ID },
      type: {
        description: [...types].map(([type, { summary }]) => `${type}: ${summary}`).join('\n'),
        type: 'string',
      },
      name: { description: 'What people call the node.', ...NAME },
      needs: {
        description: 'Ids of the nodes that come before this one.',
        type: 'array',
        maxItems: limits.maxNodes,
        items: NODE_ID,
      },
      when: {
        description:
          'A condition, in JSONata between {% and %}, over `inputs`, `nodes.<id>.output` of nodes that ' +
          'this one needs, and `job`. The node is skipped when it is false; it is judged when the ' +
          'trigger rule is met. The `config` may hold such expressions, too.',
        type: 'string',
        minLength: 1,
        maxLength: MAX_WHEN,
        pattern: EXPRESSION_PATTERN,
        patternMessage: 'must be an expression, such as {% inputs.browser = "firefox" %}',
      },
      trigger_rule: {
        description: 'When the node may start, judged by how the nodes it needs have ended.',
        enum: TRIGGER_RULES,
        default: 'all_success',
      },
      retry: RETRY,
      timeout: { description: 'Seconds that one attempt may take.', ...TIMEOUT },
      deadline: {
        description:
          'When the node is to have ended, started or not; it fails then, and is not tried again. ' +
          'Seconds from the start of the job, or a time to come, in ISO 8601 with its zone.',
        anyOf: [TIMEOUT, POINT_IN_TIME],
      },
      repeat: REPEAT,
      priority: {
        ...PRIORITY,
        description:
          'As for the job, whose priority is the default. What a node needs runs at its priority, too.',
      },
      concurrency_key: CONCURRENCY_KEY,
      for_each: FOR_EACH,
      matrix: MATRIX,
      max_parallel: {
        description:
          'With `for_each` or `matrix`: children that may run at once. Left out: as many as nodes of the job.',
        type: 'integer',
        minimum: 1,
        maximum: 1000,
      },
      compensate: compensationShape(cases),
      cache: CACHE,
      breaker: {
        description:
          'What the node depends on, for a circuit breaker: after five failures in a row of nodes of the ' +
          'tenant with this name, attempts are held back for 60 s, and not counted. Left out: for http ' +
          'nodes the origin of the address; others have none.',
        type: 'string',
        minLength: 1,
        maxLength: 200,
        ...NO_CONTROL_CHARACTERS,
      },
    },
    switch: { on: 'type', property: 'config', cases: withCache(types, cases) },
    required: ['id', 'type'],
    additionalProperties: false,
  };
}

/** The cases of a node, which for some types refuse a `cache`. */
function withCache(
  types: ReadonlyMap<string, NodeTypeShape>,
  cases: ShapeSwitch['cases'],
): ShapeSwitch['cases'] {
  return Object.fromEntries(
    Object.entries(cases).map(([type, each]) => [
      type,
      types.get(type)?.resultBasis === undefined
        ? { ...each, refused: { cache: NOTHING_TO_CACHE } }
        : each,
    ]),
  );
}
