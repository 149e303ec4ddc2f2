import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeDefinition } from '../graph/definition.js';
import { buildPlan, planSteps } from './build-plan.js';
import type { Plan, PlanDefaults, PlanSettings } from './plan.js';

const settings: PlanSettings = {
  concurrency: 10,
  timeout: 3600,
  onFailure: 'finish_branches',
  priority: 3,
};
const defaults: PlanDefaults = {
  maxAttempts: 3,
  maxRetryDelay: 300,
  concurrency: 10,
  timeout: 3600,
};

/** Nodes `0…n-1` in a shuffled definition order, each needing some with a lower number. */
const randomDag = fc
  .integer({ min: 1, max: 30 })
  .chain((size) =>
    fc.tuple(
      fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 90 }),
    ),
  )
  .map(([numbers, pairs]): NodeDefinition[] =>
    numbers.map((number) => {
      const needs = new Set(
        pairs
          .filter(([a, b]) => Math.max(a, b) === number && a !== b)
          .map(([a, b]) => Math.min(a, b)),
      );
      return { id: `n${number}`, type: 'noop', needs: [...needs].map((need) => `n${need}`) };
    }),
  );

function neighbours(plan: Plan, index: number): string[] {
  const { offsets, targets } = plan.successors;
  return [...targets.slice(offsets[index], offsets[index + 1])].map((i) => idAt(plan, i));
}

function idAt(plan: Plan, index: number): string {
  return plan.nodes[index]?.definition.id ?? '';
}

/** Of all nodes whose dependencies are placed, the first in the definition, again and again. */
function naiveOrder(nodes: readonly NodeDefinition[]): string[] {
  const placed: string[] = [];
  while (placed.length < nodes.length) {
    const next = nodes.find(
      ({ id, needs = [] }) => !placed.includes(id) && needs.every((need) => placed.includes(need)),
    );
    placed.push(next?.id ?? '');
  }
  return placed;
}

describe('buildPlan', () => {
  it('links, counts and orders random graphs as a naive reading does', () => {
    fc.assert(
      fc.property(randomDag, (nodes) => {
        const plan = buildPlan(nodes, settings, defaults);
        expect([...plan.order].map((i) => idAt(plan, i))).toEqual(naiveOrder(nodes));
        for (const [index, node] of nodes.entries()) {
          expect(plan.indexOf.get(node.id)).toBe(index);
          expect(plan.dependencyCount[index]).toBe(node.needs?.length ?? 0);
          expect(neighbours(plan, index)).toEqual(
            nodes.filter(({ needs }) => needs?.includes(node.id)).map(({ id }) => id),
          );
        }
      }),
    );
  });

  it('fills in defaults and shares one retry policy among nodes that say nothing', () => {
    const plan = buildPlan(
      [
        { id: 'a', type: 'noop' },
        { id: 'b', type: 'noop', needs: ['a'] },
        {
          id: 'c',
          type: 'noop',
          retry: { max_attempts: 7, jitter: 'none' },
          trigger_rule: 'always',
          priority: 5,
        },
      ],
      settings,
      defaults,
    );
    const [a, b, c] = plan.nodes;
    expect(a?.retry).toEqual({
      max_attempts: 3,
      strategy: 'exponential',
      delay: 1,
      factor: 2,
      max_delay: 300,
      jitter: 'full',
    });
    expect(b?.retry).toBe(a?.retry);
    expect(c?.retry).toEqual({ ...a?.retry, max_attempts: 7, jitter: 'none' });
    expect([a?.triggerRule, c?.triggerRule]).toEqual(['all_success', 'always']);
    expect([a?.priority, c?.priority]).toEqual([3, 5]);
  });

  it('says what is wrong with a definition that never compiled', () => {
    const needs = (id: string, ...others: string[]): NodeDefinition => ({
      id,
      type: 'noop',
      needs: others,
    });
    expect(() => buildPlan([needs('a', 'x')], settings, defaults)).toThrow('needs "x"');
    expect(() => buildPlan([needs('a', 'b'), needs('b', 'a')], settings, defaults)).toThrow(
      'cycle',
    );
  });

  it('yields often, also within a node of many dependencies', () => {
    const sources = Array.from({ length: 20_000 }, (_, i) => ({ id: `s${i}`, type: 'noop' }));
    const nodes: NodeDefinition[] = [
      ...sources,
      { id: 'join', type: 'noop', needs: sources.map(({ id }) => id) },
    ];
    const steps = planSteps(nodes, settings, defaults);
    let yields = 0;
    while (steps.next().done !== true) yields++;
    expect(yields).toBeGreaterThan(100);
  });
});
