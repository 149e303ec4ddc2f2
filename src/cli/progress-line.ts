import type { Progress } from '../migration/movable-store.js';

/** Where progress is shown; a terminal has its line written over. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** ms between two lines. */
const ON_A_TERMINAL = 200;
const IN_A_FILE = 5_000;
const ERASE_LINE = '\r\u001b[K';

/** Says how far it has come, now and then. */
export class ProgressLine {
  readonly #output: Output;
  readonly #now: () => number;
  #phase: Progress['phase'] | undefined;
  #began = 0;
  #shown = 0;
  #latest: Progress | undefined;

  /** @param now milliseconds, of a clock that never goes back */
  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  show(progress: Progress): void {
    const now = this.#now();
    if (progress.phase !== this.#phase) {
      this.end();
      this.#phase = progress.phase;
      this.#began = now;
      this.#shown = now;
    }
    this.#latest = progress;
    const pause = this.#output.isTTY === true ? ON_A_TERMINAL : IN_A_FILE;
    if (now - this.#shown >= pause) this.#write(progress, now);
  }

  /** Says how far it came in the end. */
  end(): void {
    if (this.#latest === undefined) return;
    this.#write(this.#latest, this.#now());
    if (this.#output.isTTY === true) this.#output.write('\n');
    this.#latest = undefined;
  }

  #write({ phase, jobs, ofJobs, records, ofRecords }: Progress, now: number): void {
    this.#shown = now;
    const seconds = Math.max(0.001, (now - this.#began) / 1_000);
    const text =
      `${phase}: ${jobs} of about ${Math.max(jobs, ofJobs)} jobs, ` +
      `${records} of about ${Math.max(records, ofRecords)} records, ` +
      `${Math.round(records / seconds)} records/s`;
    this.#output.write(this.#output.isTTY === true ? `${ERASE_LINE}${text}` : `${text}\n`);
  }
}
