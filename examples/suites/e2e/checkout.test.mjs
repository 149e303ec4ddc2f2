import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ShopClient } from '../shop/client.mjs';
import { Shop } from '../shop/server.mjs';

/** Payments take about as long as a real provider's sandbox does. */
describe('e2e: checkout', () => {
  const shop = new Shop({ paymentMs: 1_300 });
  let client;
  before(async () => {
    client = new ShopClient(await shop.start());
  });
  after(() => shop.stop());

  for (const basket of [['tea'], ['tea', 'cup'], ['pot', 'cup', 'tea']]) {
    it(`buys ${basket.join(' and ')}`, async () => {
      const cart = await client.cartWith(...basket);
      const { body: price } = await client.get(`/carts/${cart}`);
      const { body: order } = await client.post(`/carts/${cart}/checkout`);
      assert.equal(order.total, price.total);
      assert.equal((await client.settled(order.id)).status, 'paid');
    });
  }

  it('tries again with another card after one is declined', async () => {
    const cart = await client.cartWith('cup');
    const first = await client.post(`/carts/${cart}/checkout`, { card: 'declined' });
    assert.equal((await client.settled(first.body.id)).status, 'declined');
    const second = await client.post(`/carts/${cart}/checkout`);
    assert.equal((await client.settled(second.body.id)).status, 'paid');
  });
});
