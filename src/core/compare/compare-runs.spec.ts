import { describe, expect, it } from '@jest/globals';
import type { NodeDefinition } from '../graph/definition.js';
import type { JobHeader } from '../job/job-record.js';
import { runSteps } from '../plan/run-steps.js';
import {
  compareRunsSteps,
  MAX_COMPARED,
  outcomeOf,
  type ComparedRun,
  type NodeOutcome,
  type RunComparison,
} from './compare-runs.js';

const HEADER: JobHeader = {
  tenantId: 'acme',
  jobId: 'j',
  owner: 'anna',
  name: 'nightly',
  labels: { branch: 'main' },
  priority: 3,
  createdAt: 1,
  nodeCount: 1,
  types: ['noop'],
  concurrency: 10,
  timeout: 60,
  onFailure: 'finish_branches',
  correlationId: 'c',
};
const done = (ms: number, hash?: string): NodeOutcome => ({
  status: 'completed',
  attempts: 1,
  duration_ms: ms,
  ...(hash === undefined ? {} : { output_hash: hash }),
});
const failed: NodeOutcome = { status: 'failed', attempts: 3, error_code: 'process_exit' };

function run(
  outcomes: Readonly<Record<string, NodeOutcome>>,
  header: Partial<JobHeader> = {},
  definition: Partial<NodeDefinition> = {},
): ComparedRun {
  const nodes = Object.keys(outcomes).map((id) => ({ id, type: 'noop', ...definition }));
  return { header: { ...HEADER, ...header }, nodes, outcomes: Object.values(outcomes) };
}

const compare = (a: ComparedRun, b: ComparedRun): RunComparison => runSteps(compareRunsSteps(a, b));

describe('comparing two runs', () => {
  it('finds nothing between a run and itself', () => {
    const a = run({ x: done(5, 'h'), y: failed });
    const { settings, counts, nodes, truncated } = compare(a, a);
    expect({ settings, counts, truncated }).toEqual({
      settings: [],
      counts: { common: 2, differing: 0, only_in_a: 0, only_in_b: 0 },
      truncated: false,
    });
    expect(nodes.map(({ differs }) => differs)).toEqual([[], []]);
  });

  it('puts those that differ first, and says in what', () => {
    const a = run({ same: done(10, 'h'), out: done(10, 'h'), ends: done(10), gone: done(1) });
    const b = run({ ends: failed, out: done(25, 'i'), same: done(20, 'h'), here: done(1) });
    expect(compare(a, b)).toMatchObject({
      only_in_a: ['gone'],
      only_in_b: ['here'],
      counts: { common: 3, differing: 2, only_in_a: 1, only_in_b: 1 },
      nodes: [
        { id: 'out', differs: ['output'], output_equal: false, duration_ratio: 2.5 },
        { id: 'ends', differs: ['status', 'attempts', 'error'], a: done(10), b: failed },
        { id: 'same', differs: [], output_equal: true, duration_ratio: 2 },
      ],
      totals: { a: { attempts: 4, node_ms: 31 }, b: { attempts: 6, node_ms: 46 } },
    });
  });

  it('says what was chosen otherwise, and nothing of what the service gave', () => {
    const a = run({}, { jobId: 'a', createdAt: 1, inputs: { x: 1, y: 1 } });
    const b = run(
      {},
      { jobId: 'b', createdAt: 2, inputs: { x: 2, y: 1 }, labels: {}, priority: 5 },
    );
    expect(compare(a, b).settings).toEqual([
      { field: '/labels/branch', change: 'removed', before: 'main' },
      { field: '/priority', change: 'changed', before: 3, after: 5 },
      { field: '/inputs/x', change: 'changed', before: 1, after: 2 },
    ]);
  });

  it('tells a definition that changed, and does not guess at outputs that it has not seen', () => {
    const [node] = compare(
      run({ x: { ...done(0), output_unknown: true } }),
      run({ x: done(5, 'h') }, {}, { config: { a: 1 } }),
    ).nodes;
    expect(node).toMatchObject({ differs: ['definition'] });
    expect(node).not.toHaveProperty('output_equal');
    expect(node).not.toHaveProperty('duration_ratio');
  });

  it('lists no more than it may, and counts all', () => {
    const ids = Array.from({ length: MAX_COMPARED + 5 }, (_, at) => `n${at}`);
    const all = (outcome: NodeOutcome): ComparedRun =>
      run(Object.fromEntries(ids.map((id) => [id, outcome])));
    const { nodes, counts, truncated } = compare(all(done(1)), all(failed));
    expect(nodes).toHaveLength(MAX_COMPARED);
    expect(counts).toMatchObject({ common: ids.length, differing: ids.length });
    expect(truncated).toBe(true);
  });
});

describe('what a node came to', () => {
  it('is timed from its first attempt', () => {
    const history = [{ attempt: 1, status: 'failed', started_at: 10, finished_at: 20 }] as const;
    const node = {
      index: 0,
      status: 'completed',
      attempt: 2,
      startedAt: 50,
      finishedAt: 60,
    } as const;
    expect(outcomeOf({ ...node, history }, {})).toMatchObject({ attempts: 2, duration_ms: 50 });
    expect(outcomeOf(node, { output_hash: 'h' })).toMatchObject({
      duration_ms: 10,
      output_hash: 'h',
    });
    expect(outcomeOf({ index: 0, status: 'running', attempt: 1, startedAt: 5 }, {})).toEqual({
      status: 'running',
      attempts: 1,
    });
  });
});
