import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CreationOrder, timePrefix } from './creation-order.js';

describe('CreationOrder', () => {
  it('grows, whatever the clock does, and never falls behind the time', () => {
    const time = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(time, { maxLength: 200 }), (times) => {
        const order = new CreationOrder(() => 0.3);
        let before = '';
        for (const at of times) {
          const next = order.next(at);
          expect(next > before).toBe(true);
          expect(next >= timePrefix(at)).toBe(true);
          before = next;
        }
      }),
    );
  });

  it('takes jobs of one millisecond by the hundred thousand', () => {
    const order = new CreationOrder(Math.random);
    let before = '';
    for (let job = 0; job < 100_000; job += 1) {
      const next = order.next(1_750_000_000_000);
      if (next <= before) throw new Error(`${next} comes after ${before}`);
      before = next;
    }
  });

  it('goes on after what another gave', () => {
    const first = new CreationOrder(() => 0.99);
    const second = new CreationOrder(() => 0);
    const last = [5, 5, 5].map((at) => first.next(at)).at(-1) ?? '';
    second.startAfter(last);
    expect(second.next(4) > last).toBe(true);
    second.startAfter(first.next(3));
    expect(second.next(9) > last).toBe(true);
  });
});
