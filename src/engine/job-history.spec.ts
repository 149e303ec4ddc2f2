import { describe, expect, it } from '@jest/globals';
import type { JobHeader, NodeProjection } from '../core/job/job-record.js';
import { withoutOutput } from '../core/job/job-record.js';
import { isTerminalJob } from '../core/job/status.js';
import {
  makeEngine,
  scriptedExecutor,
  submissionOf,
  ManualClock,
} from '../../test/support/engine-fixture.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';
import { JobHistory } from './job-history.js';

/** A job with a retry, a failure and a skip, run to its end. */
async function ranJob(): Promise<{ store: MemoryStore; history: JobHistory; header: JobHeader }> {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const engine = makeEngine({
    store,
    clock,
    executors: [
      scriptedExecutor(({ nodeId, attempt }) =>
        nodeId === 'bad' || (nodeId === 'flaky' && attempt === 1)
          ? { status: 'failed', error: { class: 'exit_code', code: 'x', message: 'x' } }
          : { status: 'completed', output: { nodeId, attempt } },
      ),
    ],
  });
  await engine.start();
  const submission = submissionOf('job', [
    { id: 'first', type: 'scripted' },
    { id: 'flaky', type: 'scripted', needs: ['first'] },
    { id: 'bad', type: 'scripted', needs: ['first'], retry: { max_attempts: 1 } },
    { id: 'after', type: 'scripted', needs: ['bad'] },
  ]);
  await engine.submit(submission);
  const { header } = submission;
  await waitUntil(async () => {
    clock.advance(1_000);
    const view = await store.job(header);
    return view !== undefined && isTerminalJob(view.progress.status);
  });
  const history = new JobHistory({ journal: store, planOf: (of) => engine.planOf(of) });
  return { store, history, header };
}

describe('the history of a job', () => {
  it('gives at every version what the store showed then', async () => {
    const { store, history, header } = await ranJob();
    const records = store.jobs.get('acme/job')?.records ?? [];
    expect(records.length).toBeGreaterThan(4);
    const shown = new Map<number, NodeProjection>();
    for (const { version, request } of records) {
      for (const node of request.nodes) shown.set(node.index, node);
      const seen = new Map<number, NodeProjection>();
      const past = await history.replay(header, version, function* (nodes) {
        for (const node of nodes) seen.set(node.index, node);
        yield;
      });
      expect(past?.progress).toEqual(request.progress);
      expect(new Map([...seen].sort())).toEqual(new Map([...shown].sort()));
      expect(past?.nodes.map(({ id }) => id)).toEqual(['first', 'flaky', 'bad', 'after']);
    }
    const flaky = shown.get(1);
    expect(flaky && withoutOutput(flaky)).toMatchObject({ status: 'completed', attempt: 2 });
  });

  it('knows no version that there is not', async () => {
    const { store, history, header } = await ranJob();
    const last = store.jobs.get('acme/job')?.records.length ?? 0;
    for (const version of [-1, 0, last + 1, last + 1_000]) {
      const past = await history.replay(header, version, function* () {
        yield;
      });
      expect(past).toBeUndefined();
    }
  });
});
