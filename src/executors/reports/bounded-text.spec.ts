import { describe, expect, it } from '@jest/globals';
import { clipText, plainText, TextCollector } from './bounded-text.js';

describe('plainText', () => {
  it('drops colours and control characters, and keeps tabs and lines', () => {
    expect(plainText('\u001b[31mred\u001b[0m\u0007\r\n\tnext\u0000 ☃')).toBe('red\n\tnext ☃');
    expect(plainText('\u001b]8;;https://example.test\u0007link\u001b]8;;\u0007')).toBe('link');
  });
});

describe('clipText', () => {
  it('keeps what fits', () => {
    expect(clipText('☃'.repeat(10), 30)).toBe('☃'.repeat(10));
  });

  it('cuts between characters, within the bound, and says how much', () => {
    const cut = clipText('☃'.repeat(100), 100);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(100);
    expect(cut).toBe(`${'☃'.repeat(20)}… (240 bytes left out)`);
  });
});

describe('TextCollector', () => {
  it('counts what it drops', () => {
    const collector = new TextCollector(100);
    for (let n = 0; n < 50; n++) collector.add('0123456789');
    expect(collector.take(100)).toMatch(/^(0123456789){6}… \(440 bytes left out\)$/);
  });
});
