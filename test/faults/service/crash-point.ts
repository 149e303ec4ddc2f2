import { readSync, writeSync } from 'node:fs';
import type { Orders, Point } from './points.js';

/** The descriptor by which the test hears of the point and answers. */
const CHANNEL = 3;

/**
 * The one point at which this process stops, the first time or after having passed it `passes` times.
 * Stopping means that nothing at all goes on in it until the test has answered.
 */
export class CrashPoint {
  readonly #point: Point;
  #passes: number;
  #slowBy = 0;
  #slowUntil = 0;

  constructor(point: Point, passes: number) {
    this.#point = point;
    this.#passes = passes;
  }

  /** To be called wherever the point may be; at another point, or later on, nothing happens. */
  at(point: Point): void {
    if (point !== this.#point || this.#passes-- !== 0) return;
    writeSync(CHANNEL, `${point}\n`);
    const { slowBy = 0, slowFor = 0 } = JSON.parse(readLine()) as Orders;
    this.#slowBy = slowBy;
    this.#slowUntil = performance.now() + slowFor;
  }

  /** ms by which a commit is to be late now. */
  get delay(): number {
    return performance.now() < this.#slowUntil ? this.#slowBy : 0;
  }
}

function readLine(): string {
  const byte = Buffer.alloc(1);
  let line = '';
  while (readSync(CHANNEL, byte) === 1) {
    const character = byte.toString();
    if (character === '\n') return line;
    line += character;
  }
  throw new Error('The test has closed the channel.');
}
