import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  silentLogger,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { MemoryResultCache } from '../../test/support/memory-result-cache.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { NodeProjection } from '../core/job/job-record.js';
import type { Json } from '../core/json.js';
import type { AttemptContext } from '../ports/node-executor.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { DagExecutionEngine } from './dag-execution-engine.js';

describe('the result cache', () => {
  let store: MemoryStore;
  let results: MemoryResultCache;
  let clock: ManualClock;
  let engine: DagExecutionEngine;
  let ran: string[];
  let run: (attempt: AttemptContext) => AttemptResult | Promise<AttemptResult>;
  let basis: Json;
  let warned: string[];
  let jobs = 0;
  beforeEach(async () => {
    store = new MemoryStore();
    results = new MemoryResultCache();
    clock = new ManualClock();
    ran = [];
    basis = null;
    warned = [];
    run = ({ attemptId }) => ({ status: 'completed', output: { by: attemptId } });
    engine = makeEngine({
      store,
      results,
      clock,
      executors: [
        {
          ...scriptedExecutor((attempt) => {
            ran.push(attempt.attemptId);
            return run(attempt);
          }),
          resultBasis: () => basis,
        },
      ],
      logger: { ...silentLogger, warn: (_, message) => warned.push(message) },
    });
    await engine.start();
  });
  afterEach(() => engine.stop(0));

  const node = (more: Partial<NodeDefinition> = {}): NodeDefinition => ({
    id: 'a',
    type: 'scripted',
    config: { x: 1, y: { b: 2, a: 1 } },
    cache: { ttl: 60 },
    retry: { max_attempts: 2, delay: 0, jitter: 'none' },
    ...more,
  });
  /** Runs a job of one node to its end; answers the node. */
  const through = async (
    definition: NodeDefinition,
    options: Parameters<typeof submissionOf>[2] & { readonly inputs?: Record<string, Json> } = {},
  ): Promise<NodeProjection> => {
    const jobId = `job-${++jobs}`;
    const { inputs, ...settings } = options;
    const submission = submissionOf(jobId, [definition], settings);
    const header = { ...submission.header, ...(inputs === undefined ? {} : { inputs }) };
    await engine.submit({ ...submission, header });
    const ref = { tenantId: header.tenantId, jobId };
    await waitUntil(async () => {
      clock.advance(1);
      return ['completed', 'failed'].includes((await store.job(ref))?.progress.status ?? '');
    });
    const { state } = (await store.node(ref, definition.id)) ?? {};
    if (state === undefined) throw new Error('the node has no state');
    return state;
  };
  const kept = (count = 1): Promise<void> => waitUntil(() => results.results.size === count);

  it('completes a node that would do the same without running it, and says whose result it is', async () => {
    const first = await through(node());
    await kept();
    const second = await through(node({ id: 'b', config: { y: { a: 1, b: 2 }, x: 1 } }));
    expect(ran).toEqual([`job-${jobs - 1}/a/1`]);
    expect(first.cached).toBeUndefined();
    expect(second).toMatchObject({
      status: 'completed',
      attempt: 1,
      output: first.output,
      cached: { job_id: `job-${jobs - 1}`, node_id: 'a', at: expect.any(Number) },
    });
    const events = (await store.read({ tenantId: 'acme', jobId: `job-${jobs}` }, 0, 99)).flatMap(
      (record) => record.events,
    );
    const { cached } = second;
    expect(events).toContainEqual({
      type: 'node_completed',
      node: 'b',
      output: first.output,
      cached,
    });
    expect(engine.stats().runningNodes).toBe(0);
  });

  it.each<[string, Partial<NodeDefinition>]>([
    ['another config', { config: { x: 2 } }],
    ['another key', { cache: { key: 'k', ttl: 60 } }],
  ])('runs a node with %s', async (_, change) => {
    await through(node());
    await kept();
    expect((await through(node(change))).cached).toBeUndefined();
    expect(ran).toHaveLength(2);
  });

  it('runs a node of another tenant, and one of which something else has changed', async () => {
    await through(node());
    await kept();
    expect((await through(node(), { tenantId: 'zoo' })).cached).toBeUndefined();
    basis = ['another test'];
    expect((await through(node())).cached).toBeUndefined();
    expect(ran).toHaveLength(3);
  });

  it('goes by what config and key come to, not by how they are written', async () => {
    const written = node({
      config: { x: '{% inputs.x %}' },
      cache: { key: '{% inputs.k %}', ttl: 60 },
    });
    await through(written, { inputs: { x: 1, k: 'v1', other: 1 } });
    await kept();
    const same = await through(written, { inputs: { x: 1, k: 'v1', other: 2 } });
    expect(same.cached).toBeDefined();
    expect(
      (await through(node({ config: { x: 1 }, cache: { key: 'v1', ttl: 9 } }))).cached,
    ).toBeDefined();
    expect((await through(written, { inputs: { x: 1, k: 'v2' } })).cached).toBeUndefined();
    expect([...results.results.values()].map(({ key }) => key)).toEqual(['v1', 'v2']);
  });

  it('fails a node whose key cannot be evaluated', async () => {
    const state = await through(node({ cache: { key: '{% inputs.k.$error("no") %}', ttl: 60 } }), {
      inputs: { k: {} },
    });
    expect(state).toMatchObject({ status: 'failed', error: { class: 'non_retryable' } });
    expect(state.error?.message).toContain('cache.key');
    expect(ran).toEqual([]);
  });

  it('uses a result for as long as whoever made it says, and whoever uses it', async () => {
    await through(node());
    await kept();
    clock.advance(30_000);
    expect((await through(node({ cache: { ttl: 20 } }))).cached).toBeUndefined();
    await waitUntil(() => [...results.results.values()][0]?.jobId === `job-${jobs}`);
    clock.advance(19_000);
    expect((await through(node({ cache: { ttl: 600 } }))).cached).toBeDefined();
    clock.advance(2_000);
    expect((await through(node({ cache: { ttl: 600 } }))).cached).toBeUndefined();
  });

  it('keeps no failure, and what passes in the end', async () => {
    const error = { class: 'assertion', code: 'no', message: 'No.' } as const;
    run = () => ({ status: 'failed', error });
    expect((await through(node())).status).toBe('failed');
    run = ({ attempt }) => (attempt === 1 ? { status: 'failed', error } : { status: 'completed' });
    const passed = await through(node());
    expect(passed).toMatchObject({ status: 'completed', attempt: 2 });
    await kept();
    const again = await through(node());
    expect(again).toMatchObject({ status: 'completed', attempt: 1 });
    expect(again).toHaveProperty('cached');
    expect(again).not.toHaveProperty('output');
    expect(ran).toHaveLength(4);
  });

  it('keeps nothing that is a file of its job, or that changed while it was made', async () => {
    run = () => ({ status: 'completed', output: { artifact: 'output.json', bytes: 300_000 } });
    await through(node());
    run = () => {
      basis = 'changed';
      return { status: 'completed' };
    };
    await through(node());
    run = () => ({ status: 'completed', output: 7 });
    await through(node({ config: { other: true } }));
    await kept(1);
    expect([...results.results.values()][0]?.output).toBe(7);
  });

  it('runs what cannot be looked up, and goes on when nothing can be kept', async () => {
    const away = (): Promise<never> => Promise.reject(new StoreUnavailable('away'));
    results.get = away;
    results.put = away;
    expect((await through(node())).status).toBe('completed');
    await waitUntil(() => warned.length === 2);
    expect(ran).toHaveLength(1);
  });

  it('is not asked for nodes that say nothing of it', async () => {
    let asked = 0;
    results.get = () => {
      asked++;
      return Promise.resolve(undefined);
    };
    const { id, type, config = {} } = node();
    await through({ id, type, config });
    await through(node());
    await kept();
    expect(asked).toBe(1);
  });

  it('gives the slot back of a node that is cancelled while it is looked up', async () => {
    let answer: (found: undefined) => void = () => undefined;
    results.get = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const ref = { tenantId: 'acme', jobId: 'cancelled' };
    await engine.submit(submissionOf(ref.jobId, [node()]));
    await engine.steer(ref, { type: 'cancel', by: 'ada' });
    answer(undefined);
    await waitUntil(async () => (await store.job(ref))?.progress.status === 'cancelled');
    expect(ran).toEqual([]);
    results.get = () => Promise.resolve(undefined);
    expect((await through(node())).status).toBe('completed');
  });
});
