import { describe, expect, it } from '@jest/globals';
import { either, nearestName, quote, suggestion } from './wording.js';

describe('wording', () => {
  it.each([
    ['nedes', 'needs'],
    ['triggerRule', 'trigger_rule'],
    ['Retries', 'retry'],
    ['typ', 'type'],
    ['what', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('takes %.10s for %s', (name, meant) => {
    expect(nearestName(name, ['needs', 'trigger_rule', 'retry', 'type'])).toBe(meant);
  });

  it('quotes without control characters and at a bounded length', () => {
    expect(quote('a"\u0000')).toBe('"a\\"\\u0000"');
    expect(quote('x'.repeat(10_000))).toBe(`"${'x'.repeat(80)}"… (10000 characters)`);
  });

  it('joins words and suggests', () => {
    expect([either(['a']), either(['a', 'b', 'c'])]).toEqual(['a', 'a, b or c']);
    expect([suggestion('nede', ['need']), suggestion('zzz', ['need'])]).toEqual([
      '; did you mean "need"?',
      '',
    ]);
  });
});
