import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonBytes } from './json-size.js';

describe('jsonBytes', () => {
  it('counts what JSON.stringify writes, in UTF-8', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(jsonBytes(value, Infinity)).toBe(Buffer.byteLength(JSON.stringify(value)));
      }),
    );
    for (const text of ['\u0000\b\t\n"\\/\u007f', 'é€😀', '\ud800', '\udc00x']) {
      expect(jsonBytes(text, Infinity)).toBe(Buffer.byteLength(JSON.stringify(text)));
    }
  });

  it('leaves one own field out', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'needs', 'b'), fc.jsonValue()), (value) => {
        const rest = Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'needs'));
        expect(jsonBytes(value, Infinity, 'needs')).toBe(Buffer.byteLength(JSON.stringify(rest)));
      }),
    );
  });

  it('stops above the limit', () => {
    const loop: unknown[] = ['x'];
    loop.push(loop);
    expect(jsonBytes(loop, 1000)).toBeGreaterThan(1000);
    expect(jsonBytes('x'.repeat(5000), 1000)).toBeGreaterThan(1000);
  });
});
