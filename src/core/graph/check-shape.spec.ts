import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { checkShape } from './check-shape.js';
import { toJsonSchema } from './json-schema.js';
import type { Shape } from './shape.js';

const keys = fc.constantFrom('a', 'b', 'c', 'constructor', 'toString');
const scalars = fc.constantFrom(null, true, 0, 1, 1.5, -3, '', 'a', 'bb', '😀😀', 'long text');
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
  ),
})).value;

const types = fc.constantFrom(
  'object' as const,
  'array' as const,
  'string' as const,
  'number' as const,
  'integer' as const,
  'boolean' as const,
  'null' as const,
);
const small = fc.integer({ min: 0, max: 3 });
/** Shapes of up to three keywords; with all at once hardly any value would fit. */
function shapesOf(depth: number): fc.Arbitrary<Shape> {
  const inner = depth === 0 ? fc.constant<Shape>({}) : shapesOf(depth - 1);
  const choices = fc.array(inner, { minLength: 1, maxLength: 3 });
  const keyword: fc.Arbitrary<Shape> = fc.oneof(
    fc.record({ type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 })) }),
    fc.record({ enum: fc.uniqueArray(scalars, { minLength: 1, maxLength: 4 }) }),
    fc.record({ const: scalars }),
    fc.record({ pattern: fc.constantFrom('^a', 'b+', '.') }),
    fc.record({ minLength: small, maxLength: small }),
    fc.record({ minimum: small }),
    fc.record({ maximum: small }),
    fc.record({ exclusiveMinimum: small }),
    fc.record({ minItems: small }),
    fc.record({ maxItems: small }),
    fc.record({ maxProperties: small }),
    fc.record({ required: fc.uniqueArray(keys, { maxLength: 2 }) }),
    fc.record({ propertyNames: fc.constantFrom<Shape>({ maxLength: 1 }, { pattern: '^[abt]' }) }),
    fc.record({ items: inner }),
    fc.record({ properties: fc.dictionary(keys, inner, { maxKeys: 3 }) }),
    fc.record({ additionalProperties: fc.oneof(fc.boolean(), inner) }),
    fc.record({ anyOf: choices }),
    fc.record({ oneOf: choices }),
  );
  return fc
    .array(keyword, { minLength: 1, maxLength: 3 })
    .map((keywords): Shape => Object.assign({}, ...keywords) as Shape);
}

const ajv = new Ajv2020({ strict: false, ownProperties: true });

function fits(shape: Shape, value: unknown): boolean {
  return checkShape(shape, value).problems.length === 0;
}

function messages(shape: Shape, value: unknown): string[] {
  return checkShape(shape, value).problems.map(({ pointer, message }) => `${pointer}: ${message}`);
}

