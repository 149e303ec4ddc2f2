import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ShopClient } from '../shop/client.mjs';
import { Shop } from '../shop/server.mjs';

describe('API: orders', () => {
  let shop;
  let client;
  beforeEach(async () => {
    shop = new Shop({ paymentMs: 150 });
    client = new ShopClient(await shop.start());
  });
  afterEach(() => shop.stop());

  it('takes an order and settles it later', async () => {
    const cart = await client.cartWith('tea', 'pot');
    const { status, body } = await client.post(`/carts/${cart}/checkout`);
    assert.equal(status, 202);
    assert.equal(body.status, 'paying');
    assert.equal(body.total, 5_040);
    assert.equal((await client.settled(body.id)).status, 'paid');
  });

  it('gives the stock back when the card is declined', async () => {
    const cart = await client.cartWith('pot');
    const { body } = await client.post(`/carts/${cart}/checkout`, { card: 'declined' });
    assert.equal((await client.settled(body.id)).status, 'declined');
    const { body: found } = await client.get('/products?q=pot');
    assert.equal(found[0].available, 3);
  });

  it('answers 409 when something is sold out', async () => {
    const cart = await client.cartWith('map');
    const { status, body } = await client.post(`/carts/${cart}/checkout`);
    assert.equal(status, 409);
    assert.match(body.error, /map: 1 wanted, 0 available/);
  });

  it('answers 422 for an empty cart, an unknown product, a bad quantity', async () => {
    const cart = await client.cartWith();
    const items = `/carts/${cart}/items`;
    assert.equal((await client.post(`/carts/${cart}/checkout`)).status, 422);
    assert.equal((await client.post(items, { product: 'gold' })).status, 422);
    assert.equal((await client.post(items, { product: 'tea', quantity: -1 })).status, 422);
  });

  it('answers 400 for a body that is not JSON', async () => {
    const cart = await client.cartWith();
    assert.equal((await client.post(`/carts/${cart}/items`, '{')).status, 400);
  });

  it('never sells more than it has, however many ask at once', async () => {
    const carts = await Promise.all(Array.from({ length: 10 }, () => client.cartWith('pot')));
    const answers = await Promise.all(carts.map((cart) => client.post(`/carts/${cart}/checkout`)));
    const taken = answers.filter(({ status }) => status === 202);
    assert.equal(taken.length, 3);
  });
});
