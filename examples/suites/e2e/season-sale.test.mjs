import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ShopClient } from '../shop/client.mjs';
import { Shop } from '../shop/server.mjs';

const WAVES = 4;
const BUYERS = 8;

describe('e2e: season sale', () => {
  const shop = new Shop({ paymentMs: 1_200 });
  let client;
  let bought = 0;
  before(async () => {
    client = new ShopClient(await shop.start());
  });
  after(() => shop.stop());

  for (let wave = 1; wave <= WAVES; wave++) {
    it(`serves wave ${wave} of ${BUYERS} buyers`, async () => {
      const buy = async () => {
        const cart = await client.cartWith('tea');
        const { body: order } = await client.post(`/carts/${cart}/checkout`);
        return client.settled(order.id);
      };
      const orders = await Promise.all(Array.from({ length: BUYERS }, buy));
      assert.ok(orders.every(({ status }) => status === 'paid'));
      bought += orders.length;
    });
  }

  it('has sold exactly what was paid for', async () => {
    const { body } = await client.get('/products?q=green');
    assert.equal(body[0].available, 100 - bought);
  });
});
