import { describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';
import type { AttemptResult } from '../core/job/attempt.js';

const DOWN: AttemptResult = {
  status: 'failed',
  error: { class: 'infrastructure', code: 'network_error', message: 'down' },
};

describe('circuit breakers', () => {
  it('hold attempts back after five failures, spend none of them, and let one try after a minute', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore();
    const ran: string[] = [];
    let answer: AttemptResult = DOWN;
    const engine = makeEngine({
      store,
      clock,
      executors: [
        {
          ...scriptedExecutor(({ attemptId }) => {
            ran.push(attemptId);
            return answer;
          }),
          upstream: () => 'http://up',
        },
      ],
    });
    await engine.start();
    const stateOf = (job: string) => store.jobs.get(`acme/${job}`)?.nodes.get(0);
    const retry = { max_attempts: 5, strategy: 'fixed', delay: 1, jitter: 'none' } as const;
    await engine.submit(submissionOf('a', [{ id: 'a', type: 'scripted', retry }]));
    for (let attempt = 1; attempt < 5; attempt++) {
      await waitUntil(() => stateOf('a')?.status === 'retrying' && ran.length === attempt);
      clock.advance(1_000);
    }
    await waitUntil(() => stateOf('a')?.status === 'failed');
    expect(ran).toHaveLength(5);

    const once = { max_attempts: 1 } as const;
    for (const id of ['b', 'c']) {
      await engine.submit(submissionOf(id, [{ id, type: 'scripted', retry: once }]));
      await waitUntil(() => stateOf(id)?.heldBy !== undefined);
    }
    expect(stateOf('b')).toMatchObject({
      status: 'retrying',
      attempt: 1,
      until: clock.now() + 60_000,
      heldBy: { kind: 'breaker', upstream: 'http://up' },
    });
    expect(ran).toHaveLength(5);
    expect(engine.stats().runningNodes).toBe(0);

    answer = { status: 'completed' };
    clock.advance(60_000);
    await waitUntil(() => stateOf('b')?.status === 'completed');
    await waitUntil(() => {
      clock.advance(1_000);
      return stateOf('c')?.status === 'completed';
    });
    expect(ran.slice(5)).toEqual(['b/b/1', 'c/c/1']);
    expect(stateOf('b')).not.toHaveProperty('heldBy');
    await engine.stop(0);
  });
});
