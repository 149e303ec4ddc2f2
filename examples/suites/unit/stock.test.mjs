import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OutOfStock, Stock } from '../shop/stock.mjs';

describe('stock', () => {
  it('reserves what there is', () => {
    const stock = new Stock({ tea: 3 });
    stock.reserve([{ productId: 'tea', quantity: 2 }]);
    assert.equal(stock.available('tea'), 1);
  });

  it('reserves all lines or none', () => {
    const stock = new Stock({ tea: 3, pot: 0 });
    const lines = [
      { productId: 'tea', quantity: 1 },
      { productId: 'pot', quantity: 1 },
    ];
    assert.throws(() => stock.reserve(lines), OutOfStock);
    assert.equal(stock.available('tea'), 3);
  });

  it('knows nothing of products it never had', () => {
    assert.throws(() => new Stock({}).reserve([{ productId: 'x', quantity: 1 }]), {
      message: 'x: 1 wanted, 0 available',
    });
  });

  it('takes back a reservation once', () => {
    const stock = new Stock({ tea: 3 });
    const reservation = stock.reserve([{ productId: 'tea', quantity: 3 }]);
    assert.equal(stock.release(reservation), true);
    assert.equal(stock.release(reservation), false);
    assert.equal(stock.available('tea'), 3);
  });
});
