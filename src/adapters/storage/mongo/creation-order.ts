const TIME_DIGITS = 9;
const COUNT_DIGITS = 4;
const LATEST = 36 ** TIME_DIGITS - 1;
const MOST_IN_A_MS = 36 ** COUNT_DIGITS;
const TAG_DIGITS = 6;

/**
 * Gives each new job its place in the order of creation: a string that sorts by time, never goes
 * back within a process even when clocks do, and differs between processes. Jobs that two processes
 * accept at once are ordered by their clocks.
 */
export class CreationOrder {
  readonly #tag: string;
  #time = 0;
  #count = -1;

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.#tag = Array.from({ length: TAG_DIGITS }, () =>
      Math.floor(random() * 36).toString(36),
    ).join('');
  }

  /** Everything given from now on comes after this. */
  startAfter(order: string): void {
    const time = parseInt(order.slice(0, TIME_DIGITS), 36);
    const count = parseInt(order.slice(TIME_DIGITS, TIME_DIGITS + COUNT_DIGITS), 36);
    if (time < this.#time || (time === this.#time && count < this.#count)) return;
    this.#time = time;
    this.#count = count;
  }

  next(createdAt: number): string {
    const time = wholeTime(createdAt);
    if (time > this.#time) {
      this.#time = time;
      this.#count = 0;
    } else {
      this.#count += 1;
      if (this.#count === MOST_IN_A_MS) {
        this.#time += 1;
        this.#count = 0;
      }
    }
    return timePrefix(this.#time) + digits(this.#count, COUNT_DIGITS) + this.#tag;
  }
}

/** A job created at `time` or later has an order that is not less than this. */
export function timePrefix(time: number): string {
  return digits(wholeTime(time), TIME_DIGITS);
}

function digits(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
}

function wholeTime(time: number): number {
  return Math.min(Math.max(0, Math.floor(time)), LATEST);
}
