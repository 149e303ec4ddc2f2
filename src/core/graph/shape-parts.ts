import { JITTERS, RETRY_STRATEGIES, RETRYABLE_CLASSES } from '../retry/retry-policy.js';
import type { Shape } from './shape.js';

/** Seconds. */
export const DAY = 86_400;

/** Priorities that have names. */
export const PRIORITY_WORDS: ReadonlyMap<string, number> = new Map([
  ['low', 1],
  ['medium', 3],
  ['high', 5],
]);

export const NO_CONTROL_CHARACTERS = {
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  patternMessage: 'must have no control characters',
} as const;

/** What may be the id of a node. */
export const NODE_ID: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: '^(?!__proto__$)[A-Za-z0-9_][A-Za-z0-9_.:-]*$',
  patternMessage:
    'must consist of letters, digits, "_", ".", ":" and "-", start with a letter, digit or "_", and not be "__proto__"',
};

export const NAME: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  ...NO_CONTROL_CHARACTERS,
};

/** A priority, as a number or a word. */
export const PRIORITY: Shape = {
  description: 'From 1 (low) to 5 (high); low is 1, medium is 3, high is 5.',
  enum: [1, 2, 3, 4, 5, ...PRIORITY_WORDS.keys()],
};

export const TIMEOUT: Shape = { type: 'number', exclusiveMinimum: 0, maximum: 30 * DAY };

export const RETRY: Shape = {
  title: 'Retry policy',
  description:
    'How often and how soon a failed attempt is followed by another. Durations are in seconds. ' +
    'What is left out comes from the configuration of the service.',
  type: 'object',
  properties: {
    max_attempts: {
      description: 'Attempts in all, the first included.',
      type: 'integer',
      minimum: 1,
      maximum: 100,
    },
    strategy: { enum: RETRY_STRATEGIES, default: 'exponential' },
    delay: {
      description: 'Before the second attempt.',
      type: 'number',
      minimum: 0,
      maximum: DAY,
      default: 1,
    },
    factor: {
      description: 'What the exponential strategy multiplies by.',
      type: 'number',
      minimum: 1,
      maximum: 100,
      default: 2,
    },
    max_delay: {
      description: 'No wait is longer.',
      type: 'number',
      minimum: 0,
      maximum: DAY,
    },
    jitter: { enum: JITTERS, default: 'full' },
    retry_on: {
      description:
        'The classes of errors after which another attempt is made. Left out: all of them. What was ' +
        'cancelled, or is known not to be mended by another attempt, is never tried again.',
      type: 'array',
      items: { enum: RETRYABLE_CLASSES },
      maxItems: RETRYABLE_CLASSES.length,
    },
  },
  additionalProperties: false,
};
