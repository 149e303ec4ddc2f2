import type { Clock, TimerHandle } from '../ports/clock.js';

/** A callback that is due at a time; known to its queue by its place in the heap. */
export interface Timer {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly callback: () => void;
  place: number;
}

const FIRED = -1;

/**
 * Any number of timers on one timer of the machine: a binary heap that knows each entry's place, so
 * that setting and cancelling cost O(log n) and nothing is left behind.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  #armedFor = Infinity;
  #handle: TimerHandle | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls back once when the clock has reached `at`; at once (but never within this call) if it has. */
  set(at: number, callback: () => void): Timer {
    const timer: Timer = { at, callback, place: this.#heap.length };
    this.#heap.push(timer);
    this.#up(timer.place);
    this.#arm();
    return timer;
  }

  /** Safe to call for a timer that has fired or was cancelled. */
  cancel(timer: Timer): void {
    if (timer.place === FIRED) return;
    this.#removeAt(timer.place);
  }

  clear(): void {
    for (const timer of this.#heap) timer.place = FIRED;
    this.#heap.length = 0;
    this.#handle?.cancel();
    this.#handle = undefined;
    this.#armedFor = Infinity;
  }

  #arm(): void {
    // Armed too early is harmless and saves re-arming whenever the first timer is cancelled.
    const next = this.#heap[0]?.at ?? Infinity;
    if (next >= this.#armedFor) return;
    this.#handle?.cancel();
    this.#armedFor = next;
    this.#handle = this.#clock.setTimer(Math.max(0, next - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#armedFor = Infinity;
    this.#handle = undefined;
    const now = this.#clock.now();
    for (let due = this.#heap[0]; due !== undefined && due.at <= now; due = this.#heap[0]) {
      this.#removeAt(0);
      due.callback();
    }
    this.#arm();
  }

  #removeAt(place: number): void {
    const gone = this.#at(place);
    gone.place = FIRED;
    const last = this.#heap.pop() as Timer;
    if (last === gone) return;
    this.#put(last, place);
    this.#up(place);
    this.#down(last.place);
  }

  #up(from: number): void {
    const timer = this.#at(from);
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#at(parent);
      if (above.at <= timer.at) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(timer, place);
  }

  #down(from: number): void {
    const timer = this.#at(from);
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heap.length) break;
      const right = child + 1;
      if (right < this.#heap.length && this.#at(right).at < this.#at(child).at) child = right;
      const below = this.#at(child);
      if (below.at >= timer.at) break;
      this.#put(below, place);
      place = child;
    }
    this.#put(timer, place);
  }

  #at(place: number): Timer {
    return this.#heap[place] as Timer;
  }

  #put(timer: Timer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }
}
