import { isFannedOut, type NodeDefinition } from './definition.js';
import type { Shape } from './shape.js';

/** What a node has to hold while it runs, with how many nodes of the tenant may hold it at once. */
export interface ConcurrencyKey {
  readonly key: string;
  readonly limit: number;
}

/**
 * The concurrency key of a node; a text alone is one that a single node may hold. Of a group of
 * children each needs the key, and the group does not.
 */
export function concurrencyKeyOf(definition: NodeDefinition): ConcurrencyKey | undefined {
  const { concurrency_key: given } = definition;
  if (given === undefined || isFannedOut(definition)) return undefined;
  return typeof given === 'string' ? { key: given, limit: 1 } : { limit: 1, ...given };
}

const KEY: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^(?!.*\\{%)[^\\u0000-\\u001f\\u007f]*$',
  patternMessage:
    'must be plain text without control characters; expressions ({% %}) are not evaluated in it',
};

export const CONCURRENCY_KEY: Shape = {
  description:
    'What the node has to hold while it runs: among all jobs of the tenant no more nodes with the same ' +
    'key run at once than the limit says. It is held from the start of an attempt, also while the node ' +
    'waits (for an approval, say), and not between two attempts; of a node with `for_each` or `matrix` each child needs it. A text alone has the limit 1.',
  anyOf: [
    KEY,
    {
      type: 'object',
      properties: {
        key: KEY,
        limit: {
          description: 'How many nodes may hold the key when this one starts, itself included.',
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 1,
        },
      },
      required: ['key'],
      additionalProperties: false,
    },
  ],
};
