import { describe, expect, it } from '@jest/globals';
import type { NodeDefinition } from '../graph/definition.js';
import type { JobProgress, NodeProjection } from '../job/job-record.js';
import { NODE_STATUSES, type NodeStatus } from '../job/status.js';
import type { InstanceCircumstances, JobCircumstances } from './circumstances.js';
import type { NodeStanding } from './dependencies.js';
import { explainNode } from './explain-node.js';
import type { Gate } from './gate.js';
import { sentenceOf } from './sentence.js';

const T = Date.UTC(2026, 10, 21, 14);

interface Situation {
  readonly node?: Partial<NodeDefinition>;
  readonly state?: Omit<NodeProjection, 'index'>;
  readonly status?: NodeStatus;
  readonly dependencies?: Readonly<Record<string, NodeStanding>>;
  readonly job?: Partial<Omit<JobProgress, 'counts'>> & { readonly running?: number };
  readonly header?: Partial<JobCircumstances['header']>;
  readonly paused?: JobCircumstances['paused'];
  readonly instance?: Partial<InstanceCircumstances>;
}

function explain(situation: Situation): { readonly summary: string; readonly gates: Gate[] } {
  const { running = 0, ...progress } = situation.job ?? {};
  const counts = Object.fromEntries(NODE_STATUSES.map((status) => [status, 0])) as Record<
    NodeStatus,
    number
  >;
  const { state } = situation;
  const { summary, gates } = explainNode(
    {
      definition: { id: 'a', type: 'noop', ...situation.node },
      status: situation.status ?? state?.status ?? 'pending',
      ...(state === undefined ? {} : { state: { index: 0, ...state } }),
      dependencies: new Map(Object.entries(situation.dependencies ?? {})),
      defaultAttempts: 3,
    },
    {
      header: { owner: 'anna', concurrency: 2, onFailure: 'finish_branches', ...situation.header },
      progress: {
        status: 'running',
        version: 3,
        updatedAt: T,
        counts: { ...counts, running },
        ...progress,
      },
      ...(situation.paused === undefined ? {} : { paused: situation.paused }),
    },
    {
      runningJobs: 1,
      maxRunningJobs: 4,
      runningNodes: 0,
      maxRunningNodes: 8,
      ...situation.instance,
    },
  );
  return { summary, gates: [...gates] };
}

const error = { class: 'exit_code', code: 'process_exit', message: 'exit 1' } as const;
const needs = (...ids: string[]): Partial<NodeDefinition> => ({ needs: ids });
const waiting = { status: 'waiting', attempt: 1, startedAt: T } as const;

