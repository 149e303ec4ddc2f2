import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeDefinition } from '../graph/definition.js';
import { buildPlan } from './build-plan.js';
import { groupByLevel, planLevels } from './levels.js';
import type { Plan } from './plan.js';

function planOf(nodes: readonly NodeDefinition[]): Plan {
  return buildPlan(
    nodes,
    { concurrency: 10, timeout: 3600, onFailure: 'finish_branches', priority: 3 },
    { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 },
  );
}

/** Node `i` needs some of those before it, and is expected to take a whole number of units. */
const graphs = fc.array(fc.tuple(fc.nat(9), fc.array(fc.nat(1000), { maxLength: 4 })), {
  minLength: 1,
  maxLength: 25,
});

describe('planLevels', () => {
  it('agrees with every path walked one by one', () => {
    fc.assert(
      fc.property(graphs, (raw) => {
        const needsOf = raw.map(([, picks], i) =>
          i === 0 ? [] : [...new Set(picks.map((pick) => pick % i))],
        );
        const durationOf = (index: number): number => raw[index]?.[0] ?? 0;
        const depth = (i: number): number =>
          Math.max(0, ...(needsOf[i] ?? []).map((need) => depth(need) + 1));
        const end = (i: number): number =>
          durationOf(i) + Math.max(0, ...(needsOf[i] ?? []).map(end));
        const plan = planOf(
          needsOf.map((needs, i) => ({
            id: `n${i}`,
            type: 'noop',
            needs: needs.map((n) => `n${n}`),
          })),
        );
        const levels = planLevels(plan, durationOf);

        expect([...levels.levelOf]).toEqual(raw.map((_, i) => depth(i)));
        expect(groupByLevel(levels).map((group) => group.length)).toEqual(levels.widths);
        expect(groupByLevel(levels).flat()).toHaveLength(raw.length);
        expect(levels.criticalDuration).toBe(Math.max(...raw.map((_, i) => end(i))));
        const path = levels.criticalPath;
        expect(path.reduce((sum, i) => sum + durationOf(i), 0)).toBe(levels.criticalDuration);
        for (const [place, index] of path.slice(1).entries()) {
          expect(needsOf[index]).toContain(path[place]);
        }
        expect(planLevels(plan).criticalDuration).toBe(levels.widths.length);
      }),
    );
  });

  it('walks a chain of 100,000 nodes', () => {
    const nodes = Array.from({ length: 100_000 }, (_, i): NodeDefinition =>
      i === 0 ? { id: 'n0', type: 'noop' } : { id: `n${i}`, type: 'noop', needs: [`n${i - 1}`] },
    );
    const levels = planLevels(planOf(nodes));
    expect(levels.criticalDuration).toBe(100_000);
    expect(levels.criticalPath.at(-1)).toBe(99_999);
  });
});
