import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeDefinition } from '../graph/definition.js';
import { buildPlan } from './build-plan.js';
import type { Plan } from './plan.js';
import { rankSteps, ranksDifferSteps } from './ranks.js';
import { runSteps } from './run-steps.js';

function planOf(nodes: readonly NodeDefinition[]): Plan {
  return buildPlan(
    nodes,
    { concurrency: 10, timeout: 3600, onFailure: 'finish_branches', priority: 3 },
    { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 },
  );
}

/** Node `i` needs some of those before it, and is expected to take so long. */
const graphs = fc.array(fc.tuple(fc.nat(9), fc.array(fc.nat(1000), { maxLength: 4 })), {
  minLength: 1,
  maxLength: 25,
});

const noop = (id: string, ...needs: string[]): NodeDefinition => ({ id, type: 'noop', needs });
const differ = (nodes: readonly NodeDefinition[], durations?: readonly number[]): boolean => {
  const plan = planOf(nodes);
  const durationOf = durations === undefined ? undefined : (at: number) => durations[at] ?? 0;
  return runSteps(ranksDifferSteps(plan, runSteps(rankSteps(plan, durationOf))));
};

describe('rankSteps', () => {
  it('agrees with every path walked one by one', () => {
    fc.assert(
      fc.property(graphs, (raw) => {
        const needsOf = raw.map(([, picks], i) =>
          i === 0 ? [] : [...new Set(picks.map((pick) => pick % i))],
        );
        const durationOf = (i: number): number => raw[i]?.[0] ?? 0;
        const remaining = (i: number): number =>
          durationOf(i) +
          Math.max(0, ...needsOf.flatMap((needs, j) => (needs.includes(i) ? [remaining(j)] : [])));
        const plan = planOf(needsOf.map((needs, i) => noop(`n${i}`, ...needs.map((n) => `n${n}`))));
        expect([...runSteps(rankSteps(plan, durationOf))]).toEqual(raw.map((_, i) => remaining(i)));
      }),
    );
  });

  it('counts nodes where nothing is known', () => {
    const plan = planOf([noop('a'), noop('b', 'a'), noop('c', 'a'), noop('d', 'c')]);
    expect([...runSteps(rankSteps(plan))]).toEqual([3, 1, 2, 1]);
  });
});

describe('ranksDifferSteps', () => {
  const fan = [noop('a'), noop('b', 'a'), noop('c', 'a'), noop('d', 'b', 'c')];

  it('says nothing of chains and of layers that are alike', () => {
    expect(differ([noop('a'), noop('b', 'a'), noop('c', 'b')], [5, 1, 9])).toBe(false);
    expect(differ(fan)).toBe(false);
  });

  it('tells a longer branch, and a slower node', () => {
    expect(differ([...fan, noop('e', 'a')])).toBe(true);
    expect(differ(fan, [1, 2, 3, 1])).toBe(true);
  });
});
