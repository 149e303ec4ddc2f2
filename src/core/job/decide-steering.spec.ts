import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomDag } from '../../../test/support/random-dag.js';
import type { NodeDefinition, OnFailure } from '../graph/definition.js';
import { buildPlan } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import type { AttemptResult } from './attempt.js';
import type { JobCommand, Rejection, SteeringCommand } from './commands.js';
import { decide } from './decide.js';
import type { JobEvent } from './events.js';
import { initialState } from './initial-state.js';
import type { JobState } from './job-state.js';
import { projectJob } from './project.js';
import { isTerminalJob, isTerminalNode, JOB_STATUSES, NODE_STATUSES } from './status.js';
import { replay, step, type Step } from './step.js';

const DEFAULTS = { maxAttempts: 2, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };
const BY = 'anna';

class Job {
  readonly plan: Plan;
  readonly state: JobState;
  readonly journal: { version: number; at: number; events: readonly JobEvent[] }[] = [];

  constructor(nodes: readonly NodeDefinition[], onFailure: OnFailure = 'finish_branches') {
    const settings = { concurrency: 10, timeout: 60, onFailure, priority: 3 };
    this.plan = buildPlan(nodes, settings, DEFAULTS);
    this.state = initialState(this.plan);
    this.take({ type: 'submit', by: BY }, { type: 'start' });
  }

  take(...commands: JobCommand[]): Step {
    const at = this.state.updatedAt + 1;
    const taken = step(this.plan, this.state, commands, at, { slots: 100, events: 1_000 });
    if (taken.events.length > 0) {
      this.journal.push({ version: this.state.version, at, events: taken.events });
    }
    return taken;
  }

  /** What a command is refused with; `undefined` when it is not. */
  refused(command: SteeringCommand): Rejection['code'] | undefined {
    return this.take(command).rejections.get(0)?.code;
  }

  finish(id: string, result: AttemptResult = { status: 'completed' }): Step {
    const node = this.index(id);
    const attempt = this.state.attempts[node] ?? 0;
    return this.take({ type: 'finish_attempt', node, attempt, result, random: 0 });
  }

  status(id: string): string {
    return NODE_STATUSES[this.state.nodeStatus[this.index(id)] ?? 0] ?? '';
  }

  index(id: string): number {
    return this.plan.indexOf.get(id) ?? -1;
  }

  replayed(): JobState {
    const state = initialState(this.plan);
    for (const record of this.journal) replay(this.plan, state, record);
    return state;
  }
}

const chain: readonly NodeDefinition[] = [
  { id: 'a', type: 'noop' },
  { id: 'b', type: 'noop', needs: ['a'] },
  { id: 'c', type: 'noop', needs: ['b'] },
];
const waitFor = (awaits: 'approval' | 'signal', more: object = {}): AttemptResult => ({
  status: 'waiting',
  awaits,
  ...more,
});

/** A step that changed nothing may still have looked at the clock. */
function expectSame(one: JobState, other: JobState): void {
  expect({ ...one, updatedAt: 0 }).toEqual({ ...other, updatedAt: 0 });
}

describe('pause and resume', () => {
  it('starts nothing while it is paused, and lets what runs finish', () => {
    const job = new Job(chain);
    expect(job.refused({ type: 'pause', by: BY })).toBeUndefined();
    job.finish('a');
    expect([job.state.status, job.status('a'), job.status('b')]).toEqual([
      'paused',
      'completed',
      'ready',
    ]);
    expect(job.take({ type: 'resume', by: BY }).events).toEqual([
      { type: 'job_resumed', by: BY },
      { type: 'node_started', node: 'b', attempt: 1 },
    ]);
  });

  it('ends a job whose last node ended while it was paused when it is resumed', () => {
    const job = new Job([{ id: 'a', type: 'noop' }]);
    job.take({ type: 'pause', by: BY });
    job.finish('a');
    expect(job.state.status).toBe('paused');
    job.take({ type: 'resume', by: BY });
    expect(job.state.status).toBe('completed');
  });

  it.each([
    ['cancelled', { type: 'cancel', by: BY } as const],
    ['timed_out', { type: 'time_out' } as const],
  ])('may end as %s while it is paused', (status, command) => {
    const job = new Job(chain);
    job.take({ type: 'pause', by: BY });
    expect(job.take(command).intents).toEqual([{ type: 'abort', node: 'a', attempt: 1 }]);
    job.finish('a', {
      status: 'failed',
      error: { class: 'cancelled', code: 'x', message: 'x' },
    });
    expect(job.state.status).toBe(status);
  });

  it('fails fast while it is paused', () => {
    const job = new Job(chain, 'fail_fast');
    job.take({ type: 'pause', by: BY });
    job.finish('a', {
      status: 'failed',
      error: { class: 'non_retryable', code: 'x', message: 'x' },
    });
    expect(job.state.status).toBe('failed');
  });

  it('refuses what makes no sense', () => {
    const job = new Job(chain);
    expect(job.refused({ type: 'resume', by: BY })).toBe('not_paused');
    job.take({ type: 'pause', by: BY });
    expect(job.refused({ type: 'pause', by: BY })).toBe('not_running');
    job.take({ type: 'cancel', by: BY });
    expect(job.refused({ type: 'resume', by: BY })).toBe('already_ending');
  });
});

