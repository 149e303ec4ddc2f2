import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivedJobId, ID_RANDOM_BYTES, jobId, sortableId } from './ids.js';

const bytes = fc.uint8Array({ minLength: ID_RANDOM_BYTES, maxLength: ID_RANDOM_BYTES });

describe('ids', () => {
  it('encodes as ULID does', () => {
    const random = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
    const asNumber = random.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    let rest = asNumber;
    let expected = '';
    for (let i = 0; i < 16; i++) {
      expected = '0123456789abcdefghjkmnpqrstvwxyz'.charAt(Number(rest % 32n)) + expected;
      rest /= 32n;
    }
    expect(sortableId(0, random)).toBe(`0000000000${expected}`);
    expect(sortableId(1_469_918_176_385, random).slice(0, 10)).toBe('01aryz6s41');
  });

  it('sorts by time', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(2 ** 40), bytes, bytes, (a, b, x, y) => {
        fc.pre(a !== b);
        expect(sortableId(a, x) < sortableId(b, y)).toBe(a < b);
      }),
    );
  });

  it('differs whenever the random bytes do', () => {
    fc.assert(
      fc.property(bytes, bytes, (x, y) => {
        expect(sortableId(1, x) === sortableId(1, y)).toBe(Buffer.from(x).equals(Buffer.from(y)));
      }),
    );
  });

  it('marks jobs', () => {
    expect(jobId(0, new Uint8Array(ID_RANDOM_BYTES))).toMatch(/^job_[0-9a-z]{26}$/);
  });

  it('derives the same id from the same text, and others from others', () => {
    expect(derivedJobId(5, 'a/b/1')).toBe(derivedJobId(5, 'a/b/1'));
    expect(derivedJobId(5, 'a/b/1')).toMatch(/^job_[0-9a-hjkmnp-tv-z]{26}$/);
    const ids = new Set<string>();
    for (let job = 0; job < 200; job++) {
      for (let node = 0; node < 200; node++) ids.add(derivedJobId(5, `job_${job}/n${node}/1`));
    }
    expect(ids.size).toBe(40_000);
  });
});
