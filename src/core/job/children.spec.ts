import { describe, expect, it } from '@jest/globals';
import type { NodeDefinition, OnFailure } from '../graph/definition.js';
import { buildPlan } from '../plan/build-plan.js';
import type { JobCommand } from './commands.js';
import { initialState } from './initial-state.js';
import type { JobState } from './job-state.js';
import { step } from './step.js';

const defaults = { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };
const LIMITS = { slots: 10, events: 100 };
const CHILD = 'job_child';

/** A job that has started, all of whose nodes wait for a job of their own. */
function job(nodes: readonly NodeDefinition[], onFailure: OnFailure = 'finish_branches') {
  const plan = buildPlan(
    nodes,
    { concurrency: 10, timeout: 3600, onFailure, priority: 3 },
    defaults,
  );
  const state: JobState = initialState(plan);
  const take = (...commands: readonly JobCommand[]) => step(plan, state, commands, 1_000, LIMITS);
  const types = (...commands: readonly JobCommand[]): readonly string[] =>
    take(...commands).events.map(({ type }) => type);
  take({ type: 'submit', by: 'ada' }, { type: 'start' });
  return { state, take, types };
}

const waits = (node = 0): JobCommand => ({
  type: 'finish_attempt',
  node,
  attempt: 1,
  result: { status: 'waiting', awaits: 'job', child: CHILD },
  random: 0.5,
});
const ended = (over: Partial<Extract<JobCommand, { type: 'end_child' }>> = {}): JobCommand => ({
  type: 'end_child',
  node: 0,
  child: CHILD,
  result: { status: 'completed', output: 7 },
  random: 0.5,
  ...over,
});
const failed: JobCommand = ended({
  result: { status: 'failed', error: { class: 'assertion', code: 'x', message: 'x' } },
});
const sub: NodeDefinition = { id: 'a', type: 'sub_job' };

describe('a node that is run by a job', () => {
  it('ends as that job does', () => {
    const { state, take } = job([sub]);
    expect(take(waits()).nodes).toMatchObject([{ status: 'waiting', awaits: 'job', child: CHILD }]);
    expect(state.live.size).toBe(0);
    const { events, nodes } = take(ended());
    expect(events.map(({ type }) => type)).toEqual([
      'node_resumed',
      'node_completed',
      'job_finished',
    ]);
    expect(nodes).toMatchObject([{ status: 'completed', output: 7, child: CHILD }]);
  });

  it('takes the end of the job that it waits for, and of no other', () => {
    const { take } = job([sub]);
    take(waits());
    const { rejections } = take(ended({ child: 'job_other' }));
    expect(rejections.get(0)?.code).toBe('not_held');
    take(ended());
    expect(take(ended()).rejections.size).toBe(1);
  });

  it('is tried again only where it says so, and a group never', () => {
    const once = job([sub]);
    once.take(waits());
    expect(once.types(failed)).toEqual(['node_resumed', 'node_failed', 'job_finished']);
    const twice = job([{ ...sub, retry: { max_attempts: 2 } }]);
    twice.take(waits());
    expect(twice.types(failed)).toEqual(['node_resumed', 'node_retrying']);
    const group = job([{ id: 'a', type: 'noop', for_each: [1], retry: { max_attempts: 2 } }]);
    group.take(waits());
    expect(group.types(failed)).toEqual(['node_resumed', 'node_failed', 'job_finished']);
  });

  it('holds the end of its job up until its own has come, though that is made too late', () => {
    const { take, types, state } = job([sub]);
    take({ type: 'cancel', by: 'ada' });
    expect(types(waits())).toEqual(['node_waiting']);
    expect(state.status).toBe('cancelling');
    expect(types(ended())).toEqual(['node_cancelled', 'job_finished']);
    expect(state.status).toBe('cancelled');
  });

  it('is not skipped, but its job can be cancelled', () => {
    const { take } = job([sub]);
    take(waits());
    const { rejections } = take({ type: 'skip_node', node: 0, by: 'ada' });
    expect(rejections.get(0)).toMatchObject({ code: 'attempts_live' });
    expect(rejections.get(0)?.message).toContain(CHILD);
  });
});

describe('a job whose nodes say how to undo them', () => {
  const nodes: readonly NodeDefinition[] = [
    { id: 'a', type: 'noop', compensate: { type: 'noop' } },
    { id: 'b', type: 'noop', retry: { max_attempts: 1 }, needs: ['a'] },
  ];
  const done = (node: number): JobCommand => ({
    type: 'finish_attempt',
    node,
    attempt: 1,
    result: { status: 'completed' },
    random: 0,
  });
  const fails: JobCommand = {
    type: 'finish_attempt',
    node: 1,
    attempt: 1,
    result: { status: 'failed', error: { class: 'assertion', code: 'x', message: 'x' } },
    random: 0,
  };

  it.each(['finish_branches', 'fail_fast'] as const)(
    'is undone before it ends as failed, and is asked for nothing else (%s)',
    (onFailure) => {
      const { take, types, state } = job(nodes, onFailure);
      take(done(0));
      expect(types(fails)).toContain('job_compensating');
      expect(state.status).toBe('compensating');
      for (const type of ['cancel', 'pause'] as const) {
        expect(take({ type, by: 'ada' }).rejections.get(0)?.code).toBe('already_ending');
      }
      expect(take({ type: 'time_out' }).rejections.get(0)?.code).toBe('already_ending');
      expect(types({ type: 'end_compensation', summary: 'All undone.' })).toEqual(['job_finished']);
      expect(state.status).toBe('failed');
      expect(state.reason).toContain('All undone.');
    },
  );

  it('is not undone when it completes, or nothing that can be undone has completed', () => {
    const completes = job(nodes);
    completes.take(done(0));
    expect(completes.types(done(1))).toEqual(['node_completed', 'job_finished']);
    const cancelled = job(nodes);
    cancelled.take(done(0));
    cancelled.take({ type: 'cancel', by: 'ada' });
    cancelled.take(done(1));
    expect(cancelled.state.status).toBe('cancelled');
  });
});
