import { createServer } from 'node:http';
import { Cart } from './cart.mjs';
import { OutOfStock, Stock } from './stock.mjs';

const PRODUCTS = [
  { id: 'tea', name: 'Green tea', price: 650 },
  { id: 'pot', name: 'Tea pot', price: 3_900 },
  { id: 'cup', name: 'Tea cup', price: 1_250 },
  { id: 'map', name: 'Map of Japan', price: 1_800 },
];

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * A small web shop in memory. Payments are settled in the background after `paymentMs`; those of
 * card `declined` fail.
 */
export class Shop {
  #carts = new Map();
  #orders = new Map();
  #next = 1;
  #timers = new Set();
  #stock = new Stock({ tea: 100, pot: 3, cup: 12, map: 0 });
  #server;

  constructor({ paymentMs = 50 } = {}) {
    this.paymentMs = paymentMs;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Listens on a free port of this machine; answers the base URL. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request, response) {
    let status = 200;
    let body;
    try {
      const { pathname, searchParams } = new URL(request.url, 'http://shop');
      const route = `${request.method} ${pathname.replace(/\/[a-z]?\d+/, '/:id')}`;
      const id = /\/([a-z]?\d+)/.exec(pathname)?.[1];
      [status, body] = await this.#answer(route, id, searchParams, request);
    } catch (error) {
      status = error instanceof OutOfStock ? 409 : (error.status ?? 500);
      body = { error: error.message };
    }
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  async #answer(route, id, query, request) {
    switch (route) {
      case 'GET /products':
        return [200, this.#search(query.get('q') ?? '')];
      case 'POST /carts': {
        const created = `c${this.#next++}`;
        this.#carts.set(created, new Cart());
        return [201, { id: created }];
      }
      case 'GET /carts/:id':
        return [200, this.#cart(id).total()];
      case 'POST /carts/:id/items': {
        const { product: productId, quantity } = await readJson(request);
        const product = PRODUCTS.find((one) => one.id === productId);
        if (product === undefined) throw new HttpError(422, `there is no product "${productId}"`);
        try {
          this.#cart(id).add(product, quantity);
        } catch (error) {
          throw error instanceof RangeError ? new HttpError(422, error.message) : error;
        }
        return [200, this.#cart(id).total()];
      }
      case 'POST /carts/:id/checkout':
        return [202, this.#checkOut(this.#cart(id), await readJson(request))];
      case 'GET /orders/:id':
        return [200, this.#order(id)];
      case 'POST /orders/:id/return':
        return [200, this.#takeBack(this.#order(id))];
      default:
        throw new HttpError(404, `no ${route}`);
    }
  }

  #search(words) {
    const wanted = words.toLowerCase();
    return PRODUCTS.filter(({ name }) => name.toLowerCase().includes(wanted)).map((product) => ({
      ...product,
      available: this.#stock.available(product.id),
    }));
  }

  #cart(id) {
    const cart = this.#carts.get(id);
    if (cart === undefined) throw new HttpError(404, `there is no cart "${id}"`);
    return cart;
  }

  #order(id) {
    const order = this.#orders.get(id);
    if (order === undefined) throw new HttpError(404, `there is no order "${id}"`);
    return order;
  }

  #checkOut(cart, { card = 'valid' }) {
    if (cart.isEmpty) throw new HttpError(422, 'the cart is empty');
    const lines = cart
      .lines()
      .map(({ product, quantity }) => ({ productId: product.id, quantity }));
    const reservation = this.#stock.reserve(lines);
    const order = { id: `o${this.#next++}`, status: 'paying', reservation, ...cart.total() };
    this.#orders.set(order.id, order);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      order.status = card === 'declined' ? 'declined' : 'paid';
      if (order.status === 'declined') this.#stock.release(reservation);
    }, this.paymentMs);
    this.#timers.add(timer);
    return order;
  }

  #takeBack(order) {
    if (order.status !== 'paid') throw new HttpError(409, `the order is ${order.status}`);
    order.status = 'returned';
    this.#stock.release(order.reservation);
    return order;
  }
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
}
