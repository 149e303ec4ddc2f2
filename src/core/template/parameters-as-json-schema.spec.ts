import { describe, expect, it } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { ProblemList } from '../graph/problem.js';
import type { JsonObject } from '../json.js';
import { applyParameters } from './apply-parameters.js';
import { checkParameters } from './check-parameters.js';

const NAMES = ['a', 'b', 'c'];
const scalar = fc.constantFrom<null | boolean | number | string>(
  null,
  true,
  0,
  1,
  2.5,
  '',
  'a',
  'é😀',
);
const count = fc.integer({ min: 0, max: 3 });
const type = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null');
const some = (model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record(model, { requiredKeys: [] });

const { schema } = fc.letrec((tie) => {
  const inner = tie('schema');
  const properties = fc.dictionary(fc.constantFrom(...NAMES), inner, { maxKeys: 3 });
  return {
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      some({
        type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
        minLength: count,
        maxLength: count,
        minimum: count,
        maximum: count,
        exclusiveMinimum: count,
      }),
      some({ enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }), const: scalar }),
      some({
        properties,
        required: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), inner),
        propertyNames: fc.constantFrom({ enum: ['a', 'b'] }, { minLength: 1 }),
        maxProperties: count,
      }),
      some({ items: inner, minItems: count, maxItems: count }),
      some({ anyOf: fc.array(inner, { minLength: 1, maxLength: 2 }) }),
      some({ oneOf: fc.array(inner, { minLength: 1, maxLength: 2 }) }),
    ),
  };
});
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 3 }),
  ),
}));

describe('parameters', () => {
  it('let through what a JSON Schema validator lets through, and nothing else', () => {
    const ajv = new Ajv2020.default({ strict: false, allErrors: false });
    let [fitting, refused] = [0, 0];
    fc.assert(
      fc.property(schema, value, (of, given) => {
        const parameters = { properties: { x: of } } as JsonObject;
        const problems = new ProblemList();
        checkParameters(parameters, '', problems);
        expect(problems.problems).toEqual([]);
        const inputs = { x: given } as JsonObject;
        const valid = ajv.validate(parameters, inputs);
        const applied = applyParameters(parameters, inputs);
        expect({ parameters, inputs, ok: applied.ok }).toEqual({ parameters, inputs, ok: valid });
        if (valid) fitting++;
        else refused++;
      }),
      { numRuns: 500 },
    );
    expect(Math.min(fitting, refused)).toBeGreaterThan(20);
  });
});
