import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BLOCK_JOBS,
  clearBit,
  clearRange,
  countBits,
  decodeBits,
  emptyBits,
  encodeBits,
  hasBit,
  intersect,
  setBit,
  unite,
  visitBits,
} from './posting-bits.js';

const index = fc.integer({ min: 0, max: BLOCK_JOBS - 1 });
const indexes = fc.uniqueArray(index, { maxLength: 900 });

function bitsOf(members: readonly number[]): Uint32Array {
  const bits = emptyBits();
  for (const member of members) setBit(bits, member);
  return bits;
}

function membersOf(bits: Uint32Array, descending = false): number[] {
  const members: number[] = [];
  visitBits(bits, descending, (member) => members.push(member) > 0);
  return members;
}

const ascending = (members: Iterable<number>): number[] => [...members].sort((a, b) => a - b);

describe('posting bits', () => {
  it('come back from storage as they were, sparse or dense', () => {
    fc.assert(
      fc.property(indexes, (members) => {
        const bytes = encodeBits(bitsOf(members));
        expect(bytes === undefined).toBe(members.length === 0);
        expect(membersOf(decodeBits(bytes ?? new Uint8Array(0)))).toEqual(ascending(members));
      }),
      { examples: [[[31]], [[0, BLOCK_JOBS - 1]]], numRuns: 60 },
    );
  });

  it('take no more room than they need', () => {
    expect(encodeBits(bitsOf([7]))).toHaveLength(2);
    expect(encodeBits(emptyBits().fill(0xffffffff))).toHaveLength(BLOCK_JOBS / 8);
  });

  it('combine and count as sets do', () => {
    fc.assert(
      fc.property(indexes, indexes, (a, b) => {
        const both = bitsOf(a);
        expect(intersect(both, bitsOf(b))).toBe(a.some((member) => b.includes(member)));
        expect(membersOf(both)).toEqual(ascending(a.filter((member) => b.includes(member))));
        const either = bitsOf(a);
        unite(either, bitsOf(b));
        expect(membersOf(either)).toEqual(ascending(new Set([...a, ...b])));
        expect(countBits(either)).toBe(new Set([...a, ...b]).size);
      }),
      { numRuns: 30 },
    );
  });

  it('are visited from either end, until the visitor has had enough', () => {
    const bits = bitsOf([3, 31, 32, 63, 9000]);
    expect(membersOf(bits, true)).toEqual([9000, 63, 32, 31, 3]);
    const seen: number[] = [];
    expect(visitBits(bits, false, (member) => seen.push(member) < 2)).toBe(false);
    expect(seen).toEqual([3, 31]);
  });

  it('say whether setting and clearing changed anything', () => {
    const bits = emptyBits();
    expect([setBit(bits, 31), setBit(bits, 31), clearBit(bits, 31), clearBit(bits, 31)]).toEqual([
      1, 0, -1, 0,
    ]);
  });

  it('are cleared range by range', () => {
    fc.assert(
      fc.property(index, index, (from, to) => {
        const bits = emptyBits().fill(0xffffffff);
        clearRange(bits, from, to);
        expect(countBits(bits)).toBe(BLOCK_JOBS - Math.max(0, to - from));
        expect(hasBit(bits, from)).toBe(to <= from);
      }),
      { numRuns: 50 },
    );
  });
});
