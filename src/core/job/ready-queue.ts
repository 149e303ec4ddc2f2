const PRIORITIES = 5;

interface Lane {
  items: number[];
  head: number;
}

/**
 * Nodes that may start, best first: by priority (5 before 1), then in the order in which they
 * became ready. Constant time an operation.
 */
export class ReadyQueue {
  readonly #lanes: (Lane | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(node: number, priority: number): void {
    this.#lane(priority).items.push(node);
    this.#size++;
  }

  /** The first `count` nodes, which stay in the queue. */
  peek(count: number): number[] {
    const found: number[] = [];
    for (let priority = PRIORITIES; priority >= 1 && found.length < count; priority--) {
      const lane = this.#lanes[priority];
      if (lane === undefined) continue;
      const { items, head } = lane;
      const end = Math.min(items.length, head + count - found.length);
      for (let at = head; at < end; at++) found.push(items[at] as number);
    }
    return found;
  }

  /** Takes out a node that {@link peek} gave; the queue's head in all but odd cases. */
  remove(node: number, priority: number): void {
    const lane = this.#lane(priority);
    if (lane.items[lane.head] === node) {
      lane.head++;
    } else {
      const at = lane.items.indexOf(node, lane.head);
      if (at === -1) return;
      lane.items.splice(at, 1);
    }
    this.#size--;
    if (lane.head === lane.items.length) {
      lane.items = [];
      lane.head = 0;
    } else if (lane.head > 1024 && lane.head * 2 > lane.items.length) {
      lane.items = lane.items.slice(lane.head);
      lane.head = 0;
    }
  }

  #lane(priority: number): Lane {
    return (this.#lanes[priority] ??= { items: [], head: 0 });
  }
}
