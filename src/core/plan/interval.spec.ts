import { describe, expect, it } from '@jest/globals';
import { intervalOf } from './interval.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => 100 + at);

describe('intervalOf', () => {
  it('reads it from the runs when there are enough', () => {
    expect(intervalOf(upTo(19), 19, 1)).toEqual({ expected: 109, low: 101, high: 117 });
    expect(intervalOf(upTo(9), 9, 1)).toEqual({ expected: 104, low: 100, high: 108 });
  });

  it('gives no false precision after a few runs that were alike', () => {
    expect(intervalOf([100], 1, 1)).toEqual({
      expected: 100,
      low: expect.closeTo(50),
      high: expect.closeTo(200),
    });
    const two = intervalOf([100, 100], 2, 1);
    expect([two.low, two.high]).toEqual([expect.closeTo(70.7, 1), expect.closeTo(141.4, 1)]);
    const few = intervalOf([100, 200, 400], 3, 1);
    expect(few.high).toBeGreaterThan(400);
    expect(few.low).toBeLessThan(100);
  });

  it('is wider where nodes are known by their type only', () => {
    const { expected, low, high } = intervalOf(upTo(19), 19, 0);
    expect([low, high]).toEqual([expect.closeTo(expected / 2), expect.closeTo(expected * 2)]);
  });

  it('says nothing beyond the runs it comes from', () => {
    expect(intervalOf(upTo(20), 1, 1).high).toBeGreaterThan(200);
  });

  it('holds nothing when nothing is left', () => {
    expect(intervalOf([0, 0, 0], 3, 1)).toEqual({ expected: 0, low: 0, high: 0 });
  });
});
