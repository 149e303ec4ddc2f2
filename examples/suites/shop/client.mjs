import { setTimeout as pause } from 'node:timers/promises';

/** Calls the shop's API; answers status and body. */
export class ShopClient {
  constructor(base) {
    this.base = base;
  }

  async call(method, path, body) {
    const response = await fetch(this.base + path, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  get(path) {
    return this.call('GET', path);
  }

  post(path, body) {
    return this.call('POST', path, body);
  }

  /** A cart with these products; answers its id. */
  async cartWith(...products) {
    const { body } = await this.post('/carts');
    for (const product of products) await this.post(`/carts/${body.id}/items`, { product });
    return body.id;
  }

  /** The order once it has left `paying`. Throws after `withinMs`. */
  async settled(orderId, withinMs = 5_000) {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const { body } = await this.get(`/orders/${orderId}`);
      if (body.status !== 'paying') return body;
      if (Date.now() > deadline) {
        throw new Error(`order ${orderId} is still being paid after ${withinMs} ms`);
      }
      await pause(20);
    }
  }
}
