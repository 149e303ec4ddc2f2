import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../json.js';
import { runSteps } from '../plan/run-steps.js';
import { canonicalJson, jsonTextSteps } from './json-text.js';

const text = (value: Json, sorted = false): string => runSteps(jsonTextSteps(value, sorted));

describe('JSON text', () => {
  it('is what JSON.stringify writes, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(text(value as Json)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('is the same for objects whose keys come in another order, when sorted', () => {
    const turned = (value: Json): Json => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(turned);
      const members = Object.entries(value).map(([key, member]) => [key, turned(member)]);
      return Object.fromEntries(members.reverse()) as Json;
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const given = value as Json;
        expect(text(turned(given), true)).toBe(text(given, true));
        expect(text(given, true)).toBe(canonicalJson(given));
        expect(JSON.parse(canonicalJson(given))).toEqual(JSON.parse(JSON.stringify(given)));
      }),
    );
  });

  it('tells lists in another order apart', () => {
    expect(canonicalJson(['a', 'b'])).not.toBe(canonicalJson(['b', 'a']));
  });

  it('of a large value is written in steps', () => {
    const nodes = Array.from({ length: 5_000 }, (_, at) => ({ id: `n${at}`, type: 'noop' }));
    let pauses = 0;
    for (const steps = jsonTextSteps({ nodes }, true); steps.next().done !== true;) pauses++;
    expect(pauses).toBeGreaterThan(1);
  });
});
