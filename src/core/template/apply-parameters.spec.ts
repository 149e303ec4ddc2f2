import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../json.js';
import { applyParameters } from './apply-parameters.js';

const PARAMETERS: JsonObject = {
  type: 'object',
  properties: {
    browser: { enum: ['chrome', 'firefox'], default: 'chrome' },
    shards: { type: 'integer', minimum: 1, default: 4 },
    url: { type: 'string' },
    retry: {
      type: 'object',
      properties: { times: { type: 'integer', default: 2 }, pause: { type: 'number' } },
      default: { pause: 1 },
    },
    hosts: {
      type: 'array',
      items: { type: 'object', properties: { port: { default: 80 } } },
    },
  },
  required: ['url', 'shards'],
  additionalProperties: false,
};

describe('inputs of a run', () => {
  it('are those given, with defaults for the others, at every depth', () => {
    expect(applyParameters(PARAMETERS, { url: 'x', shards: 9 })).toEqual({
      ok: true,
      inputs: { url: 'x', shards: 9, browser: 'chrome', retry: { pause: 1, times: 2 } },
    });
    expect(
      applyParameters(PARAMETERS, { url: 'x', retry: {}, hosts: [{}, { port: null }] }),
    ).toMatchObject({
      inputs: { retry: { times: 2 }, hosts: [{ port: 80 }, { port: null }] },
    });
  });

  it('are refused with every problem, at its place', () => {
    const applied = applyParameters(PARAMETERS, { browser: 'opera', shards: 0, colour: 'red' });
    expect(applied).toMatchObject({ ok: false });
    const problems = 'problems' in applied ? applied.problems : [];
    expect(problems.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['', 'required'],
      ['/browser', 'enum'],
      ['/shards', 'too_small'],
      ['/colour', 'unknown_field'],
    ]);
  });

  it('are none where there are no parameters', () => {
    expect(applyParameters(undefined, {})).toEqual({ ok: true, inputs: {} });
    expect(applyParameters(undefined, { a: 1 })).toMatchObject({
      problems: [{ pointer: '/a', code: 'unknown_field' }],
    });
  });

  it('are anything where the parameters say nothing of them, as JSON Schema has it', () => {
    expect(applyParameters({}, { a: 1 })).toEqual({ ok: true, inputs: { a: 1 } });
  });

  it('never reach a prototype', () => {
    const inputs = JSON.parse('{"url":"x","retry":{"constructor":1}}') as JsonObject;
    const applied = applyParameters(PARAMETERS, inputs);
    expect(applied).toMatchObject({ ok: true });
    expect(applyParameters({ required: ['toString'] }, {})).toMatchObject({ ok: false });
  });

  it('are bounded with their defaults, in time too', () => {
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [`p${at}`, { default: 'x'.repeat(50) }]),
    );
    const parameters = {
      properties: { list: { type: 'array', items: { type: 'object', properties: many } } },
    };
    const began = performance.now();
    expect(applyParameters(parameters, { list: Array(300_000).fill({}) })).toMatchObject({
      problems: [{ code: 'too_big' }],
    });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(applyParameters({}, { text: 'x'.repeat(2_000_000) })).toMatchObject({ ok: false });
  });
});
