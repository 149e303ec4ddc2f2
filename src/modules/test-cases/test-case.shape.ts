import type { Shape } from '../../core/graph/shape.js';

const TEXT = {
  pattern: '^[^\\u0000]*$',
  patternMessage: 'must have no NUL character',
} as const;
const DAY = 86_400;

/** What names a test case: anything printable that an address can carry. */
export const TEST_CASE_NAME =
  /^(?!\.{1,2}$|__proto__$)[^\p{C}\p{Z}](?:[^\p{C}]{0,254}[^\p{C}\p{Z}])?$/u;

/** What may be put into the catalogue under a name. */
export const TEST_CASE_SHAPE: Shape = {
  title: 'Test case',
  type: 'object',
  properties: {
    description: { description: 'For people.', type: 'string', maxLength: 4000 },
    command: {
      description: 'The program to run; there is no shell between.',
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      ...TEXT,
    },
    args: {
      description: 'What it is called with.',
      type: 'array',
      maxItems: 10_000,
      items: { type: 'string', maxLength: 100_000, ...TEXT },
    },
    env: {
      description: 'Added to the clean environment that every command gets.',
      type: 'object',
      maxProperties: 1000,
      propertyNames: {
        pattern: '^[A-Za-z_][A-Za-z0-9_.()-]*$',
        patternMessage: 'must be the name of an environment variable',
        maxLength: 255,
      },
      additionalProperties: { type: 'string', maxLength: 100_000, ...TEXT },
    },
    cwd: {
      description: 'The folder to run in; relative to the working folder of the attempt.',
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      ...TEXT,
    },
    report: {
      description: 'The reports that the command writes.',
      type: 'object',
      properties: { junit: reportPath('JUnit XML'), ctrf: reportPath('CTRF JSON') },
      additionalProperties: false,
      anyOf: [{ required: ['junit'] }, { required: ['ctrf'] }],
    },
    timeout: {
      description: 'Seconds that one attempt may take.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 30 * DAY,
    },
    labels: {
      description: 'Free keys and values.',
      type: 'object',
      maxProperties: 32,
      propertyNames: { minLength: 1, maxLength: 63 },
      additionalProperties: { type: 'string', maxLength: 255 },
    },
  },
  required: ['command'],
  additionalProperties: false,
};

function reportPath(what: string): Shape {
  return {
    description: `${what}: a path, or a glob, below the folder that the command runs in.`,
    type: 'string',
    minLength: 1,
    maxLength: 1024,
    ...TEXT,
  };
}
