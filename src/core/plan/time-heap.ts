/** A binary min-heap of events by their times. Events of one time come in no certain order. */
export class TimeHeap {
  readonly #times: number[] = [];
  readonly #events: number[] = [];

  get size(): number {
    return this.#times.length;
  }

  push(time: number, event: number): void {
    const times = this.#times;
    const events = this.#events;
    let slot = times.length;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      const above = times[parent] as number;
      if (above <= time) break;
      times[slot] = above;
      events[slot] = events[parent] as number;
      slot = parent;
    }
    times[slot] = time;
    events[slot] = event;
  }

  /** The earliest. Not to be called on an empty heap. */
  pop(): { readonly time: number; readonly event: number } {
    const times = this.#times;
    const events = this.#events;
    const first = { time: times[0] as number, event: events[0] as number };
    const time = times.pop() as number;
    const event = events.pop() as number;
    const { length } = times;
    if (length === 0) return first;
    let slot = 0;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= length) break;
      if (child + 1 < length && (times[child + 1] as number) < (times[child] as number)) child++;
      const below = times[child] as number;
      if (below >= time) break;
      times[slot] = below;
      events[slot] = events[child] as number;
      slot = child;
    }
    times[slot] = time;
    events[slot] = event;
    return first;
  }
}
