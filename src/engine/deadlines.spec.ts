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
import type { DagExecutionEngine } from './dag-execution-engine.js';

const scripted = (id: string, more: object = {}): { id: string; type: string } => ({
  id,
  type: 'scripted',
  ...more,
});

describe('deadlines', () => {
  let engine: DagExecutionEngine;
  let clock: ManualClock;
  let store: MemoryStore;
  let seen: string[];
  let aborted: string[];
  afterEach(() => engine.stop(0));

  /** Attempts run until they are aborted, but for those of nodes that are called `quick…`. */
  const boot = async (maxRunningJobs = 1): Promise<void> => {
    engine = makeEngine({ store, clock, maxRunningJobs, executors: [executor] });
    await engine.start();
  };
  const executor = scriptedExecutor(({ nodeId, attemptId, signal }) => {
    seen.push(attemptId);
    if (nodeId.startsWith('quick')) return { status: 'completed' };
    return new Promise<AttemptResult>((resolve) => {
      signal.addEventListener('abort', () => {
        aborted.push(attemptId);
        resolve({ status: 'failed', error: { class: 'exit_code', code: 'killed', message: '' } });
      });
    });
  });
  const fresh = async (maxRunningJobs?: number): Promise<void> => {
    store = new MemoryStore();
    clock = new ManualClock();
    seen = [];
    aborted = [];
    await boot(maxRunningJobs);
  };
  const jobOf = (id: string) => store.jobs.get(`acme/${id}`);
  const statusOf = (id: string): string | undefined => jobOf(id)?.view.progress.status;
  const submit = async (id: string, nodes: object[], deadline?: number): Promise<void> => {
    const submission = submissionOf(id, nodes as never);
    const header = { ...submission.header, ...(deadline === undefined ? {} : { deadline }) };
    await engine.submit({ ...submission, header });
  };

  it('end a running job, as its time-out would', async () => {
    await fresh();
    await submit('j', [scripted('a')], clock.now() + 5_000);
    clock.advance(4_999);
    expect(aborted).toEqual([]);
    clock.advance(1);
    await waitUntil(() => statusOf('j') === 'timed_out');
    expect(aborted).toEqual(['j/a/1']);
    expect(jobOf('j')?.view.progress.reason).toMatch(/^The job did not end by its deadline, /);
  });

  it('later than the time-out leave it to the time-out', async () => {
    await fresh();
    await submit('j', [scripted('a')], clock.now() + 3_600_001);
    clock.advance(3_600_000);
    await waitUntil(() => statusOf('j') === 'timed_out');
    expect(jobOf('j')?.view.progress.reason).toBe('The job did not end within its 3600 s.');
  });

  it('end a job that is still queued, and no other', async () => {
    await fresh();
    await submit('running', [scripted('a')]);
    await submit('due', [scripted('a')], clock.now() + 5_000);
    await submit('patient', [scripted('a')]);
    clock.advance(5_000);
    await waitUntil(() => statusOf('due') === 'timed_out');
    expect([statusOf('running'), statusOf('patient')]).toEqual(['running', 'queued']);
    expect(engine.stats()).toMatchObject({ runningJobs: 1, queuedJobs: 1 });
    expect(seen).toEqual(['running/a/1']);
    await engine.steer({ tenantId: 'acme', jobId: 'running' }, { type: 'cancel', by: 'ada' });
    await waitUntil(() => statusOf('patient') === 'running');
  });

  it('of queued jobs are kept over restarts, also those that pass meanwhile', async () => {
    await fresh();
    await submit('running', [scripted('a')]);
    await submit('soon', [scripted('a')], clock.now() + 5_000);
    await submit('later', [scripted('a')], clock.now() + 50_000);
    await engine.stop(0);
    clock.advance(10_000);
    await boot();
    clock.advance(0);
    await waitUntil(() => statusOf('soon') === 'timed_out');
    expect(statusOf('later')).toBe('queued');
    clock.advance(40_000);
    await waitUntil(() => statusOf('later') === 'timed_out');
    expect(engine.stats().queuedJobs).toBe(0);
  });

  it('are not watched any more of a job that has left the queue', async () => {
    await fresh();
    await submit('running', [scripted('a')]);
    await submit('next', [scripted('quick')], clock.now() + 5_000);
    await engine.steer({ tenantId: 'acme', jobId: 'running' }, { type: 'cancel', by: 'ada' });
    await waitUntil(() => statusOf('next') === 'completed');
    clock.advance(10_000);
    expect(statusOf('next')).toBe('completed');
  });

  it('of nodes abort the attempt, and fail what has not started', async () => {
    await fresh();
    await submit('j', [
      scripted('slow', { deadline: 5, retry: { max_attempts: 3, delay: 0 } }),
      scripted('behind', { needs: ['slow'], deadline: 3 }),
      scripted('quick', { needs: ['behind'], trigger_rule: 'all_failed' }),
    ]);
    await waitUntil(() => seen.length === 1);
    clock.advance(3_000);
    await waitUntil(() => jobOf('j')?.nodes.get(2)?.status === 'completed');
    expect(jobOf('j')?.nodes.get(1)).toMatchObject({
      status: 'failed',
      attempt: 0,
      error: { class: 'timeout', code: 'deadline_passed' },
    });
    expect(aborted).toEqual([]);
    clock.advance(2_000);
    await waitUntil(() => statusOf('j') === 'failed');
    expect(aborted).toEqual(['j/slow/1']);
    expect(jobOf('j')?.nodes.get(0)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { class: 'timeout', code: 'deadline_passed' },
    });
  });

  it('of nodes are kept over a restart', async () => {
    await fresh();
    await submit('j', [scripted('slow', { deadline: 5, retry: { delay: 600, jitter: 'none' } })]);
    await waitUntil(() => seen.length === 1);
    await engine.stop(0);
    clock.advance(6_000);
    await boot();
    await waitUntil(() => statusOf('j') === 'failed');
    expect(jobOf('j')?.nodes.get(0)?.error).toMatchObject({
      code: 'deadline_passed',
      details: { last_error: { code: 'attempt_interrupted' } },
    });
  });
});
