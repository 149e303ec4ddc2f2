import { describe, expect, it } from '@jest/globals';
import type { Json } from '../json.js';
import type { ExpressionScope } from './documents.js';
import { clock } from '../../../test/support/expression.js';
import { DEFAULT_LIMITS } from './limits.js';
import { soleExpression } from './read-template.js';
import { hasTemplate, renderTemplate, templateReferences } from './render-template.js';

const scope: ExpressionScope = {
  inputs: { host: 'shop.test', browsers: ['chrome', 'firefox'], port: 8080 },
  nodes: { build: { output: { image: 'shop:1.2' } }, empty: { output: { list: [] } } },
  item: { os: 'linux' },
};

function render(template: Json, limits = DEFAULT_LIMITS) {
  return renderTemplate(template, scope, limits, clock);
}

const table: readonly (readonly [Json, Json])[] = [
  ['{% inputs.port %}', 8080],
  ['{%inputs.browsers%}', ['chrome', 'firefox']],
  ['https://{% inputs.host %}:{% inputs.port %}/', 'https://shop.test:8080/'],
  ['on {% item %}', 'on {"os":"linux"}'],
  ['{% inputs.host %}{% inputs.port %}', 'shop.test8080'],
  [' {% inputs.port %}', ' 8080'],
  ['{%% inputs.port %}', '{% inputs.port %}'],
  ['{%%{% inputs.port %}', '{%8080'],
  ['100 %} sure', '100 %} sure'],
  ['{% "a%\\u007db" %}', 'a%}b'],
  ['', ''],
  [7, 7],
  [null, null],
  [
    {
      image: '{% nodes.build.output.image %}',
      env: [{ OS: '{% item.os %}' }, 'x', 1],
      '{% k %}': true,
    },
    { image: 'shop:1.2', env: [{ OS: 'linux' }, 'x', 1], '{% k %}': true },
  ],
  [
    ['{% nodes.empty.output.list{"a": 1} %}', '{% $count(nodes.empty.output.list) %}'],
    [{ a: 1 }, 0],
  ],
];

describe('renderTemplate', () => {
  it.each(table)('renders %j', async (template, value) => {
    expect(await render(template)).toStrictEqual({ ok: true, value });
  });

  it('answers the template itself where there is nothing to render', async () => {
    const template = { a: [1, 'two'] };
    const result = await render(template);
    expect(result.ok && result.value).toBe(template);
  });

  it('says where a problem is', async () => {
    expect(await render({ a: [0, { 'b/c': 'x {% inputs.nothing %}' }] })).toMatchObject({
      ok: false,
      problem: {
        code: 'expression_no_value',
        pointer: '/a/1/b~1c',
        expression: ' inputs.nothing ',
      },
    });
    expect(await render(['{% $now() %}'])).toMatchObject({
      problem: { code: 'expression_forbidden', pointer: '/0', position: 5 },
    });
    expect(await render({ a: 'x {% open' })).toMatchObject({
      problem: { code: 'expression_syntax', pointer: '/a', expression: 'x {% open' },
    });
  });

  it('bounds all expressions together', async () => {
    const long = '{% $pad("", 30000, "a") %}';
    expect((await render([long])).ok).toBe(true);
    const result = await render(Array.from({ length: 10 }, () => long));
    expect(result).toMatchObject({ problem: { code: 'expression_too_large', pointer: '/8' } });
    const slow = '{% $count($map([1..2000], function($i) { $i + 1 })) %}';
    const many = Array.from({ length: 10_000 }, () => slow);
    const limits = { ...DEFAULT_LIMITS, timeMs: 200 };
    expect(await render(many, limits)).toMatchObject({ problem: { code: 'expression_timeout' } });
  });

  it('keeps members with the names of prototypes as data', async () => {
    const template = JSON.parse('{"__proto__": {"x": "{% inputs.port %}"}}') as Json;
    const result = await render(template);
    expect(JSON.stringify(result)).toBe('{"ok":true,"value":{"__proto__":{"x":8080}}}');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe('hasTemplate', () => {
  it.each<readonly [Json, boolean]>([
    ['{% x %}', true],
    [{ a: [1, ['{%% x']] }, true],
    [{ '{% x %}': 'y' }, false],
    ['% }{ %', false],
    [null, false],
  ])('%j: %s', (value, expected) => {
    expect(hasTemplate(value)).toBe(expected);
  });
});

describe('templateReferences', () => {
  it('joins what all expressions read', () => {
    const template = {
      a: '{% nodes.b.output %}',
      c: ['{% nodes.a.output %} {% inputs.x %}', '{%%'],
    };
    expect(templateReferences(template)).toStrictEqual({
      ok: true,
      references: {
        nodes: ['a', 'b'],
        inputs: true,
        item: false,
        index: false,
        job: false,
        output: false,
        iteration: false,
        scope: false,
        unknown: [],
      },
    });
    expect(templateReferences(['{% nodes %}', '{% nodes.a.output %}'])).toMatchObject({
      references: { nodes: 'all' },
    });
  });

  it('lists all that is wrong', () => {
    const problems = [
      { pointer: '/a', code: 'expression_syntax', expression: ' 1 + ' },
      { pointer: '/b/0', code: 'expression_forbidden' },
      { pointer: '/b/1', code: 'expression_syntax' },
    ];
    const template = { a: '{% 1 + %}', b: ['{% $random() %}', '{% open'] };
    expect(templateReferences(template)).toMatchObject({ ok: false, problems });
  });
});

describe('soleExpression', () => {
  it.each([
    ['{% a %}', ' a '],
    ['{%a%}', 'a'],
    ['{% a %} ', undefined],
    ['{% a %}{% b %}', undefined],
    ['{%% a %}', undefined],
    ['a', undefined],
    ['{%}', undefined],
  ])('%j: %j', (text, expected) => {
    expect(soleExpression(text)).toBe(expected);
  });
});
