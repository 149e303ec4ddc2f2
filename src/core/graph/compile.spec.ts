import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planSteps } from '../plan/build-plan.js';
import type { PlanDefaults } from '../plan/plan.js';
import { runSteps } from '../plan/run-steps.js';
import { compile, compileSteps } from './compile.js';
import type { CompileResult } from './compile.js';
import { jobShape } from './job-shape.js';
import { NODE_TYPES } from './node-types.fixture.js';

const defaults: PlanDefaults = {
  maxAttempts: 3,
  maxRetryDelay: 300,
  concurrency: 10,
  timeout: 3600,
};
const options = { shape: jobShape(NODE_TYPES), defaults };

interface Node {
  readonly id: string;
  readonly [field: string]: unknown;
}

function job(nodes: readonly Node[], edges?: readonly unknown[], more: object = {}): unknown {
  const typed = nodes.map((node) => ({ type: 'noop', ...node }));
  return { name: 'job', dag_definition: { nodes: typed, ...(edges && { edges }) }, ...more };
}

function problemsOf(result: CompileResult): string[] {
  return result.ok
    ? []
    : result.problems.map(({ pointer, code, message }) => `${pointer} ${code}: ${message}`);
}

function compiled(input: unknown): Extract<CompileResult, { ok: true }> {
  const result = compile(input, options);
  if (!result.ok) throw new Error(problemsOf(result).join('\n'));
  return result;
}

