export class OutOfStock extends Error {
  constructor(productId, wanted, available) {
    super(`${productId}: ${wanted} wanted, ${available} available`);
    this.name = 'OutOfStock';
    this.productId = productId;
  }
}

/** What is on the shelves: reserved at checkout, given back when a payment fails. */
export class Stock {
  #available;
  #reservations = new Map();
  #next = 1;

  constructor(counts) {
    this.#available = new Map(Object.entries(counts));
  }

  available(productId) {
    return this.#available.get(productId) ?? 0;
  }

  /** All lines or none; answers the id of the reservation. */
  reserve(lines) {
    for (const { productId, quantity } of lines) {
      const available = this.available(productId);
      if (available < quantity) throw new OutOfStock(productId, quantity, available);
    }
    this.#move(lines, -1);
    const id = `r${this.#next++}`;
    this.#reservations.set(id, lines);
    return id;
  }

  /** Safe to call twice. */
  release(reservationId) {
    const lines = this.#reservations.get(reservationId);
    if (lines === undefined) return false;
    this.#reservations.delete(reservationId);
    this.#move(lines, 1);
    return true;
  }

  #move(lines, sign) {
    for (const { productId, quantity } of lines) {
      this.#available.set(productId, this.available(productId) + sign * quantity);
    }
  }
}
