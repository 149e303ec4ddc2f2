import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ShopClient } from '../shop/client.mjs';
import { Shop } from '../shop/server.mjs';

describe('e2e: returns', () => {
  const shop = new Shop({ paymentMs: 1_600 });
  let client;
  before(async () => {
    client = new ShopClient(await shop.start());
  });
  after(() => shop.stop());

  const potsLeft = async () => (await client.get('/products?q=pot')).body[0].available;

  it('takes back a paid order and puts it on the shelf', async () => {
    const cart = await client.cartWith('pot');
    const { body: order } = await client.post(`/carts/${cart}/checkout`);
    await client.settled(order.id);
    assert.equal(await potsLeft(), 2);
    const { status, body } = await client.post(`/orders/${order.id}/return`);
    assert.deepEqual([status, body.status], [200, 'returned']);
    assert.equal(await potsLeft(), 3);
  });

  it('takes an order back only once', async () => {
    const cart = await client.cartWith('tea');
    const { body: order } = await client.post(`/carts/${cart}/checkout`);
    await client.settled(order.id);
    await client.post(`/orders/${order.id}/return`);
    assert.equal((await client.post(`/orders/${order.id}/return`)).status, 409);
  });

  it('does not take back what is not paid yet', async () => {
    const cart = await client.cartWith('tea');
    const { body: order } = await client.post(`/carts/${cart}/checkout`);
    assert.equal((await client.post(`/orders/${order.id}/return`)).status, 409);
    assert.equal((await client.settled(order.id)).status, 'paid');
  });
});
