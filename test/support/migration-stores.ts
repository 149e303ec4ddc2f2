import { openMongoStore } from '../../src/adapters/storage/mongo/index.js';
import { openSqliteStore } from '../../src/adapters/storage/sqlite/index.js';
import type { AttemptResult } from '../../src/core/job/attempt.js';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import { aSchedule } from '../../src/core/schedule/schedule.fixture.js';
import type { DagExecutionEngine, Submission } from '../../src/engine/dag-execution-engine.js';
import type { MovableStore } from '../../src/migration/movable-store.js';
import type { Clock } from '../../src/ports/clock.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import type { JobPage, JobProjections } from '../../src/ports/job-projections.js';
import type { AttemptContext } from '../../src/ports/node-executor.js';
import { makeEngine, scriptedExecutor, submissionOf } from './engine-fixture.js';
import { waitUntil } from './wait-until.js';

/** Any store, as tests of migrations use it. */
export interface TestStore extends MovableStore {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  close(): Promise<void>;
}

/** Opens the store of a URL, whether or not a copy into it is complete. */
export async function openAny(url: string): Promise<TestStore> {
  if (!url.startsWith('file:')) return openMongoStore({ url, arriving: true });
  const store = openSqliteStore({ path: url.slice('file:'.length), arriving: true });
  return {
    ...store,
    close: () => {
      store.close();
      return Promise.resolve();
    },
  };
}

export const realClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

export const LARGE_NODES = 20_000;
const QUEUED = 6;
const RUNNING = 4;

export interface FillSizes {
  readonly finished: number;
  readonly large: number;
}

/**
 * Fills a store by an engine: jobs that completed, failed (after retries) and were cancelled, one
 * large, some running and some queued when the engine stops; keys, test cases and tokens.
 */
export async function fill(store: TestStore, sizes: FillSizes): Promise<void> {
  const engine = engineOn(store, run, RUNNING + 2);
  await engine.start();
  const submit = async (submission: Submission): Promise<void> => {
    expectStatus(await engine.submit(submission), 'accepted');
  };
  for (let at = 0; at < sizes.finished; at++) {
    await submit(small(at, at % 10 === 9 ? 'fail' : 'ok'));
  }
  await submit(large(sizes.large));
  for (let at = 0; at < 3; at++) {
    const job = small(10_000 + at, 'hang');
    await submit(job);
    await engine.steer(job.header, { type: 'cancel', by: 'ada', reason: 'not needed' });
  }
  await waitUntil(() => engine.stats().runningJobs + engine.stats().queuedJobs === 0, 60_000, 5);
  for (let at = 0; at < RUNNING + 2; at++) await submit(small(20_000 + at, 'hang'));
  await waitUntil(() => engine.stats().runningNodes === RUNNING + 2, 10_000);
  for (let at = 0; at < QUEUED; at++) await submit(small(30_000 + at, 'ok'));
  await engine.stop(0);
  for (const [at, tenantId] of ['acme', 'zoo', 'acme'].entries()) {
    const testCase = { name: `case "${at}"`, command: 'true', updatedAt: at, updatedBy: 'ada' };
    await store.catalogue.put(tenantId, { ...testCase, env: { $set: '{% x %}' } });
  }
  const template = { name: 'nightly', nodeCount: 1, createdAt: 7, createdBy: 'ada' };
  for (const hash of ['a', 'b', 'a']) {
    await store.templates.put('acme', { ...template, hash, content: `{"is":"${hash}"}` });
  }
  await store.templates.put('zoo', { ...template, hash: 'z', content: '{}', description: 'Old.' });
  await store.templates.archive('zoo', 'nightly', true);
  const active = [{ at: 5, jobId: 'job-1', since: 6 }];
  const schedule = { ...aSchedule({}, { active }), wakeAt: 8_000_000_000_000 };
  await store.schedules.create({ ...schedule, version: 7 });
  await store.schedules.create({ ...schedule, tenantId: 'zoo', owner: 'ada' });
  const now = Date.now();
  await store.tokens.redeem('a token', now + 86_400_000, now);
  await store.tokens.redeem('another', now + 86_400_001, now);
  await store.settled?.();
}

