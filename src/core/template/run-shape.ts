import type { Shape } from '../graph/shape.js';

/** What a run of a template may say: which revision, the inputs, and all that a job may but its graph. */
export function runShape({ properties = {} }: Shape): Shape {
  const settings = Object.entries(properties).filter(([field]) => field !== 'dag_definition');
  return {
    title: 'Run of a template',
    type: 'object',
    properties: {
      revision: { description: 'The latest when left out.', type: 'integer', minimum: 1 },
      ...Object.fromEntries(settings),
    },
    additionalProperties: false,
  };
}
