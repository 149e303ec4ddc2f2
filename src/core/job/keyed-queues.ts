const PRIORITIES = 5;

/** Nodes that wait for one key, by priority. */
type Queue = (Set<number> | undefined)[];

/**
 * Nodes that may start as soon as they are granted a concurrency key: a queue a key, so that nobody
 * looks at more than the first few of those that wait for one. Constant time an operation.
 */
export class KeyedQueues {
  /** Both absent until a node needs a key: most jobs have none. */
  #queues: Map<string, Queue> | undefined;
  #touched: Set<string> | undefined;

  /** Whether nodes have come since {@link takeTouched} was asked. */
  get touched(): boolean {
    return this.#touched !== undefined && this.#touched.size > 0;
  }

  /** The keys that nodes wait for. */
  keys(): Iterable<string> {
    return this.#queues?.keys() ?? [];
  }

  push(node: number, key: string, priority: number): void {
    const queues = (this.#queues ??= new Map<string, Queue>());
    let queue = queues.get(key);
    if (queue === undefined) {
      queue = [];
      queues.set(key, queue);
    }
    (queue[priority] ??= new Set()).add(node);
    (this.#touched ??= new Set()).add(key);
  }

  /** Takes out a node, wherever it stands; nothing when it is not queued. */
  remove(node: number, key: string, priority: number): void {
    const queue = this.#queues?.get(key);
    queue?.[priority]?.delete(node);
    if (queue?.every((lane) => lane === undefined || lane.size === 0) === true) {
      this.#queues?.delete(key);
    }
  }

  /**
   * The first node that waits for a key and is wanted: by priority (5 before 1), then as they became
   * ready.
   */
  first(key: string, isWanted: (node: number) => boolean): number | undefined {
    const queue = this.#queues?.get(key) ?? [];
    for (let priority = PRIORITIES; priority >= 1; priority--) {
      for (const node of queue[priority] ?? []) if (isWanted(node)) return node;
    }
    return undefined;
  }

  /** The keys for which nodes have come since this was last asked. */
  takeTouched(): readonly string[] {
    const touched = [...(this.#touched ?? [])];
    this.#touched?.clear();
    return touched;
  }
}