describe('compile', () => {
  it('fills in what a job leaves open and keeps what its nodes do', () => {
    const { job: normalized, plan } = compiled(job([{ id: 'test1' }]));
    expect(normalized).toEqual({
      name: 'job',
      labels: {},
      priority: 3,
      concurrency: 10,
      timeout: 3600,
      onFailure: 'finish_branches',
      nodes: [{ id: 'test1', type: 'noop' }],
    });
    expect(plan.settings).toEqual({
      concurrency: 10,
      timeout: 3600,
      onFailure: 'finish_branches',
      priority: 3,
    });
  });

  it('merges edges into needs, each once, and turns priority words into numbers', () => {
    const { job: normalized, plan } = compiled(
      job(
        [
          { id: 'a', needs: [], priority: 'low' },
          { id: 'b', needs: ['a', 'a'] },
          { id: 'c', needs: ['a'], priority: 4, config: { output: 1 } },
          { id: 'd' },
        ],
        [
          { from: 'a', to: 'b' },
          { from: 'b', to: 'c' },
          { from: 'b', to: 'c' },
          { from: 'c', to: 'd' },
        ],
        { priority: 'high', labels: { branch: 'main' }, description: 'x', inputs: { a: 1 } },
      ),
    );
    expect(normalized.nodes).toEqual([
      { id: 'a', type: 'noop', priority: 1 },
      { id: 'b', type: 'noop', needs: ['a'] },
      { id: 'c', type: 'noop', needs: ['a', 'b'], priority: 4, config: { output: 1 } },
      { id: 'd', type: 'noop', needs: ['c'] },
    ]);
    expect(normalized).toMatchObject({ priority: 5, description: 'x', inputs: { a: 1 } });
    expect(plan.nodes.map(({ priority }) => priority)).toEqual([1, 5, 4, 5]);
  });

  it('makes the plan that its own output gives when read back', () => {
    const raw = fc.array(fc.tuple(fc.boolean(), fc.array(fc.nat(1000), { maxLength: 4 })), {
      minLength: 1,
      maxLength: 25,
    });
    fc.assert(
      fc.property(raw, (graph) => {
        const edges: object[] = [];
        const nodes = graph.map(([byEdges, picks], i): Node => {
          const needs = i === 0 ? [] : picks.map((pick) => `n${pick % i}`);
          if (byEdges) edges.push(...needs.map((from) => ({ from, to: `n${i}` })));
          return { id: `n${i}`, ...(!byEdges && { needs }) };
        });
        const { job: normalized, plan } = compiled(job(nodes, edges));
        const again = runSteps(planSteps(normalized.nodes, plan.settings, defaults));
        expect(again).toEqual(plan);
        expect([...plan.order]).toEqual(nodes.map((_, i) => i));
      }),
    );
  });

  it('tells every problem at once, by where it stands in the document', () => {
    const result = compile(
      job(
        [
          { id: 'a', needs: ['b', 'zz', 'a'] },
          { id: 'b', needs: ['c'], retires: {}, timeout: -1 },
          { id: 'c', type: 'htp' },
          { id: 'a' },
          { id: 'slow', type: 'delay', config: {} },
          { id: 'x y', priority: 9 },
        ],
        [
          { from: 'a', to: 'c' },
          { from: 'solw', to: 'b' },
          { from: 'b', to: 'b' },
          { form: 'a', to: 'b' },
        ],
        { timeout: 1e9, lables: {} },
      ),
      options,
    );
    expect(problemsOf(result)).toEqual([
      '/dag_definition/nodes/1/retires unknown_field: unknown field "retires"; did you mean "retry"?',
      '/dag_definition/nodes/1/timeout too_small: must be more than 0',
      '/dag_definition/nodes/2/type unknown_type: unknown type "htp"; did you mean "http"? (known: "noop", "delay", "http")',
      '/dag_definition/nodes/4/config one_of: must have exactly one of: seconds, until',
      expect.stringContaining('/dag_definition/nodes/5/id pattern: must consist of letters'),
      '/dag_definition/nodes/5/priority enum: must be one of: 1, 2, 3, 4, 5, low, medium, high',
      '/dag_definition/edges/3 required: must have the field "from"',
      '/dag_definition/edges/3/form unknown_field: unknown field "form"; did you mean "from"?',
      '/timeout too_large: must be at most 2592000',
      '/lables unknown_field: unknown field "lables"; did you mean "labels"?',
      '/dag_definition/nodes/3/id duplicate_id: "a" is also the id of /dag_definition/nodes/0; give each node an id of its own',
      '/dag_definition/nodes/0/needs/1 unknown_node: no node has the id "zz"',
      '/dag_definition/nodes/0/needs/2 self_edge: a node cannot depend on itself',
      '/dag_definition/edges/1/from unknown_node: no node has the id "solw"; did you mean "slow"?',
      '/dag_definition/edges/2 self_edge: a node cannot depend on itself',
      '/dag_definition/nodes/0 cycle: the nodes wait for each other: a -> c -> b -> a; take out one of these dependencies',
    ]);
  });

  it('tells one cycle of every knot, and only of nodes that are knotted', () => {
    const result = compile(
      job(
        [
          { id: 'before' },
          { id: 'a', needs: ['before', 'b'] },
          { id: 'b', needs: ['a'] },
          { id: 'after', needs: ['b', 'y'] },
          { id: 'x', needs: ['z'] },
          { id: 'y', needs: ['x', 'a'] },
          { id: 'z', needs: ['y'] },
        ],
        [],
      ),
      options,
    );
    expect(problemsOf(result).map((line) => line.split(': ')[2])).toEqual([
      'a -> b -> a; take out one of these dependencies',
      'x -> y -> z -> x; take out one of these dependencies',
    ]);
  });

  it('finds a cycle exactly when there is one, and one that is there', () => {
    const graphs = fc.integer({ min: 2, max: 8 }).chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.array(
          fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([from, to]) => from !== to),
          { maxLength: 14 },
        ),
      ),
    );
    fc.assert(
      fc.property(graphs, ([size, pairs]) => {
        const reach = Array.from({ length: size }, (_, i) =>
          Array.from({ length: size }, (_x, j) => pairs.some(([a, b]) => a === i && b === j)),
        );
        for (let k = 0; k < size; k++)
          for (const row of reach)
            if (row[k]) for (let j = 0; j < size; j++) row[j] ||= reach[k]?.[j] ?? false;
        const knots = new Set(
          reach.flatMap((row, i) =>
            row[i] ? [reach.findIndex((other, j) => other[i] && row[j])] : [],
          ),
        );
        const nodes = Array.from({ length: size }, (_, i) => ({ id: `n${i}` }));
        const edges = pairs.map(([a, b]) => ({ from: `n${a}`, to: `n${b}` }));
        const result = compile(job(nodes, edges), options);
        const told = result.ok ? [] : result.problems;
        expect(told).toHaveLength(knots.size);
        for (const { message, pointer } of told) {
          const path = [...message.matchAll(/n(\d)(?= ->|;)/g)].map(([, digit]) => Number(digit));
          expect(path.at(-1)).toBe(path[0]);
          expect(pointer).toBe(`/dag_definition/nodes/${path[0] ?? ''}`);
          for (const [i, to] of path.slice(1).entries()) {
            expect(pairs).toContainEqual([path[i], to]);
          }
        }
      }),
    );
  });

  it('refuses a node or inputs over 1 MiB, not counting needs', () => {
    const big = 'ä'.repeat(524_288);
    const result = compile(
      job([{ id: 'a', config: { output: big } }], [], { inputs: { big } }),
      options,
    );
    expect(problemsOf(result).map((line) => line.split(':')[0])).toEqual([
      '/inputs too_big',
      '/dag_definition/nodes/0 too_big',
    ]);
    const ids = Array.from({ length: 10_000 }, (_, i) => `${'n'.repeat(120)}${i}`);
    compiled(job([...ids.map((id) => ({ id })), { id: 'join', needs: ids }]));
  });

  it('compiles 100,000 nodes in steps', () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => ({
      id: `node-${i}`,
      ...(i > 0 && {
        needs: [`node-${i >> 1}`, `node-${Math.floor(i / 3)}`].filter((n) => n !== `node-${i}`),
      }),
    }));
    const steps = compileSteps(job(nodes), options);
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count++;
    expect(step.value.ok).toBe(true);
    expect(count).toBeGreaterThan(1000);
    const tooMany = compile(job([...nodes, { id: 'one-more' }]), options);
    expect(problemsOf(tooMany)).toEqual([
      '/dag_definition/nodes too_many: must have at most 100000 items, not 100001',
    ]);
  });
});

