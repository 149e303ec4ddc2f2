/** Jobs in one posting: a run of this many consecutive `seq` numbers. */
export const BLOCK_JOBS = 16_384;
const WORDS = BLOCK_JOBS / 32;
const DENSE_BYTES = BLOCK_JOBS / 8;
/** Up to this many jobs a posting lists their numbers, two bytes each; beyond, it is a bitmap. */
const SPARSE_JOBS = DENSE_BYTES / 4;

/** One bit a job of a block, 32 to a word. */
export type Bits = Uint32Array;

export function emptyBits(): Bits {
  return new Uint32Array(WORDS);
}

export function hasBit(bits: Bits, index: number): boolean {
  return ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
}

/** Answers by how much the number of bits set has changed: 1 or 0. */
export function setBit(bits: Bits, index: number): number {
  if (hasBit(bits, index)) return 0;
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
  return 1;
}

/** Answers by how much the number of bits set has changed: -1 or 0. */
export function clearBit(bits: Bits, index: number): number {
  if (!hasBit(bits, index)) return 0;
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) & ~(1 << (index & 31));
  return -1;
}

/** Clears the bits from `from` up to but not including `to`. */
export function clearRange(bits: Bits, from: number, to: number): void {
  for (let index = from; index < to;) {
    if ((index & 31) === 0 && index + 32 <= to) {
      bits[index >>> 5] = 0;
      index += 32;
    } else {
      clearBit(bits, index);
      index += 1;
    }
  }
}

/** Keeps the bits that are also in `other`; answers whether any are left. */
export function intersect(bits: Bits, other: Bits): boolean {
  let any = 0;
  for (let word = 0; word < WORDS; word += 1) {
    const both = (bits[word] ?? 0) & (other[word] ?? 0);
    bits[word] = both;
    any |= both;
  }
  return any !== 0;
}

export function unite(bits: Bits, other: Bits): void {
  for (let word = 0; word < WORDS; word += 1) bits[word] = (bits[word] ?? 0) | (other[word] ?? 0);
}

export function countBits(bits: Bits): number {
  let count = 0;
  for (let word = 0; word < WORDS; word += 1) count += popcount(bits[word] ?? 0);
  return count;
}

/** Indexes of the bits set, in the order asked for, until `visit` answers false. */
export function visitBits(
  bits: Bits,
  descending: boolean,
  visit: (index: number) => boolean,
): boolean {
  for (let step = 0; step < WORDS; step += 1) {
    const word = descending ? WORDS - 1 - step : step;
    let rest = bits[word] ?? 0;
    while (rest !== 0) {
      const bit = descending ? 31 - Math.clz32(rest) : 31 - Math.clz32(rest & -rest);
      if (!visit(word * 32 + bit)) return false;
      rest &= ~(1 << bit);
    }
  }
  return true;
}

export function decodeBits(bytes: Uint8Array): Bits {
  if (bytes.length === DENSE_BYTES) {
    const copy = new Uint8Array(bytes);
    return new Uint32Array(copy.buffer);
  }
  const bits = emptyBits();
  for (let at = 0; at < bytes.length; at += 2) {
    setBit(bits, (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  }
  return bits;
}

/** `undefined` when no bit is set. */
export function encodeBits(bits: Bits): Uint8Array | undefined {
  const count = countBits(bits);
  if (count === 0) return undefined;
  if (count > SPARSE_JOBS) return new Uint8Array(bits.buffer, bits.byteOffset, DENSE_BYTES);
  const bytes = new Uint8Array(count * 2);
  let at = 0;
  visitBits(bits, false, (index) => {
    bytes[at] = index & 255;
    bytes[at + 1] = index >>> 8;
    at += 2;
    return true;
  });
  return bytes;
}

/** Bits set in a 32-bit word (Warren, Hacker's Delight, figure 5-2). */
function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}