/** Runs everything that is unfinished in a store to its end. */
export async function finishAll(store: TestStore): Promise<void> {
  const engine = engineOn(store, complete, 100);
  await engine.start();
  await waitUntil(() => engine.stats().runningJobs + engine.stats().queuedJobs === 0, 60_000, 5);
  await engine.stop(1_000);
  await store.settled?.();
}

/** The jobs of a tenant, oldest first. */
export function listed(store: TestStore, tenantId: string): Promise<JobPage> {
  return store.projections.list({
    tenantId,
    sort: 'created_at',
    limit: 1_000,
    start: { offset: 0 },
  });
}

function engineOn(
  { journal, projections }: TestStore,
  execute: (attempt: AttemptContext) => AttemptResult | Promise<AttemptResult>,
  maxRunningJobs: number,
): DagExecutionEngine {
  const store: JobJournal & JobProjections = {
    commit: (batch) => journal.commit(batch),
    stage: (ref, chunk) => journal.stage(ref, chunk),
    sweepStaged: () => journal.sweepStaged(),
    read: (...page) => journal.read(...page),
    readDefinition: (...page) => journal.readDefinition(...page),
    findClaim: (...claim) => journal.findClaim(...claim),
    job: (ref) => projections.job(ref),
    nodes: (ref, query) => projections.nodes(ref, query),
    node: (ref, id) => projections.node(ref, id),
    standings: (ref, ids) => projections.standings(ref, ids),
    list: (query) => projections.list(query),
    unfinished: (after, limit) => projections.unfinished(after, limit),
  };
  const executors = [scriptedExecutor(execute)];
  return makeEngine({ store, executors, clock: realClock, maxRunningJobs, maxRunningNodes: 500 });
}

function complete({ nodeId, attemptId }: AttemptContext): AttemptResult {
  return { status: 'completed', output: { nodeId, attemptId, text: 'é"\u2028' } };
}

function run(attempt: AttemptContext): AttemptResult | Promise<AttemptResult> {
  if (attempt.config['do'] === 'hang') {
    return new Promise((resolve) => {
      attempt.signal.addEventListener('abort', () => {
        const error = { class: 'cancelled', code: 'aborted', message: 'aborted' } as const;
        resolve({ status: 'failed', error });
      });
    });
  }
  if (attempt.config['do'] !== 'fail' || attempt.attempt > 2) return complete(attempt);
  const error = { class: 'assertion', code: 'no', message: 'No.', details: [1, null] } as const;
  return { status: 'failed', error };
}

function small(at: number, middle: 'ok' | 'fail' | 'hang'): Submission {
  const node = (id: string, needs: readonly string[], what: string): NodeDefinition => ({
    id,
    type: 'scripted',
    config: { do: what },
    ...(needs.length === 0 ? {} : { needs }),
    retry: { max_attempts: at % 20 === 9 ? 1 : 3, delay: 0, max_delay: 0 },
  });
  const nodes = [
    node('first', [], 'ok'),
    node('left', ['first'], 'ok'),
    node('right', ['first'], middle),
    node('last', ['left', 'right'], 'ok'),
  ];
  const submission = submissionOf(`job-${at}`, nodes, {
    tenantId: at % 3 === 0 ? 'zoo' : 'acme',
    owner: at % 2 === 0 ? 'ada' : 'bob',
    priority: 1 + (at % 5),
    createdAt: 1_700_000_000_000 + Math.floor(at / 4),
  });
  return at % 7 === 0
    ? { ...submission, idempotency: { key: `key "${at}"`, bodyHash: `hash ${at}` } }
    : submission;
}

function large(count: number): Submission {
  const nodes = Array.from({ length: count }, (_, at): NodeDefinition => {
    const node = { id: `n${at}`, type: 'scripted', config: { do: 'ok', at } };
    return at < 100 ? node : { ...node, needs: [`n${at - 100}`] };
  });
  return submissionOf('large', nodes, { concurrency: 100, createdAt: 1_700_000_000_900 });
}

function expectStatus(outcome: { readonly status: string }, status: string): void {
  if (outcome.status !== status) throw new Error(`the engine answered ${outcome.status}`);
}
