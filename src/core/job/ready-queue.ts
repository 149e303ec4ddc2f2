import { FifoLane, RankedLane, Tickets, type Lane } from './ready-lanes.js';

const PRIORITIES = 5;

/**
 * Nodes that may start, best first: by priority (5 before 1), then by rank where ranks were given,
 * then in the order in which they became ready. Constant time an operation without ranks,
 * logarithmic with them.
 */
export class ReadyQueue {
  readonly #lanes: (Lane | undefined)[] = [];
  readonly #tickets = new Tickets();
  #ranks: Float64Array | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(node: number, priority: number): void {
    if (!this.#tickets.void(node)) this.#size++;
    this.#lane(priority).push(node, this.#tickets.issue(node));
  }

  /** The first `count` nodes, which stay in the queue. */
  peek(count: number): number[] {
    const found: number[] = [];
    for (let priority = PRIORITIES; priority >= 1 && found.length < count; priority--) {
      this.#lanes[priority]?.peek(count, found);
    }
    return found;
  }

  /** Takes out a node, wherever it stands; nothing when it is not queued. */
  remove(node: number): void {
    if (this.#tickets.void(node)) this.#size--;
  }

  /**
   * From now on, of the nodes of one priority the one with the highest rank comes first; `ranks` is by
   * node, and what it does not have ranks lowest. Ranks are advice: the journal does not know of them.
   */
  rankBy(ranks: Float64Array): void {
    this.#ranks = ranks;
    for (const [priority, lane] of this.#lanes.entries()) {
      if (lane === undefined) continue;
      const ranked = this.#newLane();
      for (const [node, ticket] of lane.entries()) {
        if (this.#tickets.counts(node, ticket)) ranked.push(node, ticket);
      }
      this.#lanes[priority] = ranked;
    }
  }

  #lane(priority: number): Lane {
    return (this.#lanes[priority] ??= this.#newLane());
  }

  #newLane(): Lane {
    return this.#ranks === undefined
      ? new FifoLane(this.#tickets)
      : new RankedLane(this.#tickets, this.#ranks);
  }
}
