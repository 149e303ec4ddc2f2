import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { doublings } from './doublings.js';
import { parseExpression, referencesOf } from './parse-expression.js';
import type { References } from './references.js';

const NOTHING: References = {
  nodes: [],
  inputs: false,
  item: false,
  index: false,
  job: false,
  output: false,
  iteration: false,
  scope: false,
  unknown: [],
};
const EVERYTHING: References = {
  ...NOTHING,
  nodes: 'all',
  inputs: true,
  item: true,
  index: true,
  job: true,
  output: true,
  iteration: true,
  scope: true,
};

function references(text: string): References {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem.message}`);
  return referencesOf(parsed.expression);
}

const table: readonly (readonly [string, Partial<References>])[] = [
  ['1 + 1', {}],
  ['nodes.build.output.version = "1.2"', { nodes: ['build'] }],
  ['nodes.`my-node`.output', { nodes: ['my-node'] }],
  ['nodes."my-node".output', { nodes: ['my-node'] }],
  ['nodes.b.output + nodes.a.output.x', { nodes: ['a', 'b'] }],
  ['$nodes.a.output', { nodes: ['a'] }],
  ['$$.nodes.a.output', { nodes: ['a'] }],
  ['$.nodes.a.output', { nodes: ['a'] }],
  ['nodes.a[0].output', { nodes: ['a'] }],
  ['nodes', { nodes: 'all' }],
  ['nodes.*.output', { nodes: 'all' }],
  ['nodes[0]', { nodes: 'all' }],
  ['nodes.(a.output)', { nodes: 'all' }],
  ['(nodes).a', { nodes: 'all' }],
  ['$lookup(nodes, "x")', { nodes: 'all' }],
  ['$lookup(nodes, item)', { nodes: 'all', item: true }],
  ['($n := nodes; $n.a)', { nodes: 'all' }],
  ['nodes@$n.x', { nodes: 'all', unknown: ['x'] }],
  ['nodes{"a": 1}', { nodes: 'all' }],
  ['inputs@$x.nodes.a.output', { inputs: true, nodes: ['a'] }],
  ['inputs@$x.(nodes.a.output)', { inputs: true, nodes: ['a'] }],
  ['inputs@$x[nodes.a.output]', { inputs: true, nodes: ['a'] }],
  ['inputs@$x^(nodes.a.output)', { inputs: true, nodes: ['a'] }],
  ['inputs@$x{"a": nodes.a.output}', { inputs: true, nodes: ['a'] }],
  ['inputs@$x.item@$y.nodes.a.output', { inputs: true, item: true, nodes: ['a'] }],
  ['inputs.list@$x.nodes.a.output', { inputs: true }],
  ['inputs.list#$i.nodes', { inputs: true }],
  ['inputs.browsers', { inputs: true }],
  ['item.os & index & job.name', { item: true, index: true, job: true }],
  ['$item.os', { item: true }],
  ['inputs.list[nodes > 1 and item = 2]', { inputs: true }],
  ['inputs.list.nodes.x', { inputs: true }],
  ['inputs.list[x = $$.nodes.a.output]', { inputs: true, nodes: ['a'] }],
  ['inputs.list[x = $nodes.a.output]', { inputs: true, nodes: ['a'] }],
  ['inputs.list^(item).nodes', { inputs: true }],
  ['inputs.list.{"nodes": nodes, "item": $}', { inputs: true }],
  ['{"a": nodes.a.output, "b": [item, inputs.x]}', { nodes: ['a'], item: true, inputs: true }],
  ['$map(inputs.l, function($x) { $x = nodes.a.output })', { inputs: true, nodes: ['a'] }],
  ['($f := function($x) { inputs.y }; $f(1))', { inputs: true }],
  ['inputs.a ?? nodes.b.output', { inputs: true, nodes: ['b'] }],
  ['inputs.a ? nodes.b.output : nodes.c.output', { inputs: true, nodes: ['b', 'c'] }],
  ['inputs.a ~> $keys()', { inputs: true }],
  ['inputs.a ~> $keys', { inputs: true }],
  ['$map(inputs.a, $string)', { inputs: true }],
  ['inputs.a ~> $lookup($string(nodes.b.output))', { inputs: true, nodes: ['b'] }],
  ['$substring(?, 0, 3)(inputs.a)', { inputs: true }],
  ['$', EVERYTHING],
  ['$$', EVERYTHING],
  ['*', EVERYTHING],
  ['**.version', EVERYTHING],
  ['$keys()', EVERYTHING],
  ['$string()', EVERYTHING],
  ['$lookup("nodes")', EVERYTHING],
  ['$each(function($v) { $v })', EVERYTHING],
  ['($k := $keys; $k())', EVERYTHING],
  ['$$[x].nodes', EVERYTHING],
  ['input.version', { unknown: ['input'] }],
  ['$$.node.a', { unknown: ['node'] }],
  ['inputs.list[$count(nodes) > 0]', { inputs: true }],
];

describe('referencesOf', () => {
  it.each(table)('%s', (text, expected) => {
    expect(references(text)).toStrictEqual({ ...NOTHING, ...expected });
  });
});

describe('doublings', () => {
  it.each([
    ['a', 0],
    ['a ?: b', 1],
    ['a ?? b ?? c ?? d', 1],
    ['{"a": x ?? 1, "b": y ?? 2, "c": z ?? 3}', 1],
    ['$f(a ?? 1) & $f(b ?? 2)', 1],
    ['(a ?? b) ?? c', 2],
    ['((a ?: b) ?: c) ?? d', 3],
    ['a[b ?? c].d ?? e', 2],
    ['")" & (a ?? "(") ?? c', 2],
    ['|a ?: b|c| ?: d', 2],
    ['(a ?? b) / 2 ?? c', 2],
  ])('counts %s', (text, count) => {
    expect(doublings(text)).toBe(count);
  });

  it('takes an object of many defaults', () => {
    const members = Array.from({ length: 100 }, (_, n) => `"k${n}": $f(inputs.k${n} ?? ${n}) ?? 1`);
    expect(parseExpression(`{${members.join()}}`).ok).toBe(true);
  });
});

describe('parseExpression', () => {
  it('never throws, and soon answers, whatever the text', () => {
    const token = fc.constantFrom(
      ...['a', 'nodes', '$x', '1', '"t"', '.', '(', ')', '[', ']', '{', '}', ':', ',', ';', ':='],
      ...[
        '+',
        '%',
        '*',
        '**',
        '@',
        '#',
        '^',
        '~>',
        '?',
        '?:',
        '??',
        '|',
        '/',
        '/a+/',
        'function',
        '`',
      ],
    );
    const text = fc.oneof(
      fc.array(token, { maxLength: 40 }).map((t) => t.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (source) => {
        const start = performance.now();
        const parsed = parseExpression(source);
        expect(performance.now() - start).toBeLessThan(2000);
        if (!parsed.ok) expect(parsed.problem.message).toMatch(/[.]$/);
      }),
      { numRuns: 2000 },
    );
  });
});
