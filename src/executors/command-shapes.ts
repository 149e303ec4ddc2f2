import type { Shape } from '../core/graph/shape.js';

/** Shapes that every node type which runs a command has in its config. */

export const COMMAND: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 4096,
  description: 'A program on PATH or its path; no shell reads it.',
};

export const ARGS: Shape = {
  type: 'array',
  items: { type: 'string', maxLength: 100_000 },
  maxItems: 10_000,
  description: 'Handed over as they are.',
};

export const ENV: Shape = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_.()-]*$', maxLength: 256 },
  additionalProperties: { type: 'string', maxLength: 100_000 },
  maxProperties: 1000,
  description:
    'Added to the clean environment: PATH, HOME, LANG, TZ, TMPDIR and the BATON_ variables.',
};

export const CWD: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 4096,
  description: 'Absolute, or relative to the working folder of the attempt, which is the default.',
};
