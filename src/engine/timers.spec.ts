import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../../test/support/engine-fixture.js';
import { Timers, type Timer } from './timers.js';

describe('Timers', () => {
  it('fires every timer once, at its time, unless it was cancelled', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat({ max: 50 }), cancel: fc.boolean() }), { maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        (specs, order) => {
          const clock = new ManualClock();
          const timers = new Timers(clock);
          const start = clock.now();
          const fired: number[] = [];
          const set: Timer[] = specs.map(({ at }, index) =>
            timers.set(start + at, () => {
              expect(clock.now()).toBeGreaterThanOrEqual(start + at);
              fired.push(index);
            }),
          );
          const doomed = specs.flatMap(({ cancel }, index) => (cancel ? [index] : []));
          doomed.sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
          for (const index of doomed) timers.cancel(set[index] as Timer);
          while (clock.fireNext());
          const expected = specs.flatMap(({ cancel }, index) => (cancel ? [] : [index]));
          expect([...fired].sort((a, b) => a - b)).toEqual(expected);
          const times = fired.map((index) => specs[index]?.at ?? 0);
          expect(times).toEqual([...times].sort((a, b) => a - b));
          expect(timers.size).toBe(0);
        },
      ),
    );
  });

  it('keeps timers that callbacks set, and forgets all on clear', () => {
    const clock = new ManualClock();
    const timers = new Timers(clock);
    const fired: string[] = [];
    timers.set(clock.now() + 5, () => {
      fired.push('first');
      timers.set(clock.now() + 5, () => fired.push('second'));
      timers.set(clock.now() + 9, () => fired.push('never'));
    });
    clock.fireNext();
    clock.fireNext();
    timers.clear();
    while (clock.fireNext());
    expect(fired).toEqual(['first', 'second']);
  });
});