describe('skipping a node', () => {
  it('leaves what becomes of its successors to their trigger rules', () => {
    const job = new Job([
      ...chain,
      { id: 'd', type: 'noop', needs: ['b'], trigger_rule: 'none_failed' },
    ]);
    expect(job.refused({ type: 'skip_node', node: job.index('b'), by: BY })).toBeUndefined();
    job.finish('a');
    expect([job.status('b'), job.status('c'), job.status('d')]).toEqual([
      'skipped',
      'skipped',
      'running',
    ]);
    job.finish('d');
    expect(job.state.status).toBe('completed');
  });

  it('takes a node that is to be tried again, or waits, out', () => {
    const job = new Job([
      { id: 'retrying', type: 'noop' },
      { id: 'waiting', type: 'delay' },
    ]);
    job.finish('retrying', {
      status: 'failed',
      error: { class: 'exit_code', code: 'x', message: 'x' },
    });
    job.finish('waiting', { status: 'waiting', until: 1e15 });
    expect([...job.state.held]).toHaveLength(2);
    for (const id of ['retrying', 'waiting']) {
      job.take({ type: 'skip_node', node: job.index(id), by: BY });
      expect(job.status(id)).toBe('skipped');
    }
    expect(job.state.held.size).toBe(0);
    expect(job.state.status).toBe('completed');
  });

  it('refuses a node that runs or has ended', () => {
    const job = new Job(chain);
    const skip = { type: 'skip_node', node: job.index('a'), by: BY } as const;
    expect(job.refused(skip)).toBe('attempts_live');
    job.finish('a');
    expect(job.refused(skip)).toBe('node_ended');
  });
});

describe('a change of priority', () => {
  const change = (priority: number): SteeringCommand => ({
    type: 'change_priority',
    by: BY,
    priority,
  });

  it('is shown from then on, and is made again by the journal', () => {
    const job = new Job(chain);
    expect(projectJob(job.state)).not.toHaveProperty('priority');
    expect(job.take(change(5)).events).toEqual([
      { type: 'job_priority_changed', by: BY, priority: 5 },
    ]);
    expect(projectJob(job.state)).toMatchObject({ status: 'running', priority: 5 });
    job.take({ type: 'pause', by: BY });
    job.take(change(3));
    expect(projectJob(job.state)).toMatchObject({ status: 'paused', priority: 3 });
    expectSame(job.replayed(), job.state);
  });

  it('to what it is already changes nothing', () => {
    const job = new Job(chain);
    expect(job.take(change(3)).events).toEqual([]);
    job.take(change(4));
    expect(job.take(change(4)).events).toEqual([]);
  });

  it('is refused for a job that is ending or has ended', () => {
    const job = new Job(chain);
    job.take({ type: 'cancel', by: BY });
    expect(job.refused(change(5))).toBe('already_ending');
    job.finish('a');
    expect(job.refused(change(5))).toBe('job_finished');
  });
});

describe('an approval', () => {
  let job: Job;
  const judge = (approved: boolean): SteeringCommand => ({
    type: 'judge_node',
    node: job.index('gate'),
    approved,
    by: BY,
    comment: 'because',
  });
  beforeEach(() => {
    job = new Job([
      { id: 'gate', type: 'approval' },
      { id: 'after', type: 'noop', needs: ['gate'] },
    ]);
  });

  it('completes the node with who said so and why', () => {
    const waited = job.finish('gate', waitFor('approval', { until: 9e12 }));
    expect(waited.nodes).toMatchObject([{ status: 'waiting', awaits: 'approval', until: 9e12 }]);
    const { events, nodes } = job.take(judge(true));
    const output = { approved: true, by: BY, comment: 'because' };
    expect(events).toEqual([
      { type: 'node_approved', node: 'gate', by: BY, comment: 'because' },
      { type: 'node_resumed', node: 'gate' },
      { type: 'node_completed', node: 'gate', output },
      { type: 'node_started', node: 'after', attempt: 1 },
    ]);
    expect(nodes[0]).toMatchObject({ status: 'completed', output });
    expect(nodes[0]).not.toHaveProperty('awaits');
    expect(job.refused(judge(true))).toBe('node_ended');
  });

  it('fails the node for good when it is rejected', () => {
    job.finish('gate', waitFor('approval'));
    job.take(judge(false));
    expect([job.status('gate'), job.status('after'), job.state.status]).toEqual([
      'failed',
      'skipped',
      'failed',
    ]);
    expect(job.journal.at(-1)?.events).toContainEqual(
      expect.objectContaining({ type: 'node_rejected', by: BY }),
    );
  });

  it.each([
    ['fails', {}, 'failed'],
    ['completes, if silence means consent,', { onExpiry: 'complete' }, 'completed'],
  ])('%s when nobody decides in time', (_, more, status) => {
    job.finish('gate', waitFor('approval', { until: 5, ...more }));
    job.take({ type: 'release', node: job.index('gate') });
    expect(job.status('gate')).toBe(status);
  });

  it('sets no timer when it may wait for ever', () => {
    expect(job.finish('gate', waitFor('approval')).intents).toEqual([]);
    expect(job.state.held).toEqual(new Set([job.index('gate')]));
  });

  it('is refused before the node waits for it, and by nodes of other types', () => {
    expect(job.refused(judge(true))).toBe('not_awaiting');
    job.finish('gate', waitFor('signal'));
    expect(job.refused(judge(true))).toBe('not_awaiting');
  });
});

