/** A binary min-heap of node indexes. */
export class IndexHeap {
  private readonly items: Int32Array;
  private length = 0;

  /** `capacity` is the most that it will ever hold at once. */
  constructor(capacity: number) {
    this.items = new Int32Array(capacity);
  }

  get size(): number {
    return this.length;
  }

  push(index: number): void {
    const { items } = this;
    let slot = this.length++;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      const above = items[parent] ?? 0;
      if (above <= index) break;
      items[slot] = above;
      slot = parent;
    }
    items[slot] = index;
  }

  /** Takes out the lowest index. Not to be called on an empty heap. */
  pop(): number {
    const { items } = this;
    const lowest = items[0] ?? -1;
    const last = items[--this.length] ?? -1;
    let slot = 0;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && (items[child + 1] ?? 0) < (items[child] ?? 0)) child++;
      const below = items[child] ?? 0;
      if (below >= last) break;
      items[slot] = below;
      slot = child;
    }
    items[slot] = last;
    return lowest;
  }
}
