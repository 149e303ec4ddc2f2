import type { Durations, DurationSample } from '../../core/plan/durations.js';

/** Durations as stores keep them: of each sample two numbers in a row, in whole ms. */
export function toNumbers(durations: Durations): number[] {
  return durations.flatMap(({ busy, elapsed }) => [Math.round(busy), Math.round(elapsed)]);
}

export function fromNumbers(numbers: readonly number[]): Durations {
  const durations: DurationSample[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    durations.push({ busy: numbers[at] ?? 0, elapsed: numbers[at + 1] ?? 0 });
  }
  return durations;
}
