import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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

const chain = [
  { id: 'a', type: 'scripted' },
  { id: 'b', type: 'scripted', needs: ['a'] },
];

describe('places among the running jobs', () => {
  let engine: DagExecutionEngine;
  let store: MemoryStore;
  let ends: Map<string, () => void>;
  const clock = new ManualClock();
  const boot = async (): Promise<void> => {
    ends = new Map();
    engine = makeEngine({
      store,
      clock,
      maxRunningJobs: 1,
      executors: [
        scriptedExecutor(
          ({ attemptId, signal }) =>
            new Promise<AttemptResult>((resolve) => {
              const end = (): void => resolve({ status: 'completed' });
              ends.set(attemptId, end);
              signal.addEventListener('abort', end);
            }),
        ),
      ],
    });
    await engine.start();
  };
  beforeEach(async () => {
    store = new MemoryStore();
    await boot();
  });
  afterEach(() => engine.stop(0));

  const statusOf = (id: string): string | undefined =>
    store.jobs.get(`acme/${id}`)?.view.progress.status;
  const steer = (jobId: string, type: 'pause' | 'resume' | 'cancel'): Promise<unknown> =>
    engine.steer({ tenantId: 'acme', jobId }, { type, by: 'ada' });
  const begun = async (attemptId: string): Promise<void> => waitUntil(() => ends.has(attemptId));
  const end = (attemptId: string): void => ends.get(attemptId)?.();
  const waits = (jobId: string): number | undefined =>
    engine.jobsAhead({ tenantId: 'acme', jobId });

  it('are left by a paused job when nothing of it runs any more, and not before', async () => {
    await engine.submit(submissionOf('one', chain));
    await engine.submit(submissionOf('two', chain));
    await begun('one/a/1');
    await steer('one', 'pause');
    expect(statusOf('two')).toBe('queued');
    expect(engine.stats().runningJobs).toBe(1);
    end('one/a/1');
    await begun('two/a/1');
    expect(statusOf('one')).toBe('paused');
    expect(engine.stats()).toMatchObject({ runningJobs: 1, queuedJobs: 0 });
  });

  it('are taken again on resume, or waited for by priority', async () => {
    await engine.submit(submissionOf('one', chain));
    await begun('one/a/1');
    await steer('one', 'pause');
    end('one/a/1');
    await waitUntil(() => engine.stats().runningJobs === 0);
    await steer('one', 'resume');
    await begun('one/b/1');
    expect(engine.stats().runningJobs).toBe(1);
    end('one/b/1');
    await waitUntil(() => statusOf('one') === 'completed');

    for (const id of ['two', 'low', 'high']) {
      const priority = { two: 3, low: 1, high: 5 }[id] as number;
      await engine.submit(submissionOf(id, chain, { priority }));
    }
    await begun('two/a/1');
    await steer('two', 'pause');
    end('two/a/1');
    await begun('high/a/1');
    await steer('two', 'resume');
    await waitUntil(() => waits('two') === 0);
    expect([statusOf('two'), waits('low'), ends.has('two/b/1')]).toEqual(['running', 1, false]);
    await steer('high', 'cancel');
    await begun('two/b/1');
    expect([waits('two'), waits('low'), statusOf('low')]).toEqual([undefined, 0, 'queued']);
    end('two/b/1');
    await begun('low/a/1');
    expect(engine.stats()).toMatchObject({ runningJobs: 1, queuedJobs: 0 });
    await steer('low', 'cancel');
    await waitUntil(() => engine.stats().runningJobs === 0);
  });

  it('are waited for no longer by a job that is paused again, or cancelled', async () => {
    await engine.submit(submissionOf('one', chain));
    await begun('one/a/1');
    await steer('one', 'pause');
    end('one/a/1');
    await waitUntil(() => engine.stats().runningJobs === 0);
    await engine.submit(submissionOf('two', chain));
    await begun('two/a/1');
    await steer('one', 'resume');
    await waitUntil(() => waits('one') === 0);
    await steer('one', 'pause');
    await waitUntil(() => waits('one') === undefined);
    await steer('one', 'resume');
    await waitUntil(() => waits('one') === 0);
    await steer('one', 'cancel');
    await waitUntil(() => statusOf('one') === 'cancelled');
    expect(engine.stats()).toMatchObject({ runningJobs: 1, queuedJobs: 0 });
    await steer('two', 'cancel');
    await waitUntil(() => engine.stats().runningJobs === 0);
  });

  it('are left by paused jobs after a restart, too', async () => {
    await engine.submit(submissionOf('one', chain));
    await begun('one/a/1');
    await steer('one', 'pause');
    end('one/a/1');
    await waitUntil(() => engine.stats().runningJobs === 0);
    await engine.stop(0);
    await boot();
    await engine.submit(submissionOf('two', chain));
    await begun('two/a/1');
    expect(statusOf('one')).toBe('paused');
    await steer('one', 'resume');
    await waitUntil(() => waits('one') === 0);
    end('two/a/1');
    await begun('two/b/1');
    end('two/b/1');
    await begun('one/b/1');
    end('one/b/1');
    await waitUntil(() => statusOf('one') === 'completed');
    expect(engine.stats()).toMatchObject({ runningJobs: 0, queuedJobs: 0, runningNodes: 0 });
  });
});
