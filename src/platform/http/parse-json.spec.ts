import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseInPieces } from './parse-json.js';

function outcome(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch (error) {
    return String(error);
  }
}

async function inPieces(text: string, pieceLength: number): Promise<unknown> {
  return parseInPieces(text, pieceLength).then(
    (value) => ({ value }),
    (error: unknown) => String(error),
  );
}

describe('parseInPieces', () => {
  it('parses what JSON.parse parses, to the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.json({ maxDepth: 6 }),
        fc.constantFrom(0, 2),
        fc.integer({ min: 1, max: 40 }),
        async (json, indent, pieceLength) => {
          const text = JSON.stringify(JSON.parse(json), undefined, indent);
          const value = await parseInPieces(text, pieceLength);
          expect(value).toEqual(JSON.parse(text));
          expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
        },
      ),
    );
  });

  it('refuses what JSON.parse refuses, with the same words', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '[', ']', '{', '}', ':', '\\', ' ', '1'),
        fc.nat(1),
        fc.integer({ min: 1, max: 20 }),
        async (json, place, inserted, removed, pieceLength) => {
          const at = place % (json.length + 1);
          const text = json.slice(0, at) + inserted + json.slice(at + removed);
          expect(await inPieces(text, pieceLength)).toEqual(outcome(() => JSON.parse(text)));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '[1,2,]',
    '[,1,2]',
    '[1,,2]',
    '{"a":1,}',
    '{"a" 1,"b":[1,2,3]}',
    '{1:[1,2,3],"b":2}',
    '[1,2}',
    '{"a":1]',
    '[[1,2],[3,4]',
    '[1,2]]',
    '[1,2] [3]',
    '["\\"",",]"]',
    '["\\\\",1,"\\\\\\"",2]',
    '{"a":1,"a":[1,2,3,4,5,6]}',
    '[          ]',
    '',
  ])('agrees about %s', async (text) => {
    for (let pieceLength = 1; pieceLength < 12; pieceLength++) {
      expect(await inPieces(text, pieceLength)).toEqual(outcome(() => JSON.parse(text)));
    }
  });

  it('keeps __proto__ a key like any other', async () => {
    for (const text of ['{"__proto__":{"x":1},"b":[1,2,3]}', '{"__proto__":1}']) {
      const value = await parseInPieces(text, 3);
      expect(Object.hasOwn(value as object, '__proto__')).toBe(true);
      expect((value as { x?: number }).x).toBeUndefined();
    }
  });

  it('is not slowed down by depth', async () => {
    const levels = 200_000;
    const text = '['.repeat(levels) + ']'.repeat(levels);
    const began = performance.now();
    let value = await parseInPieces(text, 1024);
    expect(performance.now() - began).toBeLessThan(5_000);
    let depth = 0;
    for (; Array.isArray(value); depth++) value = (value as unknown[])[0];
    expect(depth).toBe(levels);
  });
});