describe('a signal', () => {
  const nodes: readonly NodeDefinition[] = [
    { id: 'first', type: 'noop' },
    { id: 'gate', type: 'signal', needs: ['first'] },
    { id: 'after', type: 'noop', needs: ['gate'] },
  ];
  const signalTo = (job: Job, id = 'gate'): SteeringCommand => ({
    type: 'signal_node',
    node: job.index(id),
    by: BY,
    payload: { build: 7 },
  });

  it('completes the node that waits for it', () => {
    const job = new Job(nodes);
    job.finish('first');
    job.finish('gate', waitFor('signal'));
    expect(job.refused(signalTo(job))).toBeUndefined();
    expect(job.journal.at(-1)?.events).toContainEqual({
      type: 'node_completed',
      node: 'gate',
      output: { by: BY, payload: { build: 7 } },
    });
    expect(job.status('after')).toBe('running');
  });

  it('is kept, across restarts, for a node that does not wait yet', () => {
    const job = new Job(nodes);
    const early = job.take(signalTo(job));
    expect(early.events).toHaveLength(1);
    expect(early.nodes).toEqual([]);
    expect(job.refused(signalTo(job))).toBe('signalled_already');
    expectSame(job.replayed(), job.state);
    job.finish('first');
    job.finish('gate', waitFor('signal'));
    expect(job.status('gate')).toBe('completed');
    expectSame(job.replayed(), job.state);
  });

  it('fails the node when it does not come in time', () => {
    const job = new Job(nodes);
    job.finish('first');
    job.finish('gate', waitFor('signal', { until: 5 }));
    job.take({ type: 'release', node: job.index('gate') });
    expect(job.status('gate')).toBe('failed');
  });

  it('is refused by nodes that take none', () => {
    const job = new Job(nodes);
    expect(job.refused(signalTo(job, 'after'))).toBe('not_awaiting');
  });
});

describe('steering random jobs at random moments', () => {
  it('keeps every count right, replays to the same state, and always lets the job end', () => {
    const asked = fc.record({
      what: fc.constantFrom('pause', 'resume', 'skip_node', 'judge_node', 'signal_node'),
      node: fc.nat(),
      approved: fc.boolean(),
    });
    fc.assert(
      fc.property(
        randomDag({ maxNodes: 12, triggerRules: true }),
        fc.array(fc.constantFrom('noop', 'approval', 'signal'), { minLength: 12, maxLength: 12 }),
        fc.array(fc.oneof(asked, fc.nat()), { maxLength: 60 }),
        fc.constantFrom<OnFailure>('finish_branches', 'continue', 'fail_fast'),
        (dag, types, moves, onFailure) => {
          const job = new Job(
            dag.map((node, at) => ({ ...node, type: types[at] ?? 'noop' })),
            onFailure,
          );
          const endOne = (pick: number): void => {
            const live = [...job.state.live];
            const node = live[pick % Math.max(1, live.length)];
            if (node === undefined) return;
            const { id } = dag[node] as NodeDefinition;
            const kind = types[node];
            const wait = kind === 'approval' || kind === 'signal' ? waitFor(kind) : undefined;
            job.finish(id, job.state.ending === undefined ? wait : undefined);
          };
          for (const move of moves) {
            if (typeof move === 'number') endOne(move);
            else {
              const node = move.node % dag.length;
              const { what, approved } = move;
              const before = JSON.stringify(projectJob(job.state));
              const decision = decide(
                job.plan,
                job.state,
                { type: what, node, by: BY, approved },
                1,
              );
              expect(JSON.stringify(projectJob(job.state))).toBe(before);
              job.take({ type: what, node, by: BY, approved });
              if (!decision.ok) expect(decision.rejection.message).toMatch(/\w/);
            }
            expectSame(job.replayed(), job.state);
          }
          for (let turn = 0; !isTerminalJob(job.state.status); turn++) {
            if (turn > 200) throw new Error('the job does not end');
            if (job.state.status === 'paused') job.take({ type: 'resume', by: BY });
            endOne(turn);
            for (const node of job.state.held) {
              job.take({ type: 'judge_node', node, by: BY, approved: turn % 2 === 0 });
              job.take({ type: 'signal_node', node, by: BY });
            }
          }
          expect(JOB_STATUSES).toContain(job.state.status);
          const { counts } = projectJob(job.state);
          expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(dag.length);
          for (const code of job.state.nodeStatus) {
            expect(isTerminalNode(NODE_STATUSES[code] ?? 'pending')).toBe(true);
          }
          expect(job.state.live.size + job.state.held.size).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
