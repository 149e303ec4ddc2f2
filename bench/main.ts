import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findMongo, type MongoServer } from '../test/support/mongo/mongo-server.js';
import { calibrate } from './calibration.js';
import { measureFinishedJobs, type FinishedJobsRow } from './finished-jobs.js';
import { measureHttp, type HttpResult } from './http.js';
import { runLargeJob, type LargeJobResult } from './large-job.js';
import { describeMachine } from './machine.js';
import { measureOrder, measurePrediction, type OrderRow, type PredictionRow } from './planning.js';
import {
  finishedRow,
  httpRow,
  largeRow,
  orderRow,
  predictionRow,
  resultHead,
  resultRow,
  roundTripsLines,
} from './report.js';
import { measureRoundTrips, type RoundTrips } from './round-trips.js';
import { mongoSource, sqliteSource, type MongoSource, type StoreSource } from './stores.js';
import { measureWorkload, type Result } from './throughput.js';
import { WORKLOADS } from './workloads.js';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', multiple: true },
    /** sqlite, mongodb or both; without it both where there is a MongoDB, else sqlite. */
    store: { type: 'string' },
    json: { type: 'boolean', default: false },
    /** Used by W6 for itself: one size in a process of its own, on the one store named. */
    large: { type: 'string' },
    folder: { type: 'string', default: path.join('data', 'bench') },
  },
});

const LARGE_SIZES = [1_000, 10_000, 100_000];
const FINISHED_JOBS = { sqlite: 1_000_000, mongodb: 100_000 };
const STORES = ['sqlite', 'mongodb', 'both'];

interface Report {
  readonly machine: Record<string, string | number>;
  readonly notes: string[];
  readonly results: Result[];
  roundTrips?: RoundTrips;
  readonly finished: (FinishedJobsRow & { readonly store: string; readonly jobs: number })[];
  order: readonly OrderRow[];
  predictions: readonly PredictionRow[];
  readonly http: (HttpResult & { readonly store: string })[];
  readonly large: (LargeJobResult & { readonly store: string })[];
}

function say(line: string): void {
  if (!values.json) console.log(line);
}

async function main(): Promise<void> {
  checkArguments();
  const server = await wantedServer();
  mkdirSync(values.folder, { recursive: true });
  const root = mkdtempSync(path.join(values.folder, 'run-'));
  try {
    const mongo =
      server === undefined || 'missing' in server ? undefined : await mongoSource(server);
    const sqlite = values.store === 'mongodb' ? [] : [sqliteSource(root)];
    const sources = [...sqlite, ...(mongo === undefined ? [] : [mongo])];
    if (values.large !== undefined) {
      const [source] = sources as [StoreSource];
      const place = source.fresh();
      console.log(JSON.stringify(await runLargeJob(place, Number(values.large))));
      await place.remove();
      return;
    }
    const leftOut =
      server !== undefined && 'missing' in server
        ? [`MongoDB is left out: ${server.missing}. Name one in MONGODB_TEST_URL.`]
        : [];
    const report = await measureAll(root, sources, mongo, leftOut);
    if (values.json) console.log(JSON.stringify(report, null, 2));
    if (report.roundTrips?.met === false) process.exitCode = 1;
  } finally {
    rmSync(root, { recursive: true });
    if (server !== undefined && 'stop' in server) await server.stop();
  }
}

async function measureAll(
  root: string,
  sources: readonly StoreSource[],
  mongo: MongoSource | undefined,
  leftOut: readonly string[],
): Promise<Report> {
  const calibration = calibrate(root);
  const machine = describeMachine(calibration, sources);
  const planning = { order: [], predictions: [] };
  const report: Report = {
    ...{ machine, notes: [], results: [], finished: [], http: [], large: [] },
    ...planning,
  };
  const note = (text: string): void => {
    report.notes.push(text);
    say(text);
  };
  for (const [key, value] of Object.entries(machine)) say(`${key}: ${value}`);
  leftOut.forEach(note);
  if (mongo?.facts.inMemory === true) {
    note('What this MongoDB costs on a disk, these figures do not say.');
  }
  const chosen = WORKLOADS.filter(({ name }) => wanted(name));
  if (chosen.length > 0) say(`\n${resultHead(sources)}`);
  for (const workload of chosen) {
    const result = await measureWorkload(workload, sources, calibration);
    report.results.push(result);
    say(resultRow(result, sources));
  }
  if (mongo !== undefined && wanted('W1')) {
    report.roundTrips = await measureRoundTrips(mongo);
    say(roundTripsLines(report.roundTrips));
  }
  for (const source of sources) {
    const { kind: store, title } = source;
    if (wanted('W6')) {
      for (const size of LARGE_SIZES) {
        const result = measureLarge(source, size);
        report.large.push({ ...result, store });
        say(largeRow(title, result));
      }
    }
    if (wanted('W7') && store === 'mongodb' && mongo?.facts.inMemory === true) {
      note(`W7    ${title}: left out, since a server in memory scans all jobs for each list.`);
    } else if (wanted('W7')) {
      const jobs = FINISHED_JOBS[store];
      for (const row of await measureFinishedJobs(source, jobs)) {
        report.finished.push({ ...row, store, jobs });
        say(finishedRow(title, jobs, row));
      }
    }
    if (wanted('W8')) {
      const place = source.fresh();
      for (const row of await measureHttp(root, place)) {
        report.http.push({ ...row, store });
        say(httpRow(source, row));
      }
      await place.remove();
    }
  }
  if (wanted('W9')) {
    report.order = measureOrder();
    report.predictions = measurePrediction();
    for (const row of report.order) say(orderRow(row));
    for (const row of report.predictions) say(predictionRow(row));
  }
  return report;
}

function wanted(name: string): boolean {
  return values.workload?.includes(name) ?? true;
}

function checkArguments(): void {
  if (values.store !== undefined && !STORES.includes(values.store)) {
    throw new Error(`There is no store ${values.store}; choose of: ${STORES.join(', ')}.`);
  }
  const known = [...WORKLOADS.map((workload) => workload.name), 'W6', 'W7', 'W8', 'W9'];
  const unknown = values.workload?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`No workload ${unknown}; choose of: ${known.join(', ')}.`);
}

/** A MongoDB, why there is none, or `undefined` when none is asked for. */
async function wantedServer(): Promise<MongoServer | { readonly missing: string } | undefined> {
  if (values.store === 'sqlite') return undefined;
  const found = await findMongo();
  if (values.store !== undefined && 'missing' in found) {
    throw new Error(
      `There is no MongoDB to measure: ${found.missing}. Name one in MONGODB_TEST_URL, or use ` +
        '--store sqlite.',
    );
  }
  return found;
}

/** Each size in a process of its own, so that its peak of memory is its own. */
function measureLarge(source: StoreSource, nodes: number): LargeJobResult {
  const command = [
    ...process.execArgv,
    process.argv[1] ?? '',
    ...['--large', String(nodes), '--store', source.kind, '--folder', values.folder],
  ];
  const done = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    env:
      source.kind === 'mongodb'
        ? { ...process.env, MONGODB_TEST_URL: source.fresh().url }
        : process.env,
  });
  if (done.status !== 0) throw new Error(`W6 with ${nodes} nodes failed:\n${done.stderr}`);
  return JSON.parse(done.stdout) as LargeJobResult;
}

await main();