describe('bad input', () => {
  const refusals: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['not an object', 'job', [' type']],
    ['nothing', undefined, [' type']],
    ['an empty object', {}, [' required', ' required']],
    ['no nodes', job([]), ['/dag_definition/nodes too_few']],
    [
      'nodes of another type',
      { name: 'x', dag_definition: { nodes: {} } },
      ['/dag_definition/nodes type'],
    ],
    [
      '100 levels of nesting',
      job([
        { id: 'a', config: { output: JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown } },
      ]),
      [`/dag_definition/nodes/0/config/output${'/0'.repeat(59)} too_deep`],
    ],
    [
      'a __proto__ key in the job',
      JSON.parse(
        '{"__proto__": {}, "name": "x", "dag_definition": {"nodes": [{"id": "a", "type": "noop"}]}}',
      ),
      ['/__proto__ unknown_field'],
    ],
    [
      '__proto__ and constructor as keys, type and id',
      JSON.parse(
        '{"name": "x", "inputs": {"__proto__": 1}, "dag_definition": {"nodes": [{"id": "__proto__", "type": "__proto__", "constructor": 1}]}}',
      ),
      [
        '/inputs/__proto__ forbidden_key',
        '/dag_definition/nodes/0/type unknown_type',
        '/dag_definition/nodes/0/id pattern',
        '/dag_definition/nodes/0/constructor unknown_field',
      ],
    ],
    [
      'ids with control characters, slashes, 10,000 characters, and of other types',
      job([
        { id: 'a\u0000b' },
        { id: 'a\n' },
        { id: '../etc' },
        { id: '.hidden' },
        { id: '' },
        { id: 'x'.repeat(10_000) },
        { id: 5 as never },
        { id: null as never },
      ]),
      [
        '/dag_definition/nodes/0/id pattern',
        '/dag_definition/nodes/1/id pattern',
        '/dag_definition/nodes/2/id pattern',
        '/dag_definition/nodes/3/id pattern',
        '/dag_definition/nodes/4/id too_short',
        '/dag_definition/nodes/5/id too_long',
        '/dag_definition/nodes/6/id type',
        '/dag_definition/nodes/7/id type',
      ],
    ],
    [
      'negative and huge numbers',
      job(
        [
          { id: 'a', timeout: 1e308, retry: { max_attempts: 0, delay: -1, factor: 1e9 } },
          { id: 'b', type: 'delay', config: { seconds: -1 } },
          { id: 'c', config: { output: JSON.parse('1e999') as unknown } },
        ],
        [],
        { concurrency: 1.5, timeout: JSON.parse('1e400') as unknown },
      ),
      [
        '/dag_definition/nodes/0/timeout too_large',
        '/dag_definition/nodes/0/retry/max_attempts too_small',
        '/dag_definition/nodes/0/retry/delay too_small',
        '/dag_definition/nodes/0/retry/factor too_large',
        '/dag_definition/nodes/1/config/seconds too_small',
        '/dag_definition/nodes/2/config/output too_large',
        '/concurrency type',
        '/timeout too_large',
      ],
    ],
    [
      'a needs that is no list and edges that are no edges',
      job([{ id: 'a', needs: 'b' }], ['a->b', null, 7]),
      [
        '/dag_definition/nodes/0/needs type',
        '/dag_definition/edges/0 type',
        '/dag_definition/edges/1 type',
        '/dag_definition/edges/2 type',
      ],
    ],
  ];

  it.each(refusals)('refuses %s', (_name, input, expected) => {
    const lines = problemsOf(compile(input, options)).map((line) => line.split(': ')[0]);
    expect(lines).toEqual(expected);
  });

  it('abbreviates a cycle of 10,000 nodes', () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => ({
      id: `n${i}`,
      needs: [`n${(i + 9_999) % 10_000}`],
    }));
    expect(problemsOf(compile(job(nodes), options))).toEqual([
      '/dag_definition/nodes/0 cycle: the nodes wait for each other: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> … 9988 more … -> n9994 -> n9995 -> n9996 -> n9997 -> n9998 -> n9999 -> n0; take out one of these dependencies',
    ]);
  });

  it('stops counting at 1,000 problems', () => {
    const nodes = Array.from({ length: 5000 }, (_, i) => ({ id: `n${i}`, needs: [`x${i}`] }));
    const result = compile(job(nodes), options);
    expect(result).toMatchObject({ ok: false, truncated: true });
    expect(problemsOf(result)).toHaveLength(1000);
  });

  it('never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(compile(a, options).ok).toBe(false);
        expect(compile({ name: 'x', dag_definition: { nodes: [a], edges: [b] } }, options).ok).toBe(
          false,
        );
      }),
    );
  });
});
