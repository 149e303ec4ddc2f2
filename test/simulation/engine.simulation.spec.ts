import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptResult } from '../../src/core/job/attempt.js';
import type { NodeDefinition, OnFailure } from '../../src/core/graph/definition.js';
import { isTerminalJob, isTerminalNode } from '../../src/core/job/status.js';
import type { CommitRequest } from '../../src/ports/job-journal.js';
import { StoreUnavailable } from '../../src/ports/store-errors.js';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../support/engine-fixture.js';
import { MemoryStore } from '../support/memory-store.js';
import { randomDag } from '../support/random-dag.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the engine work until the job has ended, moving the clock whenever nothing else happens. */
async function runToEnd(
  store: MemoryStore,
  clock: ManualClock,
  stop: () => boolean,
): Promise<void> {
  for (let turns = 0, quiet = 0; turns < 20_000; turns++) {
    const status = store.jobs.get('acme/job')?.view.progress.status;
    if (stop() || (status !== undefined && isTerminalJob(status))) return;
    const before = store.commits;
    await turn();
    quiet = store.commits === before ? quiet + 1 : 0;
    if (quiet > 6) {
      clock.fireNext();
      quiet = 0;
    }
  }
  throw new Error(`the job did not end: ${JSON.stringify(store.jobs.get('acme/job')?.view)}`);
}

interface Run {
  readonly nodes: NodeDefinition[];
  readonly outcomes: number[];
  readonly onFailure: OnFailure;
  readonly concurrency: number;
  readonly crashes: number[];
  readonly outages: number[];
}

const run = fc.record<Run>({
  nodes: randomDag({ maxNodes: 14, triggerRules: true }),
  // Per attempt, in turn: 0 fails and may be retried, 1 fails for good, 2 waits, others succeed.
  outcomes: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 }),
  onFailure: fc.constantFrom<OnFailure>('finish_branches', 'fail_fast', 'continue'),
  concurrency: fc.integer({ min: 1, max: 5 }),
  // Commits at which the process dies: even before, odd after the commit is durable.
  crashes: fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 4 }),
  outages: fc.uniqueArray(fc.nat({ max: 20 }), { maxLength: 3 }),
});

