import { describe, expect, it } from '@jest/globals';
import { SteppedJob } from '../../../test/support/stepped-job.js';
import type { NodeDefinition } from '../graph/definition.js';
import { withoutPastDeadlines } from '../plan/without-past-deadlines.js';
import { projectJob } from './project.js';

const DEADLINE = 10;
const missed = { class: 'timeout', code: 'deadline_passed' };
const oneWith = (node: Partial<NodeDefinition> = {}): SteppedJob =>
  new SteppedJob([
    { id: 'gate', type: 'noop' },
    { id: 'late', type: 'noop', needs: ['gate'], deadline: DEADLINE, ...node },
    { id: 'after', type: 'noop', needs: ['late'], trigger_rule: 'all_failed' },
  ]).start();
const miss = (job: SteppedJob): ReturnType<SteppedJob['take']> =>
  job.take({ type: 'miss_deadline', node: job.index('late') });
const passed = (job: SteppedJob, seconds = DEADLINE): SteppedJob => {
  job.now += seconds * 1000;
  return job;
};
const failure = (code = 'x') =>
  ({ status: 'failed', error: { class: 'exit_code', code, message: 'x' } }) as const;

describe('a node whose deadline passes', () => {
  it('fails before it has started, and counts as failed', () => {
    const job = passed(oneWith());
    expect(miss(job).events[0]).toMatchObject({ type: 'node_failed', error: missed });
    expect(job.shown.get('late')).toMatchObject({ status: 'failed', attempt: 0, error: missed });
    expect(job.status('after')).toBe('running');
    job.finish('gate');
    job.finish('after');
    expect(job.state.status).toBe('failed');
    expect({ ...job.replayed(), updatedAt: 0 }).toEqual({ ...job.state, updatedAt: 0 });
  });

  it('fails while its condition is judged, and is not judged any more', () => {
    const job = oneWith({ when: '{% true %}' });
    job.finish('gate');
    expect(job.state.undecided.size).toBe(1);
    miss(passed(job));
    expect(job.state.undecided.size).toBe(0);
    const judged = job.take({ type: 'judge_condition', node: job.index('late'), outcome: 'run' });
    expect(judged.rejections.get(0)?.code).toBe('not_held');
    job.finish('after');
    expect(job.state.status).toBe('failed');
  });

  it('fails while it is ready in a paused job', () => {
    const job = oneWith();
    job.take({ type: 'pause', by: 'anna' });
    job.finish('gate');
    expect(job.status('late')).toBe('ready');
    miss(passed(job));
    expect(job.status('late')).toBe('failed');
    expect(job.state.ready.size).toBe(1);
    job.take({ type: 'resume', by: 'anna' });
    job.finish('after');
    expect(job.state.status).toBe('failed');
  });

  it('fails while it waits, and between two attempts', () => {
    for (const held of [
      { status: 'waiting', awaits: 'signal' } as const,
      { ...failure(), retryAfter: 2 },
    ]) {
      const job = oneWith();
      job.finish('gate');
      job.finish('late', held);
      expect(job.state.held.size).toBe(1);
      miss(passed(job));
      expect(job.shown.get('late')).toMatchObject({ status: 'failed', error: missed });
      expect(job.state.held.size).toBe(0);
      expect(job.state.live.size).toBe(1);
      job.finish('after');
      expect(job.state.status).toBe('failed');
      expect({ ...job.replayed(), updatedAt: 0 }).toEqual({ ...job.state, updatedAt: 0 });
    }
  });

  it('is left to its attempt while one is live, and fails with whatever that comes to', () => {
    const job = oneWith();
    job.finish('gate');
    expect(miss(passed(job)).rejections.get(0)?.code).toBe('attempts_live');
    job.finish('late', failure('attempt_timed_out'));
    expect(job.shown.get('late')?.error).toMatchObject(missed);
    expect(job.shown.get('late')?.error).not.toHaveProperty('details');
    const other = oneWith();
    other.finish('gate');
    passed(other).finish('late', failure('own'));
    expect(other.shown.get('late')?.error).toMatchObject({
      ...missed,
      details: { last_error: { code: 'own' } },
    });
    const waiting = oneWith();
    waiting.finish('gate');
    passed(waiting).finish('late', { status: 'waiting', until: 1e15 });
    expect(waiting.shown.get('late')?.error).toMatchObject(missed);
    const good = oneWith();
    good.finish('gate');
    passed(good).finish('late');
    expect(good.status('late')).toBe('completed');
  });

  it('is not tried again where the next attempt would come too late', () => {
    const job = oneWith();
    job.finish('gate');
    const { events } = passed(job, 5).finish('late', { ...failure('own'), retryAfter: 5 });
    expect(events[0]).toMatchObject({ type: 'node_failed', error: { code: 'own' } });
    const other = oneWith();
    other.finish('gate');
    passed(other, 5).finish('late', { ...failure('own'), retryAfter: 4 });
    expect(other.status('late')).toBe('retrying');
  });

  it('is not failed before, nor twice, nor in a job that is ending', () => {
    const job = oneWith();
    expect(miss(passed(job, DEADLINE - 1)).rejections.get(0)?.code).toBe('not_held');
    miss(passed(job, 1));
    expect(miss(job).rejections.get(0)?.code).toBe('node_ended');
    const ending = passed(oneWith());
    ending.take({ type: 'cancel', by: 'anna' });
    expect(miss(ending).rejections.get(0)?.code).toBe('already_ending');
  });

  it('may be given as a point in time', () => {
    const job = oneWith({ deadline: new Date(1_000_000 + 3_000).toISOString() });
    expect(miss(passed(job, 2)).rejections.get(0)?.code).toBe('not_held');
    miss(passed(job, 1));
    expect(job.status('late')).toBe('failed');
  });
});

