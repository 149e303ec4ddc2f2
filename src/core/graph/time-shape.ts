import type { Shape } from './shape.js';

/** A point in time. The pattern lets days through that there are not, as the 31st of February. */
export const POINT_IN_TIME: Shape = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})$',
  patternMessage: 'must be a time with its zone, as in 2030-01-31T06:00:00Z',
};
