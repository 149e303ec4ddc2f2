import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReadyQueue } from './ready-queue.js';

const NODES = 12;
const ranks = fc.array(fc.nat(4), { minLength: NODES, maxLength: NODES });

type Step =
  | { readonly do: 'push' | 'remove'; readonly node: number; readonly priority: number }
  | { readonly do: 'start'; readonly count: number }
  | { readonly do: 'rank' };

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom('push' as const, 'remove' as const),
      node: fc.nat(NODES - 1),
      priority: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ do: fc.constant('start' as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.constant({ do: 'rank' as const }),
  ),
  { maxLength: 60 },
);

/** What a queue is to hold, sorted anew at every look. */
class Model {
  waiting: { readonly node: number; readonly priority: number }[] = [];
  ranks: readonly number[] = [];

  first(count: number): number[] {
    const rank = (node: number): number => this.ranks[node] ?? 0;
    return this.waiting
      .map((entry, place) => ({ ...entry, place }))
      .sort((a, b) => b.priority - a.priority || rank(b.node) - rank(a.node) || a.place - b.place)
      .slice(0, count)
      .map(({ node }) => node);
  }
}

function play(queue: ReadyQueue, model: Model, step: Step, given: readonly number[]): void {
  switch (step.do) {
    case 'push':
      model.waiting = model.waiting.filter(({ node }) => node !== step.node);
      model.waiting.push({ node: step.node, priority: step.priority });
      queue.push(step.node, step.priority);
      return;
    case 'remove':
      model.waiting = model.waiting.filter(({ node }) => node !== step.node);
      queue.remove(step.node);
      return;
    case 'start':
      for (const started of queue.peek(step.count)) {
        model.waiting = model.waiting.filter(({ node }) => node !== started);
        queue.remove(started);
      }
      return;
    case 'rank':
      model.ranks = given;
      queue.rankBy(Float64Array.from(given));
  }
}

describe('ReadyQueue', () => {
  it('gives by priority, then by rank where there are ranks, then in turn', () => {
    fc.assert(
      fc.property(ranks, steps, (given, taken) => {
        const queue = new ReadyQueue();
        const model = new Model();
        for (const step of taken as Step[]) {
          const count = step.do === 'start' ? step.count : 3;
          expect(queue.peek(count)).toEqual(model.first(count));
          play(queue, model, step, given);
          expect(queue.size).toBe(model.waiting.length);
          expect(queue.peek(NODES)).toEqual(model.first(NODES));
        }
      }),
    );
  });

  it('takes out of the middle of many without looking for it', () => {
    const many = 200_000;
    const queue = new ReadyQueue();
    for (let node = 0; node < many; node++) queue.push(node, 3);
    for (let node = many - 1; node > 0; node--) queue.remove(node);
    expect(queue.peek(2)).toEqual([0]);
    expect(queue.size).toBe(1);
  });
});
