import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compile } from './compile.js';
import { job, options, problemsOf } from './compile.fixture.js';

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
