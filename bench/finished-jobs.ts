import type { JobHeader, NodeCounts } from '../src/core/job/job-record.js';
import type { JobStatus } from '../src/core/job/status.js';
import type { CommitRequest } from '../src/ports/job-journal.js';
import type { JobQuery } from '../src/ports/job-projections.js';
import { BenchEngine, type BenchSettings } from './bench-engine.js';
import type { OpenStore, StorePlace, StoreSource } from './stores.js';

export interface FinishedJobsRow {
  readonly what: string;
  /** Milliseconds (median) on the small store and on the large one. */
  readonly small: number;
  readonly large: number;
}

const SETTINGS: BenchSettings = { concurrency: 10, maxRunningNodes: 100, maxRunningJobs: 1_000 };
/** Enough for every list to fill its page, so that both stores answer the same amount. */
export const FEW_JOBS = 20_000;
const BATCH = 1_000;
const ROUNDS = 200;
const START = Date.UTC(2026, 0, 1);
const ENDS: readonly JobStatus[] = ['completed', 'completed', 'completed', 'failed', 'cancelled'];

/** W7: what submits, lists and recovery cost with many finished jobs in the store, and with few. */
export async function measureFinishedJobs(
  source: StoreSource,
  jobs: number,
): Promise<FinishedJobsRow[]> {
  const small = await fill(source, FEW_JOBS);
  const large = await fill(source, jobs);
  const rows: FinishedJobsRow[] = [];
  for (const [what, query] of queries()) {
    rows.push({ what: `list ${what}`, ...(await alternate(small, large, query)) });
  }
  await small.store.close();
  await large.store.close();
  const opened = [await open(small.place), await open(large.place)] as const;
  rows.push({ what: 'open and recover', small: opened[0].took, large: opened[1].took });
  const submit = [await submits(opened[0].bench), await submits(opened[1].bench)] as const;
  rows.push({ what: 'submit and run a one-node job', small: submit[0], large: submit[1] });
  for (const { bench } of opened) await bench.close();
  for (const { place } of [small, large]) await place.remove();
  return rows;
}

interface Filled {
  readonly store: OpenStore;
  readonly place: StorePlace;
}

async function fill(source: StoreSource, jobs: number): Promise<Filled> {
  const place = source.fresh();
  const store = await place.open();
  for (let first = 0; first < jobs; first += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, at) => finishedJob(first + at, jobs));
    await store.journal.commit(batch);
    await store.settled();
  }
  return { store, place };
}

function finishedJob(number: number, jobs: number): CommitRequest {
  const status = ENDS[number % ENDS.length] as JobStatus;
  // The same span of time in both stores, so that a range of it holds the same share of jobs.
  const createdAt = START + Math.floor((number / jobs) * 86_400_000);
  const header: JobHeader = {
    tenantId: 'bench',
    jobId: `job_${String(number).padStart(9, '0')}x`,
    owner: `user${number % 3}`,
    name: `suite ${number % 50}`,
    labels: { team: `team${number % 20}`, branch: number % 2 === 0 ? 'main' : 'next' },
    priority: 1 + (number % 5),
    createdAt,
    nodeCount: 1,
    types: [number % 4 === 0 ? 'http' : 'noop'],
    concurrency: 10,
    timeout: 3600,
    onFailure: 'finish_branches',
    correlationId: 'bench',
  };
  const counts: NodeCounts = {
    pending: 0,
    ready: 0,
    running: 0,
    waiting: 0,
    retrying: 0,
    completed: 1,
    failed: 0,
    cancelled: 0,
    skipped: 0,
  };
  return {
    tenantId: header.tenantId,
    jobId: header.jobId,
    commitId: header.jobId,
    expectedVersion: 0,
    at: createdAt,
    events: [{ type: 'job_submitted', by: header.owner, nodes: 1 }],
    intents: [],
    progress: { status, version: 1, counts, updatedAt: createdAt, finishedAt: createdAt },
    nodes: [],
    creation: { header, chunks: [{ first: 0, nodes: [{ id: 'only', type: 'noop' }] }] },
  };
}

function queries(): [string, JobQuery][] {
  const tenant: JobQuery = {
    tenantId: 'bench',
    sort: '-created_at',
    limit: 50,
    start: { offset: 0 },
  };
  const user: JobQuery = { ...tenant, owner: 'user1' };
  const filters: [string, Partial<JobQuery>][] = [
    ['of a user', {}],
    ['by status', { status: ['failed'] }],
    ['by two statuses', { status: ['failed', 'cancelled'] }],
    ['by name', { name: 'suite 7' }],
    ['by label', { labels: { team: 'team3' } }],
    ['by type', { type: 'http' }],
    ['by priority', { priority: 5 }],
    ['by time of creation', { createdFrom: START + 3_600_000, createdTo: START + 7_200_000 }],
    ['by status and label', { status: ['completed'], labels: { branch: 'main' } }],
    ['oldest first', { sort: 'created_at' }],
    ['by priority, highest first', { sort: '-priority' }],
  ];
  return [
    ['of the tenant', tenant],
    ...filters.map(([what, filter]): [string, JobQuery] => [what, { ...user, ...filter }]),
  ];
}

/** Medians of the same query on both stores in turn, so that the machine's moods hit both alike. */
async function alternate(
  small: Filled,
  large: Filled,
  query: JobQuery,
): Promise<{ small: number; large: number }> {
  const took: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { store }] of [small, large].entries()) {
      const began = performance.now();
      await store.projections.list(query);
      took[at]?.push(performance.now() - began);
    }
  }
  return { small: median(took[0]), large: median(took[1]) };
}

async function open(place: StorePlace): Promise<{ bench: BenchEngine; took: number }> {
  const began = performance.now();
  const bench = new BenchEngine(await place.open(), SETTINGS);
  await bench.engine.start();
  return { bench, took: performance.now() - began };
}

async function submits(bench: BenchEngine): Promise<number> {
  const definition = { name: 'one', dag_definition: { nodes: [{ id: 'only', type: 'noop' }] } };
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await bench.run(definition);
    took.push(performance.now() - began);
  }
  return median(took);
}

function median(figures: number[]): number {
  figures.sort((a, b) => a - b);
  return figures[figures.length >> 1] ?? NaN;
}
