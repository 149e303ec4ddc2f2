import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SteppedJob } from '../../../test/support/stepped-job.js';
import type { NodeDefinition, RepeatDefinition } from '../graph/definition.js';
import type { AttemptResult } from './attempt.js';

const until = '{% output.ready %}';
const jobWith = (
  repeat: Partial<RepeatDefinition>,
  node: Partial<NodeDefinition> = {},
): SteppedJob =>
  new SteppedJob([
    { id: 'poll', type: 'http', repeat: { until, max: 3, ...repeat }, ...node },
    { id: 'after', type: 'noop', needs: ['poll'] },
  ]).start();
const gave = (output: number): AttemptResult => ({ status: 'completed', output });
const broke: AttemptResult = {
  status: 'failed',
  error: { class: 'infrastructure', code: 'broken', message: 'broken' },
};

describe('a node that is repeated', () => {
  it('runs again, held for a while, until its output is as wanted', () => {
    const job = jobWith({ delay: 5 });
    const first = job.finish('poll', gave(1), false);
    expect(first.events).toEqual([
      { type: 'node_repeating', node: 'poll', iteration: 2, until: job.now + 5_000 },
    ]);
    expect(first.intents).toEqual([{ type: 'timer', node: 'poll', at: job.now + 5_000 }]);
    expect(job.shown.get('poll')).toMatchObject({ status: 'retrying', attempt: 1, iteration: 2 });
    job.release('poll');
    expect(job.status('poll')).toBe('running');
    expect(job.state.live.size).toBe(1);
    job.finish('poll', gave(2), true);
    expect(job.shown.get('poll')).toMatchObject({
      status: 'completed',
      attempt: 2,
      iteration: 2,
      output: 2,
    });
    expect(job.shown.get('poll')).not.toHaveProperty('passedOnRetry');
    expect(job.status('after')).toBe('running');
    expect(job.replayed().attempts).toEqual(job.state.attempts);
  });

  it('fails with its last output when the rounds are used up, and has no other attempt', () => {
    const job = jobWith({ max: 2 });
    job.finish('poll', gave(1), false);
    job.release('poll');
    expect(job.finish('poll', gave(2), false).events[0]).toMatchObject({
      type: 'node_failed',
      output: 2,
      error: { class: 'assertion', code: 'repeat_exhausted' },
    });
    expect(job.status('after')).toBe('skipped');
  });

  it('completes when the rounds are used up, where it says so', () => {
    const job = jobWith({ max: 2, on_exhausted: 'complete' });
    job.finish('poll', gave(1), false);
    job.release('poll');
    expect(job.finish('poll', gave(2), false).events[0]).toEqual({
      type: 'node_completed',
      node: 'poll',
      output: 2,
    });
  });

  it('fails when its condition cannot be judged', () => {
    const job = jobWith({});
    const error = { class: 'non_retryable', code: 'expression_failed', message: 'x' } as const;
    expect(job.finish('poll', gave(1), error).events[0]).toEqual({
      type: 'node_failed',
      node: 'poll',
      error,
      output: 1,
    });
  });

  it('has the attempts of its retry policy in every round', () => {
    const job = jobWith({}, { retry: { max_attempts: 2, delay: 0 } });
    job.finish('poll', broke);
    job.release('poll');
    job.finish('poll', gave(1), false);
    job.release('poll');
    expect(job.shown.get('poll')).not.toHaveProperty('history');
    expect(job.finish('poll', broke).events[0]).toMatchObject({ type: 'node_retrying' });
    job.release('poll');
    const last = job.finish('poll', broke);
    expect(last.events[0]).toMatchObject({ type: 'node_failed', error: { code: 'broken' } });
    expect(last.intents).toMatchObject([{ type: 'dead_letter', attempt: 4 }]);
  });

  it('passed on retry when an attempt of any round failed', () => {
    const job = jobWith({}, { retry: { max_attempts: 2, delay: 0 } });
    job.finish('poll', broke);
    job.release('poll');
    job.finish('poll', gave(1), false);
    job.release('poll');
    job.finish('poll', gave(2), true);
    expect(job.shown.get('poll')).toMatchObject({ status: 'completed', passedOnRetry: true });
  });

  it('begins no round that its deadline would cut off', () => {
    const job = jobWith({ delay: 10 }, { deadline: 10 });
    expect(job.finish('poll', gave(1), false).events[0]).toMatchObject({
      type: 'node_failed',
      error: { code: 'deadline_passed' },
    });
  });

  it('is cancelled between two rounds, and after one, with its job', () => {
    const held = jobWith({ delay: 10 });
    held.finish('poll', gave(1), false);
    held.take({ type: 'cancel', by: 'anna' });
    expect(held.state.status).toBe('cancelled');
    const live = jobWith({});
    live.take({ type: 'cancel', by: 'anna' });
    live.finish('poll', gave(1));
    expect([live.state.status, live.status('poll')]).toEqual(['cancelled', 'cancelled']);
  });

  it('can have more attempts than fit into sixteen bits', () => {
    const job = jobWith({ max: 1000 }, { retry: { max_attempts: 100, delay: 0 } });
    const poll = job.index('poll');
    job.state.attempts[poll] = 65_535;
    job.finish('poll', broke);
    expect(job.status('poll')).toBe('failed');
    const other = jobWith({ max: 1000 });
    other.state.attempts[poll] = 65_535;
    other.finish('poll', gave(1), false);
    other.release('poll');
    expect(other.state.attempts[poll]).toBe(65_536);
  });

  it('comes out the same when its journal is replayed, whatever happened', () => {
    const happening = fc.oneof(
      fc.constant('broke' as const),
      fc.constantFrom(true, false, false, false),
    );
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 40 }),
        fc.integer({ min: 2, max: 6 }),
        (all, max) => {
          const job = jobWith({ max }, { retry: { max_attempts: 3, delay: 0 } });
          let rounds = 1;
          let failures = 0;
          let expected = 'running';
          for (const happened of all) {
            if (expected !== 'running') break;
            if (happened === 'broke') job.finish('poll', broke);
            else job.finish('poll', gave(rounds), happened);
            if (happened === 'broke') {
              if (++failures === 3) expected = 'failed';
            } else if (happened) expected = 'completed';
            else if (rounds === max) expected = 'failed';
            else [rounds, failures] = [rounds + 1, 0];
            if (expected === 'running') {
              expect(job.status('poll')).toBe('retrying');
              job.release('poll');
            }
            expect(job.status('poll')).toBe(expected);
            expect(job.shown.get('poll')?.iteration).toBe(rounds);
            expect({ ...job.replayed(), updatedAt: 0 }).toEqual({ ...job.state, updatedAt: 0 });
          }
        },
      ),
    );
  });
});