const HELD: readonly (readonly [string, Situation, readonly object[], readonly string[]])[] = [
  [
    'a job of its own',
    { state: { ...waiting, awaits: 'job', child: 'job_1' } },
    [{ kind: 'sub_job', job: 'job_1' }],
    ['It waits for job job_1 to end, which runs it; what that one waits for, it says itself.'],
  ],
  [
    'a breaker, and not the backoff that it would look like',
    {
      state: {
        status: 'retrying',
        attempt: 1,
        until: T,
        heldBy: { kind: 'breaker', upstream: 'grid' },
      },
    },
    [{ kind: 'breaker', upstream: 'grid', until: T }],
    [
      'grid failed several times in a row, so its attempt is held back, and not counted; it may begin at 2026-11-21T14:00:00.000Z.',
    ],
  ],
  [
    'a dependency that runs and one that has not started',
    {
      node: needs('lint', 'build', 'fetch'),
      dependencies: {
        lint: { status: 'pending' },
        build: { status: 'running' },
        fetch: { status: 'completed' },
      },
    },
    [
      {
        kind: 'dependency',
        nodes: [
          { id: 'build', status: 'running' },
          { id: 'lint', status: 'pending' },
        ],
        more: 0,
        total: 3,
      },
      {
        kind: 'trigger_rule',
        rule: 'all_success',
        verdict: 'wait',
        dependencies: { total: 3, succeeded: 1, failed: 0, skipped: 0 },
      },
    ],
    [
      'It waits for 2 of the 3 nodes it needs: build (running), lint (pending).',
      'Its trigger rule all_success is not decided: 1 succeeded, 0 failed, 0 skipped, 2 open.',
    ],
  ],
  [
    'more dependencies than are named',
    { node: needs(...Array.from({ length: 30 }, (_, at) => `n${at}`)) },
    [{ kind: 'dependency', more: 10, total: 30 }, { kind: 'trigger_rule' }],
    [expect.stringMatching(/n19 \(pending\) and 10 more\.$/) as unknown as string],
  ],
  [
    'a trigger rule that can no longer be met',
    {
      node: needs('x', 'y'),
      dependencies: { x: { status: 'failed' }, y: { status: 'running' } },
      job: { status: 'paused' },
    },
    [{ kind: 'paused' }, { kind: 'trigger_rule', verdict: 'upstream_failed' }],
    [
      'The job is paused: nothing of it starts until it is resumed.',
      'Its trigger rule all_success can no longer be met (0 succeeded, 1 failed, 0 skipped, 1 open), so it will be skipped: upstream_failed.',
    ],
  ],
  [
    'a dependency skipped because of a failure, which counts as failed',
    {
      node: { ...needs('x', 'y'), trigger_rule: 'all_failed' },
      dependencies: { x: { status: 'skipped', skipReason: 'upstream_failed' } },
    },
    [
      { kind: 'dependency', nodes: [{ id: 'y', status: 'pending' }] },
      { kind: 'trigger_rule', dependencies: { failed: 1, skipped: 0 } },
    ],
    [],
  ],
  [
    'a job that goes on after failures',
    { node: needs('x'), header: { onFailure: 'continue' } },
    [{ kind: 'dependency' }, { kind: 'trigger_rule', rule: 'all_done' }],
    ['It waits for the node it needs: x (pending).'],
  ],
  [
    'a condition that has not been judged',
    {
      node: { ...needs('x'), when: '{% inputs.deploy %}' },
      dependencies: { x: { status: 'completed' } },
      job: { running: 2 },
    },
    [{ kind: 'condition', when: '{% inputs.deploy %}' }],
    ['Its condition (when) is being judged; the node is admitted or skipped by it.'],
  ],
  [
    'no place in the job, and none in the instance',
    { job: { running: 2 }, instance: { runningNodes: 8 } },
    [
      { kind: 'slot', scope: 'job', used: 2, limit: 2 },
      { kind: 'slot', scope: 'instance', used: 8, limit: 8 },
    ],
    [
      'The concurrency of the job is used up: 2 of 2 nodes run.',
      'The slots of the instance are used up: 8 of 8 attempts run, of all jobs.',
    ],
  ],
  [
    'a backoff in a paused job',
    {
      state: { status: 'retrying', attempt: 2, until: T, error },
      node: { retry: { max_attempts: 5 } },
      job: { status: 'paused' },
      paused: { since: T, by: 'bob' },
    },
    [
      { kind: 'paused', since: T, by: 'bob' },
      { kind: 'backoff', until: T, attempt: 2, max_attempts: 5, error },
    ],
    [
      'The job is paused since 2026-11-21T14:00:00.000Z, by bob: nothing of it starts until it is resumed.',
      'Attempt 2 of at most 5 failed (process_exit); the next may start at 2026-11-21T14:00:00.000Z.',
    ],
  ],
  [
    'a delay, which a pause does not hold up',
    { state: { ...waiting, until: T }, job: { status: 'paused' } },
    [{ kind: 'delay', until: T }],
    ['It waits until 2026-11-21T14:00:00.000Z.'],
  ],
  [
    'an approval by those it names',
    {
      state: { ...waiting, until: T, awaits: 'approval' },
      node: { config: { approvers: ['bob', 'role:release'], on_expiry: 'approve' } },
    },
    [{ kind: 'approval', approvers: ['bob', 'role:release'], until: T, on_expiry: 'approve' }],
    [
      'It waits until bob or role:release approves or rejects it; silence until 2026-11-21T14:00:00.000Z counts as approved.',
    ],
  ],
  [
    'an approval by the owner',
    { state: { ...waiting, awaits: 'approval' } },
    [{ kind: 'approval', approvers: ['anna', 'role:admin'], on_expiry: 'reject' }],
    ['It waits until anna or role:admin approves or rejects it, at most until the job times out.'],
  ],
  [
    'a signal',
    { state: { ...waiting, until: T, awaits: 'signal' }, node: { config: { timeout: 3 } } },
    [{ kind: 'signal', until: T, on_expiry: 'fail' }],
    ['It waits for a signal; when none has come by 2026-11-21T14:00:00.000Z it fails.'],
  ],
  [
    'a queued job',
    { job: { status: 'queued' }, instance: { runningJobs: 4, jobsAhead: 1, runningNodes: 8 } },
    [{ kind: 'job_queued', ahead: 1, used: 4, limit: 4 }],
    ['The job is queued: 4 of 4 jobs run, and 1 job is before it by priority and age.'],
  ],
  [
    'a job in the queue of another instance',
    { job: { status: 'queued' }, instance: { id: 'me' } },
    [{ kind: 'job_queued', used: 1, limit: 4 }],
    [expect.stringMatching(/another one knows\.$/) as unknown as string],
  ],
  [
    'a job that is ending, whatever else there is',
    { node: needs('x'), job: { status: 'cancelling', reason: 'Cancelled by anna.', running: 1 } },
    [{ kind: 'job_ending', reason: 'Cancelled by anna.', running: 1 }],
    [
      'The job is ending (Cancelled by anna): nothing of it starts any more; 1 attempt is waited for.',
    ],
  ],
  [
    'a job that fails fast and runs on for a moment',
    { state: { ...waiting, until: T }, job: { reason: 'Node x failed.' } },
    [{ kind: 'job_ending' }],
    [],
  ],
  [
    'a job that another instance drives',
    { job: { driver: 'i2' }, instance: { id: 'i1', runningNodes: 8 } },
    [
      { kind: 'lease_elsewhere', instance: 'i2' },
      { kind: 'slot', scope: 'instance', instance: 'i2' },
    ],
    [
      'The job is driven by another instance, i2; should that one die, it goes on when its lease has run out.',
      'Whether a slot is free for it only instance i2 knows, which drives the job.',
    ],
  ],
  [
    'a job that nobody drives',
    { state: { ...waiting, until: T }, instance: { id: 'i1' } },
    [{ kind: 'lease_elsewhere' }, { kind: 'delay' }],
    ['No instance drives the job at this moment; one takes it over within seconds.'],
  ],
];

