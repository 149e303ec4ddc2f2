import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planSteps } from '../plan/build-plan.js';
import { runSteps } from '../plan/run-steps.js';
import { compile, compileSteps } from './compile.js';
import { defaults, job, options, problemsOf } from './compile.fixture.js';
import type { Node } from './compile.fixture.js';
import type { CompileResult } from './compile.js';

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
    expect(plan.nodes.map(({ priority }) => priority)).toEqual([5, 5, 5, 5]);
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
