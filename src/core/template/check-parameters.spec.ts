import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../json.js';
import { ProblemList } from '../graph/problem.js';
import { checkParameters } from './check-parameters.js';

function problemsOf(schema: JsonObject): readonly { pointer: string; code: string }[] {
  const problems = new ProblemList();
  checkParameters(schema, '/parameters', problems);
  return problems.problems.map(({ pointer, code }) => ({ pointer, code }));
}

describe('parameters', () => {
  it('may be all that templates know of JSON Schema', () => {
    expect(
      problemsOf({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: 'Nightly',
        type: 'object',
        properties: {
          browser: { enum: ['chrome', 'firefox', null, 1], default: 'chrome' },
          shards: { type: 'integer', minimum: 1, maximum: 64, default: 4 },
          ratio: { type: 'number', exclusiveMinimum: 0 },
          tags: { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: 9 },
          env: {
            type: 'object',
            propertyNames: { maxLength: 9 },
            additionalProperties: { type: ['string', 'null'] },
            maxProperties: 5,
          },
          target: {
            anyOf: [{ type: 'string' }, { type: 'object', required: ['url'] }],
            default: 'here',
          },
          constructor: { type: 'boolean' },
        },
        required: ['ratio'],
        additionalProperties: false,
      }),
    ).toEqual([]);
    expect(problemsOf({})).toEqual([]);
  });

  it('are refused by name where they say more, each at its place', () => {
    expect(
      problemsOf({
        type: 'object',
        allOf: [],
        properties: {
          a: { type: 'string', pattern: '^(a+)+$' },
          'b/c': { type: 'string', format: 'uri', switch: {}, patternMessage: 'x' },
          d: { items: { $ref: '#/x' } },
          e: { oneOf: [{ not: {} }] },
        },
      }),
    ).toEqual(
      [
        '/allOf',
        '/properties/a/pattern',
        '/properties/b~1c/format',
        '/properties/b~1c/switch',
        '/properties/b~1c/patternMessage',
        '/properties/d/items/$ref',
        '/properties/e/oneOf/0/not',
      ].map((pointer) => ({ pointer: `/parameters${pointer}`, code: 'unknown_keyword' })),
    );
    const problems = new ProblemList();
    checkParameters({ properties: { a: { patern: 'x', requird: [] } } }, '', problems);
    expect(problems.problems[1]?.message).toMatch(/did you mean "required"/);
  });

  it.each<[string, JsonObject, string, string]>([
    ['another type than object', { type: 'string' }, '/type', 'misplaced_keyword'],
    ['a default of everything', { default: {} }, '/default', 'misplaced_keyword'],
    [
      'a default that nothing would fill in',
      { properties: { a: { anyOf: [{ properties: { b: { default: 1 } } }] } } },
      '/properties/a/anyOf/0/properties/b/default',
      'misplaced_keyword',
    ],
    [
      'names that are described as values',
      { propertyNames: { anyOf: [{}] } },
      '/propertyNames/anyOf',
      'misplaced_keyword',
    ],
    ['an unknown type', { properties: { a: { type: 'text' } } }, '/properties/a/type', 'any_of'],
    ['a schema that is none', { properties: { a: true } }, '/properties/a', 'type'],
    [
      'an enumeration of objects',
      { properties: { a: { enum: [{}] } } },
      '/properties/a/enum/0',
      'type',
    ],
    [
      'a default that does not fit',
      { properties: { a: { type: 'integer', default: '1' } } },
      '/properties/a/default',
      'type',
    ],
    [
      'a default with a part that does not fit',
      {
        properties: {
          a: { type: 'object', properties: { b: { type: 'string' } }, default: { b: 1 } },
        },
      },
      '/properties/a/default/b',
      'type',
    ],
    ['too much', { description: 'x'.repeat(70_000) }, '', 'too_big'],
  ])('are refused with %s', (_, schema, pointer, code) => {
    expect(problemsOf(schema)).toEqual([{ pointer: `/parameters${pointer}`, code }]);
  });
});
