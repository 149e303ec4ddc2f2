import { percentOf } from './money.mjs';

const FREE_SHIPPING_FROM = 5_000;
const SHIPPING = 490;

export class Cart {
  #lines = new Map();
  #discount = 0;

  get isEmpty() {
    return this.#lines.size === 0;
  }

  lines() {
    return [...this.#lines.values()];
  }

  add(product, quantity = 1) {
    if (!Number.isInteger(quantity) || quantity < 1) {
      throw new RangeError('quantity must be a whole number of at least 1');
    }
    const had = this.#lines.get(product.id)?.quantity ?? 0;
    this.#lines.set(product.id, { product, quantity: had + quantity });
  }

  remove(productId) {
    return this.#lines.delete(productId);
  }

  /** A discount in percent on the goods; the latest one counts. */
  discount(percent) {
    if (percent < 0 || percent > 100) throw new RangeError('percent must be from 0 to 100');
    this.#discount = percent;
  }

  /** Cents. */
  total() {
    const goods = this.lines().reduce(
      (sum, { product, quantity }) => sum + product.price * quantity,
      0,
    );
    const reduced = goods - percentOf(goods, this.#discount);
    const shipping = goods === 0 || reduced >= FREE_SHIPPING_FROM ? 0 : SHIPPING;
    return { goods, discount: goods - reduced, shipping, total: reduced + shipping };
  }
}
