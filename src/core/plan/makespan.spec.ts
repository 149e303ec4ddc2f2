import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeDefinition } from '../graph/definition.js';
import { buildPlan } from './build-plan.js';
import { planLevels } from './levels.js';
import { makespanSteps, type MakespanInput, type Standing } from './makespan.js';
import type { Plan } from './plan.js';
import { runSteps } from './run-steps.js';

function planOf(needsOf: readonly (readonly number[])[]): Plan {
  return buildPlan(
    needsOf.map((needs, i): NodeDefinition => ({
      id: `n${i}`,
      type: 'noop',
      needs: needs.map((n) => `n${n}`),
    })),
    { concurrency: 10, timeout: 3600, onFailure: 'finish_branches', priority: 3 },
    { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 },
  );
}

const inTurn = (plan: Plan): Int32Array => Int32Array.from(plan.nodes.keys());

function makespan(plan: Plan, took: readonly number[], more: Partial<MakespanInput> = {}): number {
  return runSteps(
    makespanSteps({
      plan,
      concurrency: 10,
      turnOf: inTurn(plan),
      standingOf: () => 'ahead',
      timeOf: (node) => ({ busy: took[node] ?? 0, elapsed: took[node] ?? 0 }),
      ...more,
    }),
  );
}

const graphs = fc.array(fc.tuple(fc.nat(9), fc.array(fc.nat(1000), { maxLength: 4 })), {
  minLength: 1,
  maxLength: 25,
});

describe('makespanSteps', () => {
  it('lies between the longest path and Graham’s bound, and is exact at the ends', () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 6 }), (raw, concurrency) => {
        const took = raw.map(([ms]) => ms);
        const plan = planOf(
          raw.map(([, picks], i) => (i === 0 ? [] : [...new Set(picks.map((pick) => pick % i))])),
        );
        const path = planLevels(plan, (node) => took[node] ?? 0).criticalDuration;
        const work = took.reduce((sum, ms) => sum + ms, 0);
        const made = makespan(plan, took, { concurrency });
        expect(made).toBeGreaterThanOrEqual(Math.max(path, work / concurrency));
        expect(made).toBeLessThanOrEqual(work / concurrency + (1 - 1 / concurrency) * path + 1e-9);
        expect(makespan(plan, took, { concurrency: 1 })).toBe(work);
        expect(makespan(plan, took, { concurrency: raw.length })).toBe(path);
      }),
    );
  });

  it('starts by turn', () => {
    const plan = planOf([[], [], []]);
    expect(makespan(plan, [2, 2, 4], { concurrency: 2 })).toBe(6);
    expect(makespan(plan, [2, 2, 4], { concurrency: 2, turnOf: Int32Array.from([1, 2, 0]) })).toBe(
      4,
    );
  });

  it('takes no slot for what a node waits', () => {
    const plan = planOf([[], [], [0]]);
    const timeOf = (node: number): { busy: number; elapsed: number } =>
      node === 0 ? { busy: 1, elapsed: 10 } : { busy: 3, elapsed: 3 };
    expect(makespan(plan, [], { concurrency: 1, timeOf })).toBe(13);
  });

  it('goes on from where a job stands', () => {
    const plan = planOf([[], [0], [0], [1, 2]]);
    const standing: Standing[] = ['ended', 'under_way', 'ahead', 'ahead'];
    const standingOf = (node: number): Standing => standing[node] ?? 'ahead';
    expect(makespan(plan, [100, 4, 2, 1], { concurrency: 1, standingOf })).toBe(7);
    expect(makespan(plan, [100, 4, 2, 1], { concurrency: 2, standingOf })).toBe(5);
  });
});
