import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../json.js';
import { nestsDeeper, MAX_NESTING } from '../json-nesting.js';
import { answer } from '../../../test/support/expression.js';
import { DEFAULT_LIMITS } from './limits.js';
import { FUNCTIONS } from './functions.js';
import { parseExpression } from './parse-expression.js';

const LIMITS = { timeMs: 100, items: 500, depth: 2000, valueUnits: 200_000, resultBytes: 20_000 };

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const part = tie('expression');
  const leaf = fc.constantFrom(
    ...[
      'inputs',
      'nodes.a.output',
      'item',
      '$',
      '$$',
      'a',
      'b',
      '*',
      '**',
      '1',
      '-3',
      '0.5',
      '1e200',
    ],
    ...[
      '"ab"',
      '""',
      'true',
      'null',
      '[]',
      '{}',
      '$x',
      '/a+b?/',
      '/(a|b)*/',
      '[1..30]',
      '[1..600]',
    ],
  );
  const operators = ['+', '-', '*', '/', '%', '&', '=', '!=', '<', '>=', 'and', 'or', 'in', '..'];
  const operator = fc.constantFrom(...operators, '.', '~>', '?:', '??');
  const name = fc.constantFrom(...FUNCTIONS);
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc.tuple(part, operator, part).map(([l, o, r]) => `(${l} ${o} ${r})`),
      fc.tuple(part, part).map(([l, r]) => `${l}[${r}]`),
      fc.tuple(part, part).map(([l, r]) => `${l}.(${r})`),
      fc.tuple(part, part).map(([l, r]) => `${l}{"k": ${r}, $string(a): $}`),
      fc.tuple(part, part).map(([l, r]) => `${l}^(>${r})`),
      fc.tuple(part, part).map(([l, r]) => `[${l}, ${r}]`),
      fc.tuple(part, part).map(([l, r]) => `{"a": ${l}, "b": ${r}}`),
      fc.tuple(part, part, part).map(([c, t, e]) => `(${c} ? ${t} : ${e})`),
      fc.tuple(part, part).map(([l, r]) => `($x := ${l}; ${r})`),
      fc.tuple(part, part).map(([l, r]) => `(${l})@$x.(${r})`),
      fc.tuple(name, part).map(([f, a]) => `$${f}(${a})`),
      fc.tuple(name, part, part).map(([f, a, b]) => `$${f}(${a}, ${b})`),
      fc.tuple(name, part, part).map(([f, a, b]) => `$${f}(${a}, function($x, $y) { ${b} })`),
      fc.tuple(name, part, part, part).map(([f, ...a]) => `$${f}(${a.join()})`),
      part.map((body) => `($f := function($x) { ${body} ~> $f }; $f(1))`),
    ),
  };
});

const document = fc.jsonValue({ maxDepth: 3 }).map((json) => json as Json);

describe('evaluate, for any expression and document', () => {
  it('answers JSON within its limits, or a problem, and the same again', async () => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(expression, document, document, async (text, inputs, output) => {
        const scope = { inputs, nodes: { a: { output } }, item: [inputs, output] };
        const before = JSON.stringify(scope);
        const start = performance.now();
        const first = await answer(text, scope, LIMITS);
        expect(performance.now() - start).toBeLessThan(3000);
        expect(JSON.stringify(scope)).toBe(before);
        if (!first.ok) {
          expect(first.problem.message).toMatch(/[.]$/);
          expect(first.problem.expression).toBe(text);
          return;
        }
        answers += 1;
        const json = JSON.stringify(first.value);
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(LIMITS.resultBytes);
        expect(nestsDeeper(first.value, MAX_NESTING)).toBe(false);
        const again = await answer(text, scope, { ...LIMITS, timeMs: 60_000 });
        expect(again.ok && JSON.stringify(again.value)).toBe(json);
      }),
      { numRuns: 600 },
    );
    expect(answers).toBeGreaterThan(30);
  }, 120_000);

  it('reads nothing that it does not name', async () => {
    await fc.assert(
      fc.asyncProperty(expression, document, document, async (text, inputs, output) => {
        const parsed = parseExpression(text);
        if (!parsed.ok) return;
        const { references } = parsed.expression;
        const scope = {
          inputs,
          nodes: { a: { output }, z: { output: inputs } },
          item: output,
          index: 1,
        };
        const fetched = {
          ...(references.inputs ? { inputs } : {}),
          ...(references.item ? { item: output } : {}),
          ...(references.index ? { index: 1 } : {}),
          ...(references.nodes === 'all'
            ? { nodes: scope.nodes }
            : references.nodes.length > 0
              ? { nodes: { a: { output } } }
              : {}),
        };
        const limits = { ...LIMITS, timeMs: DEFAULT_LIMITS.timeMs };
        const whole = await answer(text, scope, limits);
        const part = await answer(text, fetched, limits);
        if (whole.ok && part.ok) expect(part.value).toStrictEqual(whole.value);
        // Time and the size of what is read differ, all else is the same.
        else if (!isOfLimits(whole) && !isOfLimits(part)) expect(part.ok).toBe(whole.ok);
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});

function isOfLimits(result: Awaited<ReturnType<typeof answer>>): boolean {
  return !result.ok && /timeout|too_/.test(result.problem.code);
}
