import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BenchEngine } from './bench-engine.js';
import { calibrate, REFERENCE_FDATASYNC, type Calibration } from './calibration.js';
import { WORKLOADS, type Workload } from './workloads.js';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', multiple: true },
    store: { type: 'string', default: 'sqlite' },
    json: { type: 'boolean', default: false },
    folder: { type: 'string', default: path.join('data', 'bench') },
  },
});

interface Result {
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly bar: Workload['bar'];
  /** The bar in proportion to this machine's disk. */
  readonly barHere: number;
  readonly met: boolean;
}

async function measure(
  workload: Workload,
  root: string,
  calibration: Calibration,
): Promise<Result> {
  const figures: number[] = [];
  for (let round = 0; round <= workload.rounds; round++) {
    const bench = new BenchEngine(root, workload.settings);
    await bench.engine.start();
    globalThis.gc?.();
    const figure = await workload.measure(bench);
    if (round > 0) figures.push(figure);
    await bench.close();
  }
  figures.sort((a, b) => a - b);
  const median = figures[Math.floor(figures.length / 2)] ?? NaN;
  const disk = Math.min(1, calibration.fdatasyncPerSecond / REFERENCE_FDATASYNC);
  const { atLeast, atMost } = workload.bar;
  const barHere = atLeast === undefined ? (atMost ?? 0) / disk : atLeast * disk;
  return {
    workload: workload.name,
    title: workload.title,
    unit: workload.unit,
    median,
    min: figures[0] ?? NaN,
    max: figures.at(-1) ?? NaN,
    bar: workload.bar,
    barHere,
    met: atLeast === undefined ? median <= barHere : median >= barHere,
  };
}

async function main(): Promise<void> {
  if (values.store !== 'sqlite') {
    throw new Error(`There is no store ${values.store} yet. Use --store sqlite.`);
  }
  const chosen = WORKLOADS.filter((workload) => values.workload?.includes(workload.name) ?? true);
  if (chosen.length === 0) {
    throw new Error(`Choose of: ${WORKLOADS.map((workload) => workload.name).join(', ')}.`);
  }
  mkdirSync(values.folder, { recursive: true });
  const root = mkdtempSync(path.join(values.folder, 'run-'));
  try {
    const calibration = calibrate(root);
    const machine = describeMachine(calibration);
    if (!values.json)
      console.log(
        Object.entries(machine)
          .map(([key, value]) => `${key}: ${value}`)
          .join('\n') + '\n',
      );
    const results: Result[] = [];
    for (const workload of chosen) {
      const result = await measure(workload, root, calibration);
      results.push(result);
      if (!values.json) console.log(row(result));
    }
    if (values.json)
      console.log(JSON.stringify({ machine, store: values.store, results }, null, 2));
  } finally {
    rmSync(root, { recursive: true });
  }
}

function describeMachine(calibration: Calibration): Record<string, string | number> {
  const version = (name: string): string => {
    const file = path.join('node_modules', name, 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  };
  return {
    cpu: `${os.cpus()[0]?.model.trim() ?? 'unknown'} × ${os.cpus().length}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    'better-sqlite3': version('better-sqlite3'),
    store: 'SQLite, WAL, synchronous=FULL',
    'fdatasync/s (512 bytes)': calibration.fdatasyncPerSecond,
    'loop (million rounds/s)': calibration.loopMillionsPerSecond,
  };
}

function row(result: Result): string {
  const number = (value: number): string =>
    value < 100 ? value.toFixed(3) : Math.round(value).toLocaleString('en');
  const { atLeast, atMost } = result.bar;
  const bar = atLeast === undefined ? `<= ${number(atMost ?? 0)}` : `>= ${number(atLeast)}`;
  return [
    result.workload.padEnd(4),
    `${number(result.median)} ${result.unit}`.padEnd(20),
    `(${number(result.min)} … ${number(result.max)})`.padEnd(24),
    `bar ${bar}, here ${number(result.barHere)}: ${result.met ? 'met' : 'MISSED'}`.padEnd(40),
    result.title,
  ].join(' ');
}

await main();
