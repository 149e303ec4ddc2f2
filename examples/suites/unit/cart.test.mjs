import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Cart } from '../shop/cart.mjs';

const tea = { id: 'tea', name: 'Green tea', price: 650 };
const pot = { id: 'pot', name: 'Tea pot', price: 3_900 };

describe('cart', () => {
  let cart;
  beforeEach(() => {
    cart = new Cart();
  });

  it('starts empty and costs nothing', () => {
    assert.equal(cart.isEmpty, true);
    assert.deepEqual(cart.total(), { goods: 0, discount: 0, shipping: 0, total: 0 });
  });

  it('adds up products and quantities', () => {
    cart.add(tea, 2);
    cart.add(tea);
    assert.deepEqual(cart.lines(), [{ product: tea, quantity: 3 }]);
    assert.equal(cart.total().goods, 1_950);
  });

  it('removes a line', () => {
    cart.add(tea);
    assert.equal(cart.remove('tea'), true);
    assert.equal(cart.remove('tea'), false);
    assert.equal(cart.isEmpty, true);
  });

  for (const quantity of [0, -1, 1.5, '2', NaN]) {
    it(`refuses a quantity of ${JSON.stringify(quantity)}`, () => {
      assert.throws(() => cart.add(tea, quantity), RangeError);
    });
  }

  describe('shipping', () => {
    it('costs 4.90 below 50.00', () => {
      cart.add(pot);
      assert.equal(cart.total().shipping, 490);
    });

    it('is free from 50.00, after the discount', () => {
      cart.add(pot, 2);
      assert.equal(cart.total().shipping, 0);
      cart.discount(50);
      assert.deepEqual(cart.total(), {
        goods: 7_800,
        discount: 3_900,
        shipping: 490,
        total: 4_390,
      });
    });
  });
});