describe('a job whose deadline passes', () => {
  it('times out by it, also while it is queued', () => {
    const deadline = Date.UTC(2030, 0, 1);
    const queued = new SteppedJob([{ id: 'a', type: 'noop' }]);
    queued.take({ type: 'time_out', deadline });
    expect(projectJob(queued.state)).toMatchObject({
      status: 'timed_out',
      reason: 'The job did not end by its deadline, 2030-01-01T00:00:00.000Z.',
      counts: { cancelled: 1 },
    });
    const running = new SteppedJob([{ id: 'a', type: 'noop' }]).start();
    expect(running.take({ type: 'time_out', deadline }).intents).toMatchObject([{ type: 'abort' }]);
    running.finish('a', {
      status: 'failed',
      error: { class: 'cancelled', code: 'x', message: '' },
    });
    expect(projectJob(running.state)).toMatchObject({ status: 'timed_out' });
    expect(running.replayed().reason).toBe(running.state.reason);
  });
});

describe('a job that is run again', () => {
  it('does without the deadlines that have passed', () => {
    const job = new SteppedJob([
      { id: 'past', type: 'noop', deadline: '2001-01-01T00:00:00Z' },
      { id: 'ahead', type: 'noop', deadline: '2099-01-01T00:00:00Z' },
      { id: 'relative', type: 'noop', deadline: 5 },
      { id: 'none', type: 'noop' },
    ]);
    const nodes = job.plan.nodes.map(({ definition }) => definition);
    expect(job.plan.deadlines).toEqual([0, 1, 2]);
    const again = withoutPastDeadlines({ nodes, plan: job.plan }, Date.UTC(2026, 0, 1));
    expect(again.plan.deadlines).toEqual([1, 2]);
    expect(again.nodes[0]).toEqual({ id: 'past', type: 'noop' });
    expect(again.plan.nodes.map(({ definition }) => definition)).toEqual(again.nodes);
    const none = { nodes, plan: job.plan };
    expect(withoutPastDeadlines(none, 0)).toBe(none);
  });
});