describe('what holds a node back', () => {
  it.each(HELD)('is %s', (_, situation, expected, sentences) => {
    const { summary, gates } = explain(situation);
    expect(gates).toEqual(expected.map((gate) => expect.objectContaining(deep(gate))));
    expect(gates.map(sentenceOf).slice(0, sentences.length)).toEqual(sentences);
    expect(summary).toBe(
      `Node a is ${situation.state?.status ?? 'pending'} and is held back by ${gates.length} gate${gates.length === 1 ? '' : 's'}: ${[...new Set(gates.map(({ kind }) => kind))].join(', ')}.`,
    );
  });
});

const FREE: readonly (readonly [Situation, string])[] = [
  [{}, 'Nothing holds node a back: it goes on with the next commit.'],
  [
    { state: { status: 'ready', attempt: 1 } },
    'Nothing holds node a back: it goes on with the next commit.',
  ],
  [
    { state: { status: 'running', attempt: 2, startedAt: T } },
    'Node a runs since 2026-11-21T14:00:00.000Z, attempt 2.',
  ],
  [
    { state: { status: 'completed', attempt: 1, finishedAt: T } },
    'Node a completed at 2026-11-21T14:00:00.000Z, after 1 attempt.',
  ],
  [
    { state: { status: 'failed', attempt: 3, finishedAt: T, error } },
    'Node a failed at 2026-11-21T14:00:00.000Z with process_exit, after 3 attempts.',
  ],
  [
    { state: { status: 'skipped', attempt: 0, skipReason: 'upstream_failed' } },
    'Node a was skipped because a node that it needs failed.',
  ],
  [
    { state: { status: 'skipped', attempt: 0, skipReason: 'skipped_by_user' } },
    'Node a was skipped because somebody asked for it.',
  ],
  [
    { state: { status: 'skipped', attempt: 0, skipReason: 'condition_false' } },
    'Node a was skipped because its condition did not hold.',
  ],
  [
    { state: { status: 'failed', attempt: 0, error } },
    'Node a failed with process_exit, before its first attempt.',
  ],
  [
    { state: { status: 'completed', attempt: 0, reused: true } },
    'Node a was kept as it had completed in the job that this one runs again.',
  ],
  [
    { status: 'cancelled', job: { status: 'timed_out' } },
    'Node a was cancelled, since the job ended as timed_out before it had.',
  ],
];

describe('a node that nothing holds', () => {
  it.each(FREE)('says so: %#', (situation, summary) => {
    expect(explain(situation)).toEqual({ summary, gates: [] });
  });
});

/** Objects within an expected one need not have all fields either. */
function deep(gate: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(gate).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? expect.objectContaining(value as Record<string, unknown>)
        : value,
    ]),
  );
}
