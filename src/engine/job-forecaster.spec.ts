import { describe, expect, it } from '@jest/globals';
import { ManualClock, submissionOf } from '../../test/support/engine-fixture.js';
import { MemoryDurationHistory } from '../../test/support/memory-duration-history.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import type { JobProgress, NodeProjection } from '../core/job/job-record.js';
import type { JobStatus } from '../core/job/status.js';
import type { JobView, NodeView } from '../ports/job-projections.js';
import { ExpectedDurations } from './expected-durations.js';
import { JobForecaster } from './job-forecaster.js';

const NODES: readonly NodeDefinition[] = [
  { id: 'a', type: 'shell' },
  { id: 'b', type: 'shell', needs: ['a'] },
  { id: 'c', type: 'shell', needs: ['a'] },
];

async function world() {
  const clock = new ManualClock();
  const history = new MemoryDurationHistory();
  const took = (name: string, ms: number) => ({
    scope: 'job:nightly',
    name,
    durations: Array.from({ length: 9 }, () => ({ busy: ms, elapsed: ms })),
  });
  await history.add('acme', [took('a', 1000), took('b', 3000), took('c', 2000)], 0);
  const submission = submissionOf('job', NODES);
  const header = { ...submission.header, name: 'nightly' };
  let plans = 0;
  const forecaster = new JobForecaster({
    expected: new ExpectedDurations(history, clock),
    clock,
    planOf: () => {
      plans++;
      return Promise.resolve(submission);
    },
  });
  const viewOf = (status: JobStatus, ended = 0): JobView => ({
    header,
    progress: {
      status,
      version: 1,
      updatedAt: clock.now(),
      counts: {
        ...{ pending: NODES.length - ended, ready: 0, running: 0, waiting: 0, retrying: 0 },
        ...{ completed: ended, failed: 0, cancelled: 0, skipped: 0 },
      },
    } satisfies JobProgress,
  });
  const nodesOf = (...states: Partial<NodeProjection>[]): NodeView[] =>
    NODES.map((definition, index) => {
      const state = states[index];
      if (state === undefined) return { index, definition };
      return { index, definition, state: { index, status: 'completed', attempt: 1, ...state } };
    });
  return { clock, forecaster, viewOf, nodesOf, header, submission, plans: () => plans };
}

describe('JobForecaster', () => {
  it('foretells a job that has not started', async () => {
    const { forecaster, header, submission } = await world();
    const forecast = await forecaster.ofPlan(header, submission.plan);
    expect(forecast.levels.criticalPath.map(forecast.idOf)).toEqual(['a', 'b']);
    expect(forecast).toMatchObject({
      criticalMs: 4000,
      basis: { node: 3, type: 0, none: 0 },
      remaining: { expected: 4000, low: 4000, high: 4000 },
    });
  });

  it('follows what has happened, and answers the same again for a while', async () => {
    const { clock, forecaster, viewOf, nodesOf } = await world();
    const began = clock.now();
    clock.advance(2500);
    const nodes = nodesOf(
      { startedAt: began, finishedAt: began + 2000 },
      { status: 'running', startedAt: began + 2000 },
    );
    const forecast = await forecaster.ofJob(viewOf('running'), nodes);
    expect(forecast).toMatchObject({ criticalMs: 5000, remaining: { expected: 2500 } });
    clock.advance(1999);
    expect(await forecaster.ofJob(viewOf('running'), nodes)).toBe(forecast);
    clock.advance(1);
    const later = await forecaster.ofJob(viewOf('running'), nodes);
    expect(later?.remaining).toMatchObject({ expected: 2000 });
  });

  it('tells of a job that has ended what it took, and foretells nothing', async () => {
    const { clock, forecaster, viewOf, nodesOf } = await world();
    const at = clock.now();
    const nodes = nodesOf(
      { startedAt: at, finishedAt: at + 10 },
      { startedAt: at + 10, finishedAt: at + 20 },
      {
        startedAt: at + 60,
        finishedAt: at + 80,
        attempt: 2,
        history: [{ attempt: 1, status: 'failed', started_at: at + 10, finished_at: at + 40 }],
      },
    );
    const forecast = await forecaster.ofJob(viewOf('completed', 3), nodes);
    expect(forecast?.levels.criticalPath.map(forecast.idOf)).toEqual(['a', 'c']);
    expect(forecast?.criticalMs).toBe(80);
    expect(forecast).not.toHaveProperty('remaining');
  });

  it('scales what it foretold of a job whose nodes are not all in hand', async () => {
    const { forecaster, viewOf, nodesOf, plans } = await world();
    const some = nodesOf().slice(0, 2);
    const queued = await forecaster.ofJob(viewOf('queued'), some);
    expect(queued?.remaining).toMatchObject({ expected: 4000 });
    const running = await forecaster.ofJob(viewOf('running', 1), some);
    expect(running?.remaining?.expected).toBeCloseTo((4000 * 2) / 3);
    expect(await forecaster.ofJob(viewOf('completed', 3), some)).not.toHaveProperty('remaining');
    expect(plans()).toBe(1);
  });

  it('keeps no answer waiting for a large job', async () => {
    const { clock, viewOf, header, submission } = await world();
    let read: () => void = () => undefined;
    const forecaster = new JobForecaster({
      expected: new ExpectedDurations(new MemoryDurationHistory(), clock),
      clock,
      planOf: () => new Promise((resolve) => (read = () => resolve(submission))),
    });
    const large = { ...viewOf('running'), header: { ...header, nodeCount: 2_000 } };
    const first = forecaster.ofJob(large, []);
    clock.advance(200);
    expect(await first).toBeUndefined();
    read();
    expect((await forecaster.ofJob(large, []))?.levels.criticalPath).toHaveLength(2);
  });
});