describe('checkShape', () => {
  it('agrees with a JSON Schema validator on any shape and value', () => {
    let accepted = 0;
    fc.assert(
      fc.property(shapesOf(2), values, (shape, value) => {
        const expected = ajv.compile(toJsonSchema(shape))(value);
        if (expected) accepted++;
        expect(fits(shape, value)).toBe(expected);
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('reports every problem with its place and what to do', () => {
    const shape: Shape = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 3 },
        'a/b~c': { type: 'integer', minimum: 1 },
        trigger_rule: { enum: ['one', 2] },
        list: { type: 'array', items: { type: ['string', 'null'] }, maxItems: 2 },
      },
      required: ['name', 'id'],
      additionalProperties: false,
    };
    expect(
      messages(shape, { name: 'four', 'a/b~c': 0, triggerRule: 1, list: ['a', 5], what: 1 }),
    ).toEqual([
      ': must have the field "id"',
      '/name: must be at most 3 characters',
      '/a~1b~0c: must be at least 1',
      '/triggerRule: unknown field "triggerRule"; did you mean "trigger_rule"?',
      '/list/1: must be a string or null, not 5',
      '/what: unknown field "what"',
    ]);
    expect(messages(shape, [])).toEqual([': must be an object, not an array']);
    expect(messages({ type: 'number' }, JSON.parse('1e999'))).toEqual([
      ': is too large for a number',
    ]);
    expect(messages({}, { a: [JSON.parse('-1e999')] })).toEqual([
      '/a/0: is too large for a number',
    ]);
    expect(messages({}, { a: undefined })).toEqual(['/a: must be a JSON value']);
  });

  it('explains a choice by what was most likely meant', () => {
    const fields: Shape = {
      type: 'object',
      oneOf: [{ required: ['seconds'] }, { required: ['until'] }],
    };
    expect(messages(fields, {})).toEqual([': must have exactly one of: seconds, until']);
    expect(messages(fields, { seconds: 1, until: 2 })).toEqual([
      ': must have exactly one of: seconds, until; it has more than one',
    ]);
    expect(messages({ anyOf: [{ required: ['a', 'b'] }, { required: ['c'] }] }, { a: 1 })).toEqual([
      ': must have at least one of: a and b, c',
    ]);
    const forms: Shape = {
      anyOf: [
        { type: 'integer', minimum: 100 },
        { type: 'array', items: { type: 'integer' } },
      ],
    };
    expect(messages(forms, 'ok')).toEqual([': must be a whole number or an array']);
    expect(messages(forms, 5)).toEqual([': must be at least 100']);
    expect(messages(forms, [5, 'x'])).toEqual(['/1: must be a whole number, not a string']);
    expect(messages({ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 5)).toEqual([
      ': fits more than one of the forms that it may have',
    ]);
  });

  it('lets one property decide what another holds', () => {
    const shape: Shape = {
      type: 'object',
      properties: { type: { type: 'string' } },
      switch: {
        on: 'type',
        property: 'config',
        cases: {
          http: { shape: { type: 'object', required: ['url'] }, required: true },
          noop: { shape: { type: 'object', maxProperties: 0 }, required: false },
        },
      },
      additionalProperties: false,
    };
    expect(messages(shape, { type: 'noop' })).toEqual([]);
    expect(messages(shape, { type: 'http' })).toEqual([
      ': must have the field "config", which type "http" needs',
    ]);
    expect(messages(shape, { type: 'http', config: {} })).toEqual([
      '/config: must have the field "url"',
    ]);
    expect(messages(shape, { type: 'htp', config: 5 })).toEqual([
      '/type: unknown type "htp"; did you mean "http"? (known: "http", "noop")',
    ]);
    expect(messages(shape, { type: 'constructor', cofig: {} })).toEqual([
      '/type: unknown type "constructor" (known: "http", "noop")',
      '/cofig: unknown field "cofig"; did you mean "config"?',
    ]);
  });

  it('is not fooled by keys that a prototype has', () => {
    const closed: Shape = { type: 'object', properties: { a: {} }, additionalProperties: false };
    const hostile: unknown = JSON.parse('{"__proto__": {"a": 1}, "constructor": 1, "a": 2}');
    expect(messages(closed, hostile)).toEqual([
      '/__proto__: unknown field "__proto__"',
      '/constructor: unknown field "constructor"',
    ]);
    expect(messages({ required: ['constructor', '__proto__'] }, {})).toHaveLength(2);
    expect(messages({}, { free: hostile })).toEqual([
      '/free/__proto__: a field must not be named "__proto__"',
    ]);
  });

  it('refuses what is nested too deep, without recursion', () => {
    const nested = (levels: number): unknown =>
      JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    expect(messages({}, nested(64))).toEqual([]);
    expect(messages({}, nested(65))).toEqual([
      `${'/0'.repeat(64)}: must not be nested more than 64 levels deep`,
    ]);
    let abyss: unknown = 1;
    for (let level = 0; level < 200_000; level++) abyss = level % 2 === 0 ? [abyss] : { a: abyss };
    expect(messages({}, abyss)).toHaveLength(1);
    expect(messages({ anyOf: [{ type: 'array' }, { items: {} }] }, abyss)).toHaveLength(1);
  });

  it('keeps its report small', () => {
    const report = checkShape({ items: { type: 'string' } }, Array(5000).fill(1));
    expect(report.problems).toHaveLength(1000);
    expect(report.truncated).toBe(true);
    const long = 'x'.repeat(1_000_000);
    const [problem] = checkShape({ additionalProperties: false }, { [long]: 1 }).problems;
    expect(problem?.pointer).toBe('');
    expect(problem?.message.length).toBeLessThan(200);
  });

  it('ends on a value that contains itself many times over', () => {
    const loop: unknown[] = [];
    for (let i = 0; i < 10; i++) loop.push(loop);
    const report = checkShape({}, loop);
    expect(report.truncated).toBe(true);
  });
});
