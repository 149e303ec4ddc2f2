import { afterEach, describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { AttemptContext } from '../ports/node-executor.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { DagExecutionEngine } from './dag-execution-engine.js';

const DONE: AttemptResult = { status: 'completed' };
const node = (id: string, more: object = {}): { id: string; type: string } => ({
  id,
  type: 'scripted',
  ...more,
});

/** An executor whose attempts end when the test says so, or when they are aborted. */
class Gate {
  readonly running = new Map<string, (result: AttemptResult) => void>();
  readonly seen: string[] = [];
  readonly aborted: string[] = [];

  readonly executor = scriptedExecutor((attempt: AttemptContext) => {
    this.seen.push(attempt.nodeId);
    return new Promise<AttemptResult>((resolve) => {
      this.running.set(attempt.attemptId, resolve);
      attempt.signal.addEventListener('abort', () => {
        this.aborted.push(attempt.attemptId);
        this.end(attempt.attemptId, {
          status: 'failed',
          error: { class: 'infrastructure', code: 'killed', message: 'killed' },
        });
      });
    });
  });

  end(attemptId: string, result: AttemptResult = DONE): void {
    this.running.get(attemptId)?.(result);
    this.running.delete(attemptId);
  }
}

describe('DagExecutionEngine', () => {
  const store = (): MemoryStore => new MemoryStore();
  let engine: DagExecutionEngine | undefined;

  afterEach(async () => {
    await engine?.stop(0);
    engine = undefined;
  });

  const statusOf = (memory: MemoryStore, jobId: string): string | undefined =>
    memory.jobs.get(`acme/${jobId}`)?.view.progress.status;

  it('tells observers of a change only when it is durable', async () => {
    const memory = store();
    const clock = new ManualClock();
    engine = makeEngine({ store: memory, executors: [scriptedExecutor(() => DONE)], clock });
    const heard: string[] = [];
    engine.tracker.subscribe(({ header, version, events }) => {
      expect(memory.jobs.get(`acme/${header.jobId}`)?.view.progress.version).toBeGreaterThanOrEqual(
        version,
      );
      heard.push(...events.map((event) => event.type));
    });
    await engine.start();
    await engine.submit(submissionOf('a', [node('one'), node('two', { needs: ['one'] })]));
    await waitUntil(() => statusOf(memory, 'a') === 'completed');
    expect(heard).toEqual([
      'job_submitted',
      'job_started',
      'node_started',
      'node_completed',
      'node_started',
      'node_completed',
      'job_finished',
    ]);
  });

  it('cancels: live attempts are aborted, what never ran never runs', async () => {
    const memory = store();
    const gate = new Gate();
    engine = makeEngine({ store: memory, executors: [gate.executor], clock: new ManualClock() });
    await engine.start();
    await engine.submit(submissionOf('a', [node('one'), node('two', { needs: ['one'] })]));
    await waitUntil(() => gate.running.size === 1);
    const ref = { tenantId: 'acme', jobId: 'a' };
    expect(await engine.steer(ref, { type: 'cancel', by: 'ada' })).toEqual({ status: 'done' });
    await waitUntil(() => statusOf(memory, 'a') === 'cancelled');
    expect(gate.seen).toEqual(['one']);
    expect(gate.aborted).toEqual(['a/one/1']);
    expect(await engine.steer(ref, { type: 'cancel', by: 'ada' })).toMatchObject({
      status: 'refused',
      rejection: { code: 'job_finished' },
    });
    expect(
      await engine.steer({ tenantId: 'other', jobId: 'a' }, { type: 'cancel', by: 'ada' }),
    ).toEqual({
      status: 'not_found',
    });
    expect(engine.stats()).toMatchObject({ runningJobs: 0, runningNodes: 0 });
  });

  it('cancels a queued job without ever starting it', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    engine = makeEngine({ store: memory, executors: [gate.executor], clock, maxRunningJobs: 1 });
    await engine.start();
    await engine.submit(submissionOf('a', [node('one')]));
    await engine.submit(submissionOf('b', [node('two')]));
    expect(statusOf(memory, 'b')).toBe('queued');
    expect(
      await engine.steer({ tenantId: 'acme', jobId: 'b' }, { type: 'cancel', by: 'ada' }),
    ).toEqual({
      status: 'done',
    });
    gate.end('a/one/1');
    await waitUntil(() => statusOf(memory, 'a') === 'completed');
    await waitUntil(() => engine?.stats().runningJobs === 0);
    expect(gate.seen).toEqual(['one']);
    expect(statusOf(memory, 'b')).toBe('cancelled');
  });

  it('admits queued jobs by priority, then by age', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    engine = makeEngine({ store: memory, executors: [gate.executor], clock, maxRunningJobs: 1 });
    await engine.start();
    await engine.submit(submissionOf('first', [node('first')]));
    await engine.submit(submissionOf('low', [node('low')], { priority: 1 }));
    await engine.submit(submissionOf('older', [node('older')], { priority: 5 }));
    await engine.submit(submissionOf('newer', [node('newer')], { priority: 5 }));
    for (const name of ['first', 'older', 'newer', 'low']) {
      await waitUntil(() => gate.running.has(`${name}/${name}/1`));
      gate.end(`${name}/${name}/1`);
    }
    expect(gate.seen).toEqual(['first', 'older', 'newer', 'low']);
  });

  it('keeps the bound of the process over all jobs, and takes jobs in turn', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    engine = makeEngine({ store: memory, executors: [gate.executor], clock, maxRunningNodes: 2 });
    await engine.start();
    const nodes = ['1', '2', '3'].map((id) => node(id));
    await engine.submit(submissionOf('a', nodes));
    await engine.submit(submissionOf('b', nodes));
    const jobs: (string | undefined)[] = [];
    for (let left = 6; left > 0; left--) {
      await waitUntil(() => gate.running.size === Math.min(2, left));
      expect(engine.stats().runningNodes).toBeLessThanOrEqual(2);
      const [attemptId = ''] = gate.running.keys();
      jobs.push(attemptId.split('/')[0]);
      gate.end(attemptId);
    }
    await waitUntil(
      () => statusOf(memory, 'a') === 'completed' && statusOf(memory, 'b') === 'completed',
    );
    expect(jobs.slice(0, 4)).toContain('b');
    expect(engine.stats().runningNodes).toBe(0);
  });

  it('times a job out, and an attempt', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    engine = makeEngine({ store: memory, executors: [gate.executor], clock });
    await engine.start();
    await engine.submit(
      submissionOf('a', [node('slow', { timeout: 2, retry: { max_attempts: 1 } })], { timeout: 9 }),
    );
    await engine.submit(submissionOf('b', [node('slow')], { timeout: 5 }));
    await waitUntil(() => gate.running.size === 2);
    clock.advance(2_000);
    await waitUntil(() => statusOf(memory, 'a') === 'failed');
    expect(memory.jobs.get('acme/a')?.nodes.get(0)?.error).toMatchObject({ class: 'timeout' });
    clock.advance(3_000);
    await waitUntil(() => statusOf(memory, 'b') === 'timed_out');
    expect(gate.aborted).toEqual(['a/slow/1', 'b/slow/1']);
  });

  it('waits out a store that is away, and promises nothing meanwhile', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    let away = false;
    engine = makeEngine({
      store: memory.connect((batch) =>
        away ? Promise.reject(new StoreUnavailable('away')) : memory.commit(batch),
      ),
      executors: [gate.executor],
      clock,
    });
    await engine.start();
    await engine.submit(submissionOf('a', [node('one'), node('two', { needs: ['one'] })]));
    await waitUntil(() => gate.running.size === 1);
    away = true;
    await expect(engine.submit(submissionOf('b', [node('x')]))).rejects.toThrow(StoreUnavailable);
    gate.end('a/one/1');
    for (let tries = 0; tries < 4; tries++) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(gate.seen).toEqual(['one']);
    expect(engine.stats().storeFailing).toBe(true);
    away = false;
    await waitUntil(() => {
      clock.advance(1_000);
      return gate.running.has('a/two/1');
    });
    gate.end('a/two/1');
    await waitUntil(() => statusOf(memory, 'a') === 'completed');
    expect(memory.jobs.has('acme/b')).toBe(false);
    expect(engine.stats().runningJobs).toBe(0);
  });

  it('hands what does not end in time to the next start, as an attempt that was interrupted', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    const first = makeEngine({
      store: memory,
      executors: [gate.executor],
      clock,
      ownerId: 'first',
    });
    await first.start();
    await first.submit(submissionOf('a', [node('one')]));
    await waitUntil(() => gate.running.size === 1);
    const stopping = first.stop(0);
    expect(await first.submit(submissionOf('b', [node('x')]))).toMatchObject({
      status: 'stopping',
    });
    await waitUntil(() => gate.aborted.length === 1);
    await stopping;
    expect(statusOf(memory, 'a')).toBe('running');

    engine = makeEngine({ store: memory, executors: [gate.executor], clock, ownerId: 'second' });
    await engine.start();
    await waitUntil(() => memory.jobs.get('acme/a')?.nodes.get(0)?.status === 'retrying');
    await waitUntil(() => {
      clock.advance(1_000);
      return gate.running.has('a/one/2');
    });
    gate.end('a/one/2');
    await waitUntil(() => statusOf(memory, 'a') === 'completed');
    const ended = memory.jobs.get('acme/a')?.nodes.get(0);
    expect(ended?.passedOnRetry).toBeUndefined();
    expect(ended).toMatchObject({
      history: [{ attempt: 1, error: { code: 'attempt_interrupted' } }, { attempt: 2 }],
    });
  });

  it('stops driving a job that somebody else has moved, and takes it up again from the journal', async () => {
    const memory = store();
    const gate = new Gate();
    const clock = new ManualClock();
    let stale = false;
    engine = makeEngine({
      store: memory.connect(async (batch) => {
        if (!stale) return memory.commit(batch);
        stale = false;
        return batch.map(() => ({ status: 'conflict', actualVersion: 99 }));
      }),
      executors: [gate.executor],
      clock,
    });
    await engine.start();
    await engine.submit(submissionOf('a', [node('one'), node('two')], { concurrency: 2 }));
    await waitUntil(() => gate.running.size === 2);
    stale = true;
    gate.end('a/one/1');
    await waitUntil(() => gate.aborted.includes('a/two/1'));
    await waitUntil(() => {
      clock.advance(100);
      for (const attemptId of gate.running.keys()) gate.end(attemptId);
      return statusOf(memory, 'a') === 'completed';
    });
    expect(engine.stats()).toMatchObject({ runningJobs: 0, runningNodes: 0 });
  });
});
