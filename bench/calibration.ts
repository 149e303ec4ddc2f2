import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

/** What this machine does today, so that figures of different days can be compared by ratio. */
export interface Calibration {
  /** fdatasync calls a second, each after one record of 512 bytes. */
  readonly fdatasyncPerSecond: number;
  /** Million rounds a second of a fixed single-thread loop. */
  readonly loopMillionsPerSecond: number;
}

/** The disk figure of the machine that the bars of docs/performance.md are stated for. */
export const REFERENCE_FDATASYNC = 7_700;

export function calibrate(folder: string): Calibration {
  return { fdatasyncPerSecond: fdatasyncs(folder), loopMillionsPerSecond: loop() };
}

function fdatasyncs(folder: string): number {
  const file = path.join(folder, 'calibration.bin');
  const fd = openSync(file, 'w');
  const record = Buffer.alloc(512, 7);
  const rounds = 2_000;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    writeSync(fd, record);
    fdatasyncSync(fd);
  }
  const seconds = (performance.now() - began) / 1000;
  closeSync(fd);
  rmSync(file);
  return Math.round(rounds / seconds);
}

function loop(): number {
  const rounds = 50_000_000;
  let sum = 1;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) sum = (sum * 31 + round) | 0;
  const seconds = (performance.now() - began) / 1000;
  return Math.round(rounds / seconds / 1e6) + (sum === 42 ? 1 : 0);
}
