import { describe, expect, it } from '@jest/globals';
import { OutputTail } from './output-tail.js';

const tailOf = (limit: number, ...chunks: (string | Uint8Array)[]): string => {
  const tail = new OutputTail(limit);
  for (const chunk of chunks) tail.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return tail.text();
};

describe('the tail of an output', () => {
  it('is all of a short one', () => {
    expect(tailOf(100)).toBe('');
    expect(tailOf(100, 'a\n', 'b', 'c\n')).toBe('a\nbc');
  });

  it('begins with a whole line', () => {
    const lines = Array.from({ length: 5000 }, (_, line) => `line ${line}\n`);
    const text = tailOf(100, ...lines);
    expect(text).toMatch(/^line \d+\n/);
    expect(text).toMatch(/\nline 4999$/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100);
    expect(tailOf(100, lines.join(''))).toBe(text);
  });

  it('is the end of a line that is too long', () => {
    expect(tailOf(10, 'x'.repeat(500), 'end')).toBe('xxxxxxxend');
  });

  it('is readable: no colours, no control characters, and never more than the limit', () => {
    expect(tailOf(100, '\u001b[31mred\u001b[0m\u0007 bell\r\n')).toBe('red bell');
    expect(Buffer.byteLength(tailOf(100, Buffer.alloc(300, 0xff)))).toBeLessThanOrEqual(100);
    expect(Buffer.byteLength(tailOf(101, '日'.repeat(100)))).toBeLessThanOrEqual(101);
  });
});
