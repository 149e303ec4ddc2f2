import { PRIORITY } from '../../../core/graph/shape-parts.js';
import type { Shape } from '../../../core/graph/shape.js';

/** Bytes of a payload, as JSON. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;

/** The body of an approval or a rejection. */
export const JUDGEMENT_SHAPE: Shape = {
  type: 'object',
  properties: {
    comment: { description: 'Why; kept with the job.', type: 'string', maxLength: 2_000 },
  },
  additionalProperties: false,
};

/** The body of a change of priority. */
export const PRIORITY_SHAPE: Shape = {
  type: 'object',
  properties: { priority: PRIORITY },
  required: ['priority'],
  additionalProperties: false,
};

/** The body of a signal. */
export const SIGNAL_SHAPE: Shape = {
  type: 'object',
  properties: { payload: { description: 'Any JSON value.' } },
  additionalProperties: false,
};
