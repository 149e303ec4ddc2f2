import { describe, expect, it } from '@jest/globals';
import type { NodeDefinition } from '../graph/definition.js';
import { buildPlan } from './build-plan.js';
import { knownDurationSteps, type Durations } from './durations.js';
import type { Interval } from './interval.js';
import { predictSteps, type Progressed } from './predict.js';
import { runSteps } from './run-steps.js';

const took = (...ms: number[]): Durations => ms.map((busy) => ({ busy, elapsed: busy }));
const node = (id: string, ...needs: string[]): NodeDefinition => ({ id, type: 'shell', needs });

function predict(
  nodes: readonly NodeDefinition[],
  byNode: Readonly<Record<string, Durations>>,
  more: {
    readonly byType?: Durations;
    readonly progress?: readonly Partial<Progressed>[];
    readonly concurrency?: number;
  } = {},
): Interval | undefined {
  const { concurrency = 10 } = more;
  const plan = buildPlan(
    nodes,
    { concurrency, timeout: 3600, onFailure: 'finish_branches', priority: 3 },
    { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 },
  );
  const byType = new Map(more.byType === undefined ? [] : [['shell', more.byType]]);
  const known = runSteps(knownDurationSteps(plan, new Map(Object.entries(byNode)), byType));
  const turns = Int32Array.from(plan.nodes.keys());
  const ahead: Progressed = { standing: 'ahead', elapsed: 0, idle: false, atLeast: 0 };
  const { progress } = more;
  return runSteps(predictSteps(plan, known, turns, (at) => ({ ...ahead, ...progress?.[at] })));
}

const CHAIN = [node('a'), node('b', 'a')];

describe('predictSteps', () => {
  it('says nothing when nothing is known', () => {
    expect(predict(CHAIN, {})).toBeUndefined();
  });

  it('plays earlier runs through, each node with what it took in the same run', () => {
    // What one node is slower by, the other is faster by: no run took longer than another.
    const a = Array.from({ length: 20 }, (_, run) => 100 + 10 * run);
    const together = predict(CHAIN, { a: took(...a), b: took(...a.map((ms) => 400 - ms)) });
    expect(together).toEqual({ expected: 400, low: 400, high: 400 });
    const alike = predict(CHAIN, { a: took(...a), b: took(...a) });
    expect(alike?.high).toBeGreaterThan(500);
  });

  it('knows that not all run at once', () => {
    const all = { a: took(10), b: took(10), c: took(10), d: took(10) };
    const nodes = [node('a'), node('b'), node('c'), node('d')];
    expect(predict(nodes, all, { concurrency: 2 })?.expected).toBe(20);
  });

  it('takes the type of a node, and else the other nodes, for one that is not known', () => {
    const own = predict(CHAIN, { a: took(30), b: took(30) });
    const byType = predict(CHAIN, { a: took(30) }, { byType: took(50) });
    expect(byType?.expected).toBe(80);
    expect((byType?.high ?? 0) / 80).toBeGreaterThanOrEqual((own?.high ?? 0) / 60);
    expect(predict(CHAIN, { a: took(30) })?.expected).toBe(60);
  });

  it('leaves out what has ended, and gives what is late the time of a run that took longer', () => {
    const known = { a: took(10), b: took(10, 30, 10) };
    const progress = (elapsed: number, atLeast = 0): Partial<Progressed>[] => [
      { standing: 'ended' },
      { standing: 'under_way', elapsed, atLeast },
    ];
    expect(predict(CHAIN, known, { progress: progress(4) })?.expected).toBe(6);
    expect(predict(CHAIN, known, { progress: progress(20) })?.expected).toBe(10);
    expect(predict(CHAIN, known, { progress: progress(40) })?.expected).toBe(0);
    expect(predict(CHAIN, known, { progress: progress(40, 7) })?.expected).toBe(7);
  });

  it('does not count nodes that run only when something fails', () => {
    const nodes = [...CHAIN, { ...node('alarm', 'b'), trigger_rule: 'one_failed' as const }];
    expect(predict(nodes, { a: took(10), b: took(10), alarm: took(99) })?.expected).toBe(20);
  });
});