describe('the engine under crashes and outages of its store', () => {
  it('ends every accepted job, runs nothing twice and nothing before what it needs', async () => {
    await fc.assert(
      fc.asyncProperty(
        run,
        async ({ nodes, outcomes, onFailure, concurrency, crashes, outages }) => {
          const store = new MemoryStore();
          const clock = new ManualClock();
          const starts = new Map<string, number>();
          const completed = new Set<string>();
          const violations: string[] = [];
          let turnOf = 0;
          let life = 0;
          let live = 0;
          let mostLive = 0;
          let crashed = false;

          const isCrashed = (): boolean => crashed;
          const noteCompleted = (batch: readonly CommitRequest[]): void => {
            for (const event of batch.flatMap((request) => request.events)) {
              if (event.type === 'node_completed') completed.add(event.node);
            }
          };
          const boot = async (): Promise<void> => {
            const mine = ++life;
            crashed = false;
            live = 0;
            const executor = scriptedExecutor(async (attempt): Promise<AttemptResult> => {
              expect(mine).toBe(life);
              const record = store.jobs.get('acme/job');
              const index = nodes.findIndex((node) => node.id === attempt.nodeId);
              // Its start is durable before it runs.
              expect(record?.nodes.get(index)).toMatchObject({
                status: 'running',
                attempt: attempt.attempt,
              });
              expect(completed.has(attempt.nodeId)).toBe(false);
              starts.set(attempt.attemptId, (starts.get(attempt.attemptId) ?? 0) + 1);
              mostLive = Math.max(mostLive, ++live);
              const outcome = outcomes[turnOf++ % outcomes.length] as number;
              for (let turns = outcome % 3; turns > 0; turns--) await turn();
              live--;
              if (outcome === 0) {
                return { status: 'failed', error: { class: 'exit_code', code: 'x', message: 'x' } };
              }
              if (outcome === 1) {
                return {
                  status: 'failed',
                  error: { class: 'non_retryable', code: 'x', message: 'x' },
                };
              }
              if (outcome === 2) return { status: 'waiting', until: clock.now() + 5_000 };
              if (!crashed && mine === life) return { status: 'completed', output: outcome };
              return { status: 'completed' };
            });
            const engine = makeEngine({
              store: store.connect(async (batch) => {
                if (crashed || mine !== life) return new Promise(() => undefined);
                if (takeOut(outages, store.commits))
                  throw new StoreUnavailable('an outage of the test');
                if (!takeOut(crashes, store.commits)) {
                  const results = await store.commit(batch);
                  noteCompleted(batch);
                  return results;
                }
                crashed = true;
                if (store.commits % 2 === 1) {
                  await store.commit(batch);
                  noteCompleted(batch);
                } else {
                  store.commits++;
                }
                return new Promise(() => undefined);
              }),
              executors: [executor],
              clock,
              ownerId: `life${mine}`,
            });
            await engine.start();
            if (store.jobs.has('acme/job')) return;
            const submission = submissionOf('job', nodes, { onFailure, concurrency });
            engine.submit(submission).catch((error: unknown) => {
              expect(error).toBeInstanceOf(StoreUnavailable);
              crashed = true;
            });
          };

          await boot();
          for (;;) {
            await runToEnd(store, clock, isCrashed);
            if (!isCrashed()) break;
            life++;
            await boot();
          }

          const job = store.jobs.get('acme/job');
          if (job === undefined) throw new Error('the job is gone');
          expect(violations).toEqual([]);
          expect(isTerminalJob(job.view.progress.status)).toBe(true);
          expect([...starts.values()].every((count) => count === 1)).toBe(true);
          expect(mostLive).toBeLessThanOrEqual(concurrency);
          checkJournal(
            nodes,
            job.records.flatMap((record) => record.events),
            onFailure,
          );
          const counts = job.view.progress.counts;
          expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(nodes.length);
          for (const [status, count] of Object.entries(counts)) {
            if (count > 0) expect(isTerminalNode(status as never)).toBe(true);
          }
        },
      ),
      { numRuns: 400 },
    );
  }, 120_000);
});

function takeOut(marks: number[], mark: number): boolean {
  const at = marks.indexOf(mark);
  if (at === -1) return false;
  marks.splice(at, 1);
  return true;
}

type Events = readonly {
  readonly type: string;
  readonly node?: string;
  readonly reason?: string;
}[];

/** A naive reading of the journal: dependencies first, one success a node, verdicts as the rules say. */
function checkJournal(
  nodes: readonly NodeDefinition[],
  events: Events,
  onFailure: OnFailure,
): void {
  const ended = new Map<string, 'succeeded' | 'failed' | 'skipped'>();
  for (const { type, node: id, reason } of events) {
    if (id === undefined) continue;
    const node = nodes.find((candidate) => candidate.id === id) as NodeDefinition;
    const needs = (node.needs ?? []).map((need) => ended.get(need));
    if (type === 'node_started') {
      expect(ended.has(id)).toBe(false);
      const rule = node.trigger_rule ?? 'all_success';
      const lenient = rule === 'all_success' && onFailure === 'continue';
      expect(allows(lenient ? 'all_done' : rule, needs)).toBe(true);
    }
    if (type === 'node_completed') ended.set(id, 'succeeded');
    if (type === 'node_failed') ended.set(id, 'failed');
    if (type === 'node_skipped') ended.set(id, reason === 'upstream_failed' ? 'failed' : 'skipped');
  }
}

function allows(rule: string, needs: readonly (string | undefined)[]): boolean {
  if (needs.length === 0 || rule === 'always') return true;
  const all = (wanted: string): boolean => needs.every((end) => end === wanted);
  const done = needs.every((end) => end !== undefined);
  const none = (unwanted: string): boolean => !needs.includes(unwanted);
  switch (rule) {
    case 'all_success':
      return all('succeeded');
    case 'all_done':
      return done;
    case 'all_failed':
      return all('failed');
    case 'one_success':
      return needs.includes('succeeded');
    case 'one_failed':
      return needs.includes('failed');
    case 'none_failed':
      return done && none('failed');
    case 'none_failed_min_one_success':
      return done && none('failed') && needs.includes('succeeded');
    default:
      throw new Error(rule);
  }
}
