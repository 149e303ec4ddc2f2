import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('reads the same for what is equal', () => {
    const text = '{"a":[1,{"x":"é","y":null}],"b":"\\"","é":true}';
    expect(canonicalJson({ é: true, b: '"', a: [1, { y: null, x: 'é' }] })).toBe(text);
    expect(canonicalJson(JSON.parse(text))).toBe(text);
  });

  it('keeps keys that mean something to objects, and leaves out what is not there', () => {
    const value = JSON.parse('{"__proto__":{"b":1},"constructor":2,"2":0,"10":0}') as object;
    expect(canonicalJson({ ...value, gone: undefined })).toContain('"10":0,"2":0');
    expect(canonicalJson(value)).toContain('"__proto__":{"b":1}');
  });

  it('tells apart what is not equal', () => {
    const different = [null, 0, '0', '', [], {}, [null], { a: null }, [[]], ['a', 'b'], ['a,b']];
    expect(new Set(different.map(canonicalJson)).size).toBe(different.length);
  });
});
