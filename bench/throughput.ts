import { BenchEngine } from './bench-engine.js';
import { REFERENCE_FDATASYNC, type Calibration } from './calibration.js';
import type { StoreKind, StoreSource } from './stores.js';
import type { Workload } from './workloads.js';

export interface BarResult {
  readonly reference: number;
  /** In proportion to this machine's disk. */
  readonly here: number;
  readonly atMost: boolean;
  /** At least 1 when the bar is met. */
  readonly ratio: number;
  readonly met: boolean;
}

export interface Figures {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The bars are for SQLite. */
  readonly bar?: BarResult;
}

export interface Result {
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly stores: Readonly<Partial<Record<StoreKind, Figures>>>;
}

/** Runs a workload on each of the stores, each round on an empty store of its own. */
export async function measureWorkload(
  workload: Workload,
  sources: readonly StoreSource[],
  calibration: Calibration,
): Promise<Result> {
  const stores: Partial<Record<StoreKind, Figures>> = {};
  for (const source of sources) {
    const figures: number[] = [];
    for (let round = 0; round <= workload.rounds; round++) {
      const figure = await measureOnce(workload, source);
      if (round > 0) figures.push(figure);
    }
    figures.sort((a, b) => a - b);
    const median = figures[Math.floor(figures.length / 2)] ?? NaN;
    const bar = source.kind === 'sqlite' ? judge(workload, median, calibration) : undefined;
    stores[source.kind] = {
      median,
      min: figures[0] ?? NaN,
      max: figures.at(-1) ?? NaN,
      ...(bar === undefined ? {} : { bar }),
    };
  }
  return { workload: workload.name, title: workload.title, unit: workload.unit, stores };
}

async function measureOnce(workload: Workload, source: StoreSource): Promise<number> {
  const place = source.fresh();
  const bench = new BenchEngine(await place.open(), workload.settings);
  try {
    await bench.engine.start();
    globalThis.gc?.();
    return await workload.measure(bench);
  } finally {
    await bench.close();
    await place.remove();
  }
}

function judge({ bar }: Workload, median: number, calibration: Calibration): BarResult | undefined {
  const disk = Math.min(1, calibration.fdatasyncPerSecond / REFERENCE_FDATASYNC);
  if (bar?.atLeast !== undefined) {
    const here = bar.atLeast * disk;
    const ratio = median / here;
    return { reference: bar.atLeast, here, atMost: false, ratio, met: ratio >= 1 };
  }
  if (bar?.atMost !== undefined) {
    const here = bar.atMost / disk;
    const ratio = here / median;
    return { reference: bar.atMost, here, atMost: true, ratio, met: ratio >= 1 };
  }
  return undefined;
}
