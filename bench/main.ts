import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DRIVER_PACKAGE } from '../src/adapters/storage/sqlite/driver.js';
import { BenchEngine } from './bench-engine.js';
import { calibrate, REFERENCE_FDATASYNC, type Calibration } from './calibration.js';
import { measureFinishedJobs, type FinishedJobsRow } from './finished-jobs.js';
import { measureHttp, type HttpResult } from './http.js';
import { runLargeJob, type LargeJobResult } from './large-job.js';
import { WORKLOADS, type Workload } from './workloads.js';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', multiple: true },
    store: { type: 'string', default: 'sqlite' },
    json: { type: 'boolean', default: false },
    /** Used by W6 for itself: one size in a process of its own. */
    large: { type: 'string' },
    folder: { type: 'string', default: path.join('data', 'bench') },
  },
});

const LARGE_SIZES = [1_000, 10_000, 100_000];

interface BarResult {
  readonly reference: number;
  /** In proportion to this machine's disk. */
  readonly here: number;
  readonly atMost: boolean;
  readonly met: boolean;
}

interface Result {
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly bar?: BarResult;
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
  const bar = judge(workload, median, calibration);
  return {
    workload: workload.name,
    title: workload.title,
    unit: workload.unit,
    median,
    min: figures[0] ?? NaN,
    max: figures.at(-1) ?? NaN,
    ...(bar === undefined ? {} : { bar }),
  };
}

function judge({ bar }: Workload, median: number, calibration: Calibration): BarResult | undefined {
  const disk = Math.min(1, calibration.fdatasyncPerSecond / REFERENCE_FDATASYNC);
  if (bar?.atLeast !== undefined) {
    const here = bar.atLeast * disk;
    return { reference: bar.atLeast, here, atMost: false, met: median >= here };
  }
  if (bar?.atMost !== undefined) {
    const here = bar.atMost / disk;
    return { reference: bar.atMost, here, atMost: true, met: median <= here };
  }
  return undefined;
}

async function main(): Promise<void> {
  if (values.store !== 'sqlite') {
    throw new Error(`There is no store ${values.store} yet. Use --store sqlite.`);
  }
  const wanted = (name: string): boolean => values.workload?.includes(name) ?? true;
  const chosen = WORKLOADS.filter((workload) => wanted(workload.name));
  const known = [...WORKLOADS.map((workload) => workload.name), 'W6', 'W7', 'W8'];
  const unknown = values.workload?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`No workload ${unknown}; choose of: ${known.join(', ')}.`);
  mkdirSync(values.folder, { recursive: true });
  const root = mkdtempSync(path.join(values.folder, 'run-'));
  try {
    if (values.large !== undefined) {
      console.log(JSON.stringify(await runLargeJob(root, Number(values.large))));
      return;
    }
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
    const finished = wanted('W7') ? await measureFinishedJobs(root) : [];
    if (!values.json) for (const row of finished) console.log(finishedRow(row));
    const http = wanted('W8') ? await measureHttp(root) : [];
    if (!values.json) for (const result of http) console.log(httpRow(result));
    const large = wanted('W6') ? LARGE_SIZES.map((size) => measureLarge(size)) : [];
    if (values.json)
      console.log(
        JSON.stringify({ machine, store: values.store, results, large, finished, http }, null, 2),
      );
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Each size in a process of its own, so that its peak of memory is its own. */
function measureLarge(nodes: number): LargeJobResult {
  const command = [
    ...process.execArgv,
    process.argv[1] ?? '',
    '--large',
    String(nodes),
    '--folder',
    values.folder,
  ];
  const done = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`W6 with ${nodes} nodes failed:\n${done.stderr}`);
  const result = JSON.parse(done.stdout) as LargeJobResult;
  if (!values.json) {
    const { accept, firstHalf, recoverAndFinish, list, longestStretch, peakMiB } = result;
    const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`;
    console.log(
      `W6   ${nodes.toLocaleString('en').padStart(7)} nodes: accepted in ${ms(accept)}, first half ${ms(firstHalf)}, ` +
        `recovered and finished ${ms(recoverAndFinish)}, listed ${ms(list)}; ` +
        `longest stretch of the event loop ${longestStretch.toFixed(0)} ms, peak ${peakMiB.toFixed(0)} MiB`,
    );
  }
  return result;
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
    'better-sqlite3': version(DRIVER_PACKAGE),
    store: 'SQLite, WAL, synchronous=FULL',
    'fdatasync/s (512 bytes)': calibration.fdatasyncPerSecond,
    'loop (million rounds/s)': calibration.loopMillionsPerSecond,
  };
}

function finishedRow({ what, small, large }: FinishedJobsRow): string {
  const [few, many] = [small, large].map((ms) => `${ms.toFixed(3)} ms`);
  return `W7   ${what}: ${few} with 20,000 finished jobs, ${many} with 1,000,000: ${(large / small).toFixed(2)} times`;
}

function httpRow({ what, calls, p50, p99, max }: HttpResult): string {
  const [half, most, all] = [p50, p99, max].map((ms) => `${ms.toFixed(1)} ms`);
  return `W8   ${what}, ${calls} calls: p50 ${half}, p99 ${most} (bar 100 ms), max ${all}`;
}

function row(result: Result): string {
  const number = (value: number): string =>
    value < 100 ? value.toFixed(3) : Math.round(value).toLocaleString('en');
  const { bar } = result;
  const judged =
    bar === undefined
      ? 'no bar'
      : `bar ${bar.atMost ? '<=' : '>='} ${number(bar.reference)}, here ${number(bar.here)}: ${bar.met ? 'met' : 'MISSED'}`;
  return [
    result.workload.padEnd(4),
    `${number(result.median)} ${result.unit}`.padEnd(20),
    `(${number(result.min)} … ${number(result.max)})`.padEnd(24),
    judged.padEnd(40),
    result.title,
  ].join(' ');
}

await main();
