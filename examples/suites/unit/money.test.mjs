import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocate, formatAmount, parseAmount, percentOf } from '../shop/money.mjs';

describe('money', () => {
  for (const [text, cents] of [
    ['12.50', 1250],
    ['12.5', 1250],
    ['0.07', 7],
    ['-3', -300],
    [' 1000000 ', 100_000_000],
  ]) {
    it(`reads "${text}"`, () => assert.equal(parseAmount(text), cents));
  }

  for (const text of ['', '1.234', '1,50', 'ten', '--1', '1e3']) {
    it(`refuses "${text}"`, () => assert.throws(() => parseAmount(text), RangeError));
  }

  it('writes what it reads', () => {
    for (const cents of [0, 5, 99, 100, -1, -12_345]) {
      const written = formatAmount(cents);
      assert.equal(parseAmount(written.replace(' EUR', '')), cents);
    }
  });

  it('rounds half to even', () => {
    assert.deepEqual([percentOf(50, 1), percentOf(150, 1), percentOf(250, 1)], [0, 2, 2]);
  });

  it('splits without losing a cent', () => {
    assert.deepEqual(allocate(100, [1, 1, 1]), [34, 33, 33]);
    for (let cents = 0; cents < 500; cents += 7) {
      const shares = allocate(cents, [3, 1, 5]);
      assert.equal(
        shares.reduce((sum, share) => sum + share),
        cents,
      );
    }
  });
});
