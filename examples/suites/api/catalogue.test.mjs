import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ShopClient } from '../shop/client.mjs';
import { Shop } from '../shop/server.mjs';

describe('API: catalogue', () => {
  const shop = new Shop();
  let client;
  before(async () => {
    client = new ShopClient(await shop.start());
  });
  after(() => shop.stop());

  it('lists every product with its price and stock', async () => {
    const { status, body } = await client.get('/products');
    assert.equal(status, 200);
    assert.equal(body.length, 4);
    assert.deepEqual(body[0], { id: 'tea', name: 'Green tea', price: 650, available: 100 });
  });

  for (const [words, ids] of [
    ['tea', ['tea', 'pot', 'cup']],
    ['JAPAN', ['map']],
    ['coffee', []],
  ]) {
    it(`finds ${ids.length} for "${words}"`, async () => {
      const { body } = await client.get(`/products?q=${words}`);
      assert.deepEqual(
        body.map(({ id }) => id),
        ids,
      );
    });
  }

  it('answers 404 for what it does not have', async () => {
    assert.equal((await client.get('/nothing')).status, 404);
  });
});
