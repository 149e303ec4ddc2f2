import { afterEach, describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { KeyWatchingStore } from '../../test/support/key-watch.js';
import { waitUntil } from '../../test/support/wait-until.js';
import { InProcessConcurrencyKeys } from '../adapters/system/in-process-concurrency-keys.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { DagExecutionEngine } from './dag-execution-engine.js';

const node = (id: string, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'scripted',
  concurrency_key: 'k',
  ...more,
});
const FAILED: AttemptResult = {
  status: 'failed',
  error: { class: 'exit_code', code: 'x', message: 'x' },
};

describe('concurrency keys', () => {
  const clock = new ManualClock();
  let engine: DagExecutionEngine;
  afterEach(() => engine.stop(0));

  const start = async (
    more: { readonly maxRunningNodes?: number; readonly store?: KeyWatchingStore } = {},
  ) => {
    const store = more.store ?? new KeyWatchingStore({ k: 1, two: 2 });
    const keys = new InProcessConcurrencyKeys();
    const running = new Map<string, (result: AttemptResult) => void>();
    const started: string[] = [];
    engine = makeEngine({
      store,
      clock,
      keys,
      ...more,
      executors: [
        scriptedExecutor(({ nodeId, signal }) => {
          started.push(nodeId);
          return new Promise((resolve) => {
            running.set(nodeId, resolve);
            signal.addEventListener('abort', () => resolve(FAILED));
          });
        }),
      ],
    });
    await engine.start();
    const submit = async (
      id: string,
      nodes: readonly NodeDefinition[],
      settings: Parameters<typeof submissionOf>[2] = {},
    ): Promise<void> => {
      await engine.submit(submissionOf(id, nodes, settings));
    };
    const runs = (id: string): Promise<void> => waitUntil(() => running.has(id));
    const end = (id: string, result: AttemptResult = { status: 'completed' }): void => {
      running.get(id)?.(result);
      running.delete(id);
    };
    const holders = async (key = 'k'): Promise<string[]> =>
      (await keys.holders('acme', key)).map(({ nodeId }) => nodeId);
    const statusOf = (id: string): string | undefined =>
      store.jobs.get(`acme/${id}`)?.view.progress.status;
    return { store, started, running, submit, runs, end, holders, statusOf };
  };

  it('let the next node start as soon as one has ended, those of other jobs by priority and age', async () => {
    const { submit, runs, end, started, holders, store } = await start();
    await submit('first', [node('a')]);
    await runs('a');
    await submit('young', [node('young')], { createdAt: 3_000 });
    await submit('old', [node('old'), node('low', { priority: 1 })], { createdAt: 2_000 });
    await submit('urgent', [node('urgent', { priority: 5 })], { createdAt: 4_000 });
    const order = ['urgent', 'old', 'young', 'low'];
    let before = 'a';
    for (const id of order) {
      end(before);
      await runs(id);
      before = id;
    }
    end(before);
    expect(started).toEqual(['a', ...order]);
    await waitUntil(async () => (await holders()).length === 0);
    expect(store.violations).toEqual([]);
  });

  it('are held by a node that waits, and not between two attempts', async () => {
    const { submit, runs, end, statusOf, started } = await start();
    const retry = { max_attempts: 2, strategy: 'fixed', delay: 60, jitter: 'none' } as const;
    await submit('one', [node('a', { retry })]);
    await runs('a');
    await submit('two', [node('b')]);
    end('a', FAILED);
    await runs('b');
    end('b', { status: 'waiting', until: clock.now() + 120_000 });
    clock.advance(60_000);
    await submit('three', [node('free', { concurrency_key: 'other' })]);
    await runs('free');
    expect(started).toEqual(['a', 'b', 'free']);
    clock.advance(60_000);
    await waitUntil(() => statusOf('two') === 'completed');
    await runs('a');
    end('a');
    await waitUntil(() => statusOf('one') === 'completed');
  });

  it('are given back by a job that is paused before it used them, and asked for when it goes on', async () => {
    const { submit, runs, end, running, holders } = await start({ maxRunningNodes: 1 });
    await submit('slot', [{ id: 'busy', type: 'scripted' }]);
    await runs('busy');
    await submit('one', [node('a')]);
    await waitUntil(async () => (await holders()).includes('a'));
    await engine.steer({ tenantId: 'acme', jobId: 'one' }, { type: 'pause', by: 'ada' });
    await waitUntil(async () => (await holders()).length === 0);
    await submit('two', [node('b')]);
    await waitUntil(async () => (await holders()).includes('b'));
    await engine.steer({ tenantId: 'acme', jobId: 'one' }, { type: 'resume', by: 'ada' });
    end('busy');
    await runs('b');
    expect(running.has('a')).toBe(false);
    end('b');
    await runs('a');
  });

  it('are given back by a job that ends before it used them', async () => {
    const { submit, runs, holders } = await start({ maxRunningNodes: 1 });
    await submit('slot', [{ id: 'busy', type: 'scripted' }]);
    await runs('busy');
    await submit('one', [node('a')]);
    await waitUntil(async () => (await holders()).includes('a'));
    await engine.steer({ tenantId: 'acme', jobId: 'one' }, { type: 'cancel', by: 'ada' });
    await waitUntil(async () => (await holders()).length === 0);
  });

  it('are no business of other tenants', async () => {
    const { submit, runs } = await start();
    await submit('one', [node('a')]);
    await submit('two', [node('b')], { tenantId: 'other' });
    await runs('a');
    await runs('b');
  });

  it('let as many run as the limit says, and no node without a key wait', async () => {
    const { submit, runs, started } = await start();
    const key = { key: 'two', limit: 2 };
    await submit('one', [
      ...['a', 'b', 'c'].map((id) => node(id, { concurrency_key: key })),
      { id: 'free', type: 'scripted' },
    ]);
    for (const id of ['a', 'b', 'free']) await runs(id);
    await submit('two', [{ id: 'later', type: 'scripted' }]);
    await runs('later');
    expect(started).not.toContain('c');
  });

  it('stay with what waits when the service starts again, before anybody gets one', async () => {
    const first = await start();
    await first.submit('one', [node('a')]);
    await first.runs('a');
    await first.submit('two', [node('b')]);
    first.end('a', { status: 'waiting', until: clock.now() + 60_000 });
    await waitUntil(() => first.store.jobs.get('acme/one')?.nodes.get(0)?.status === 'waiting');
    await engine.stop(0);
    const second = await start({ store: first.store });
    await waitUntil(async () => (await second.holders()).includes('a'));
    await second.submit('three', [node('free', { concurrency_key: 'other' })]);
    await second.runs('free');
    expect(second.started).toEqual(['free']);
    clock.advance(60_000);
    await second.runs('b');
    expect(first.store.violations).toEqual([]);
  });
});
