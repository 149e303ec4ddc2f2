import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern } from './compile-pattern.js';
import { findMatch } from './find-match.js';

function find(source: string, flags: string, text: string, from = 0) {
  const marks = findMatch(compilePattern(source, flags), text, from, () => undefined);
  if (marks === undefined) return null;
  const groups = marks.flatMap((start, slot) =>
    slot % 2 === 0 ? [[start, marks[slot + 1] ?? -1]] : [],
  );
  return {
    index: marks[0],
    groups: groups.map(([start = -1, end = -1]) =>
      start < 0 ? undefined : text.slice(start, end),
    ),
  };
}

function expected(source: string, flags: string, text: string, from = 0) {
  const regex = new RegExp(source, `${flags}g`);
  regex.lastIndex = from;
  const match = regex.exec(text);
  return match === null ? null : { index: match.index, groups: [...match] };
}

const cases: readonly (readonly [string, string, string])[] = [
  ['abc', '', 'xxabcabc'],
  ['a|ab', '', 'ab'],
  ['(a|ab)(c|bcd)(d*)', '', 'abcd'],
  ['a+?', '', 'aaa'],
  ['a{2,3}', '', 'aaaa'],
  ['a{2,3}?', '', 'aaaa'],
  ['a{2}', '', 'aaaa'],
  ['a{,2}', '', 'a{,2}'],
  ['x{a', '', 'x{a'],
  ['^\\s*(\\w+)\\s*=\\s*(.*?)\\s*$', 'm', 'a\n  key = some value  \nb'],
  ['(\\d{4})-(\\d\\d)-(\\d\\d)', '', 'on 2024-02-29.'],
  ['[^\\s,]+', '', ' ,one,two'],
  ['[\\d-x]+', '', 'ab1-x9'],
  ['[a\\-z]+', '', 'b-a'],
  ['[]a]', '', 'a]'],
  ['[^]', '', '\n'],
  ['[\\b]', '', '\b'],
  ['\\bword\\b', '', 'sword word'],
  ['\\Bord', '', 'ord word'],
  ['ERROR', 'i', 'an Error'],
  ['[A-Z]+', 'i', 'abc'],
  ['[^a]', 'i', 'A'],
  ['\\u0041\\x42\\t', '', 'AB\t'],
  ['(?<year>\\d+)-(?:x)', '', '12-x'],
  ['(a)|(b)', '', 'b'],
  ['(a*)*', '', 'aab'],
  ['(?:)', '', 'a'],
  ['a.c', '', 'a\nc abc'],
  ['\\.', '', 'a.b'],
  ['[.*+?^${}()|[\\]\\\\]', '', 'a$'],
  ['\\W\\S\\D', '', 'a !!x'],
  ['é+', 'i', 'aÉé'],
];

describe('findMatch', () => {
  it.each(cases)('finds /%s/%s in %j as JavaScript does', (source, flags, text) => {
    expect(find(source, flags, text)).toStrictEqual(expected(source, flags, text));
  });

  it('finds what JavaScript finds, for any pattern', () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '\\d',
      '\\b',
      '^',
      '$',
      'ab',
    );
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        unit,
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => `(?:${parts.join('|')})`),
        // What a repeated group captured is the one thing that differs, so groups are not repeated.
        fc
          .tuple(unit, fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '*?', '+?', '??'))
          .map(([part, count]) => (/^[\\][b]$|^[$^]$/.test(part) ? part : `(?:${part})${count}`)),
        tie('pattern').map((part) => `(${part})`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(
        pattern,
        fc.constantFrom('', 'i', 'm'),
        text,
        fc.nat(3),
        (source, flags, input, from) => {
          const start = Math.min(from, input.length);
          expect(find(source, flags, input, start)).toStrictEqual(
            expected(source, flags, input, start),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes time in proportion to the text, for any pattern', () => {
    let work = 0;
    const pattern = compilePattern('(a+)+(a|aa)*b', '');
    findMatch(pattern, 'a'.repeat(10_000), 0, (units) => (work += units));
    expect(work).toBeLessThan(10_000 * 30);
  });

  it.each([
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(a{40}){40}',
    '(?:){2000}',
  ])('refuses %s', (source) => {
    expect(() => compilePattern(source, '')).toThrow(/[.]$/);
  });
});
