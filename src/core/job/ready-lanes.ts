/**
 * Tells which entries of a lane still count. Whoever queues gets a ticket; leaving voids it, so that
 * nothing needs to be looked for, wherever in a lane it is.
 */
export class Tickets {
  // Most jobs are small, and a typed array costs more than they do.
  readonly #of: number[] = [];
  #last = 0;

  issue(node: number): number {
    return (this.#of[node] = ++this.#last);
  }

  /** False when the node held none. */
  void(node: number): boolean {
    if ((this.#of[node] ?? 0) === 0) return false;
    this.#of[node] = 0;
    return true;
  }

  counts(node: number, ticket: number): boolean {
    return this.#of[node] === ticket;
  }
}

/** The ready nodes of one priority. */
export interface Lane {
  push(node: number, ticket: number): void;
  /** Adds the first nodes to `found` until it holds `count`; they stay in the lane. */
  peek(count: number, found: number[]): void;
  /** Every entry, whether it still counts or not, oldest first. */
  entries(): Iterable<readonly [node: number, ticket: number]>;
}

/** First come, first served. */
export class FifoLane implements Lane {
  readonly #tickets: Tickets;
  #nodes: number[] = [];
  #held: number[] = [];
  #head = 0;

  constructor(tickets: Tickets) {
    this.#tickets = tickets;
  }

  push(node: number, ticket: number): void {
    this.#dropGone();
    this.#nodes.push(node);
    this.#held.push(ticket);
  }

  peek(count: number, found: number[]): void {
    this.#dropGone();
    const { length } = this.#nodes;
    for (let at = this.#head; at < length && found.length < count; at++) {
      const node = this.#nodes[at] as number;
      if (this.#tickets.counts(node, this.#held[at] as number)) found.push(node);
    }
  }

  *entries(): Generator<readonly [number, number]> {
    for (let at = this.#head; at < this.#nodes.length; at++) {
      yield [this.#nodes[at] as number, this.#held[at] as number];
    }
  }

  #dropGone(): void {
    const nodes = this.#nodes;
    let head = this.#head;
    while (head < nodes.length) {
      if (this.#tickets.counts(nodes[head] as number, this.#held[head] as number)) break;
      head++;
    }
    if (head === nodes.length) {
      if (head > 0) [this.#nodes, this.#held] = [[], []];
      head = 0;
    } else if (head > 1024 && head * 2 > nodes.length) {
      this.#nodes = nodes.slice(head);
      this.#held = this.#held.slice(head);
      head = 0;
    }
    this.#head = head;
  }
}

/** Highest rank first; of equal ranks, first come, first served. Logarithmic time an operation. */
export class RankedLane implements Lane {
  readonly #tickets: Tickets;
  readonly #ranks: Float64Array;
  /** A binary heap, best on top, in two arrays. */
  readonly #nodes: number[] = [];
  readonly #held: number[] = [];
  /** What the last peek took off the heap; nearly always started before the next. */
  #peekedNodes: number[] = [];
  #peekedHeld: number[] = [];

  constructor(tickets: Tickets, ranks: Float64Array) {
    this.#tickets = tickets;
    this.#ranks = ranks;
  }

  push(node: number, ticket: number): void {
    const nodes = this.#nodes;
    const held = this.#held;
    let slot = nodes.length;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      const above = nodes[parent] as number;
      const itsTicket = held[parent] as number;
      if (!this.#before(node, ticket, above, itsTicket)) break;
      nodes[slot] = above;
      held[slot] = itsTicket;
      slot = parent;
    }
    nodes[slot] = node;
    held[slot] = ticket;
  }

  peek(count: number, found: number[]): void {
    const tickets = this.#tickets;
    const [before, theirs] = [this.#peekedNodes, this.#peekedHeld];
    this.#peekedNodes = [];
    this.#peekedHeld = [];
    for (let at = 0; at < before.length; at++) {
      const node = before[at] as number;
      const ticket = theirs[at] as number;
      if (tickets.counts(node, ticket)) this.push(node, ticket);
    }
    while (found.length < count && this.#nodes.length > 0) {
      const node = this.#nodes[0] as number;
      const ticket = this.#held[0] as number;
      this.#dropBest();
      if (!tickets.counts(node, ticket)) continue;
      this.#peekedNodes.push(node);
      this.#peekedHeld.push(ticket);
      found.push(node);
    }
  }

  *entries(): Generator<readonly [number, number]> {
    const held = [...this.#held, ...this.#peekedHeld];
    const all = [...this.#nodes, ...this.#peekedNodes].map(
      (node, at) => [node, held[at] as number] as const,
    );
    yield* all.sort(([, a], [, b]) => a - b);
  }

  #dropBest(): void {
    const nodes = this.#nodes;
    const held = this.#held;
    const node = nodes.pop() as number;
    const ticket = held.pop() as number;
    const { length } = nodes;
    if (length === 0) return;
    let slot = 0;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#isBetter(child + 1, child)) child++;
      const below = nodes[child] as number;
      const itsTicket = held[child] as number;
      if (!this.#before(below, itsTicket, node, ticket)) break;
      nodes[slot] = below;
      held[slot] = itsTicket;
      slot = child;
    }
    nodes[slot] = node;
    held[slot] = ticket;
  }

  #isBetter(a: number, b: number): boolean {
    return this.#before(
      this.#nodes[a] as number,
      this.#held[a] as number,
      this.#nodes[b] as number,
      this.#held[b] as number,
    );
  }

  #before(node: number, ticket: number, other: number, itsTicket: number): boolean {
    const rank = this.#ranks[node] ?? 0;
    const itsRank = this.#ranks[other] ?? 0;
    return rank === itsRank ? ticket < itsTicket : rank > itsRank;
  }
}
