import { describe, expect, it } from '@jest/globals';
import { attemptContext } from '../../test/support/attempt-context.js';
import { checkShape } from '../core/graph/check-shape.js';
import { noopExecutor } from './noop.js';

describe('noop', () => {
  it('completes at once, without a promise and without making a signal', () => {
    const context = attemptContext({});
    Object.defineProperty(context, 'signal', {
      get: () => {
        throw new Error('signal was looked at');
      },
    });
    expect(noopExecutor.execute(context)).toEqual({ status: 'completed' });
  });

  it.each([null, false, 0, '', [], { a: 1 }])('hands %j on', (output) => {
    expect(noopExecutor.execute(attemptContext({ output }))).toEqual({
      status: 'completed',
      output,
    });
  });

  it('refuses unknown keys', () => {
    expect(checkShape(noopExecutor.configShape, { output: 1 }).problems).toEqual([]);
    expect(checkShape(noopExecutor.configShape, { outputs: 1 }).problems).toHaveLength(1);
  });
});
