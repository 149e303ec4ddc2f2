import type { NodeTypeShape } from './node-shape.js';

/** Node types for specs, with every kind of choice that real ones offer. */
export const NODE_TYPES: ReadonlyMap<string, NodeTypeShape> = new Map<string, NodeTypeShape>([
  [
    'noop',
    {
      summary: 'Does nothing.',
      configShape: { type: 'object', properties: { output: {} }, additionalProperties: false },
    },
  ],
  [
    'delay',
    {
      summary: 'Waits.',
      configShape: {
        type: 'object',
        properties: {
          seconds: { type: 'number', minimum: 0, maximum: 86_400 },
          until: { type: 'string', minLength: 1, maxLength: 40 },
        },
        oneOf: [{ required: ['seconds'] }, { required: ['until'] }],
        additionalProperties: false,
      },
    },
  ],
  [
    'http',
    {
      summary: 'Asks a service.',
      resultBasis: true,
      configShape: {
        type: 'object',
        properties: {
          url: { type: 'string', minLength: 1, maxLength: 2048, pattern: '^https?://' },
          headers: { type: 'object', additionalProperties: { type: 'string' } },
          expect: {
            type: 'object',
            properties: {
              status: {
                anyOf: [
                  { type: 'integer', minimum: 100, maximum: 599 },
                  { type: 'array', items: { type: 'integer', minimum: 100 }, minItems: 1 },
                ],
              },
            },
            additionalProperties: false,
          },
        },
        required: ['url'],
        additionalProperties: false,
      },
    },
  ],
]);
