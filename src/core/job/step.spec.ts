import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomDag } from '../../../test/support/random-dag.js';
import type { NodeDefinition, OnFailure } from '../graph/definition.js';
import { buildPlan } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import type { AttemptResult } from './attempt.js';
import type { JobCommand } from './commands.js';
import type { JobEvent } from './events.js';
import { initialState } from './initial-state.js';
import type { JobState } from './job-state.js';
import { projectJob } from './project.js';
import { isTerminalJob, NODE_STATUSES } from './status.js';
import { replay, step, type Step } from './step.js';
import { judgeTrigger } from './trigger.js';

const DEFAULTS = { maxAttempts: 2, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };
const FAILED: AttemptResult = {
  status: 'failed',
  error: { class: 'non_retryable', code: 'x', message: 'x' },
};

function planOf(
  nodes: readonly NodeDefinition[],
  concurrency = 3,
  onFailure: OnFailure = 'finish_branches',
): Plan {
  return buildPlan(nodes, { concurrency, timeout: 60, onFailure, priority: 3 }, DEFAULTS);
}

function take(plan: Plan, state: JobState, commands: readonly JobCommand[], limit = 1_000): Step {
  return step(plan, state, commands, state.updatedAt + 1, { slots: 1_000, events: limit });
}

function finish(state: JobState, node: number, result: AttemptResult): JobCommand {
  return { type: 'finish_attempt', node, attempt: state.attempts[node] ?? 0, result, random: 0 };
}

/** How every node must end, worked out node by node in topological order. */
function oracle(plan: Plan, fails: ReadonlySet<number>, onFailure: OnFailure): string[] {
  const verdicts = new Array<'completed' | 'failed' | 'upstream_failed' | 'other'>(
    plan.nodes.length,
  );
  for (const node of plan.order) {
    const { definition, triggerRule } = plan.nodes[node] as Plan['nodes'][number];
    const needs = (definition.needs ?? []).map((need) => verdicts[plan.indexOf.get(need) ?? -1]);
    const lenient = onFailure === 'continue' && triggerRule === 'all_success';
    const verdict = judgeTrigger(lenient ? 'all_done' : triggerRule, {
      total: needs.length,
      succeeded: needs.filter((end) => end === 'completed').length,
      failed: needs.filter((end) => end === 'failed' || end === 'upstream_failed').length,
      skipped: needs.filter((end) => end === 'other').length,
    });
    if (verdict === 'wait') throw new Error('no rule may wait once all has ended');
    if (verdict === 'run') verdicts[node] = fails.has(node) ? 'failed' : 'completed';
    else verdicts[node] = verdict === 'upstream_failed' ? 'upstream_failed' : 'other';
  }
  return verdicts.map((end) => (end === 'completed' || end === 'failed' ? end : 'skipped'));
}

describe('step', () => {
  it('ends every random DAG as the oracle says, in whatever order the results come', () => {
    fc.assert(
      fc.property(
        randomDag({ maxNodes: 25, triggerRules: true }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
        fc.constantFrom<OnFailure>('finish_branches', 'continue'),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (nodes, flips, picks, onFailure, concurrency, limit) => {
          const plan = planOf(nodes, concurrency, onFailure);
          const fails = new Set(flips.flatMap((flip, node) => (flip ? [node] : [])));
          const state = initialState(plan);
          const journal: { version: number; at: number; events: readonly JobEvent[] }[] = [];
          const ran = new Set<number>();
          let commands: JobCommand[] = [{ type: 'submit', by: 'ada' }, { type: 'start' }];
          for (let turn = 0; !isTerminalJob(state.status); turn++) {
            if (turn > 1_000) throw new Error('the job does not end');
            const taken = take(plan, state, commands, limit);
            if (taken.events.length > 0) {
              journal.push({ version: state.version, at: state.updatedAt, events: taken.events });
            }
            for (const intent of taken.intents) {
              const node = plan.indexOf.get(intent.node) as number;
              expect(ran.has(node)).toBe(false);
              ran.add(node);
            }
            expect(state.live.size).toBeLessThanOrEqual(concurrency);
            const live = [...state.live];
            const node = live[(picks[turn % picks.length] ?? 0) % live.length];
            commands =
              node === undefined
                ? []
                : [finish(state, node, fails.has(node) ? FAILED : { status: 'completed' })];
          }
          const ends = Array.from(state.nodeStatus, (code) => NODE_STATUSES[code]);
          expect(ends).toEqual(oracle(plan, fails, onFailure));
          expect(state.status).toBe(ends.includes('failed') ? 'failed' : 'completed');

          const replayed = initialState(plan);
          for (const record of journal) replay(plan, replayed, record);
          expect(projectJob(replayed)).toEqual(projectJob(state));
          expect(replayed.nodeStatus).toEqual(state.nodeStatus);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps a commit within its limit, and says that there is more', () => {
    const nodes: NodeDefinition[] = [{ id: 'root', type: 'noop' }];
    for (let at = 0; at < 50; at++) nodes.push({ id: `leaf${at}`, type: 'noop', needs: ['root'] });
    const plan = planOf(nodes);
    const state = initialState(plan);
    take(plan, state, [{ type: 'start' }]);
    const commits = [take(plan, state, [finish(state, 0, FAILED)], 20)];
    while (commits.at(-1)?.more === true) commits.push(take(plan, state, [], 20));
    expect(commits.map((commit) => commit.events.length)).toEqual([20, 20, 12]);
    expect(state.status).toBe('failed');
  });

  it('refuses what makes no sense, with a reason, and changes nothing', () => {
    const plan = planOf([{ id: 'one', type: 'noop' }]);
    const state = initialState(plan);
    take(plan, state, [{ type: 'start' }]);
    const stale: JobCommand = {
      type: 'finish_attempt',
      node: 0,
      attempt: 7,
      result: { status: 'completed' },
      random: 0,
    };
    const refused = take(plan, state, [stale, { type: 'release', node: 0 }, { type: 'start' }]);
    expect([...refused.rejections.values()].map(({ code }) => code)).toEqual([
      'stale_attempt',
      'not_held',
      'not_queued',
    ]);
    expect(refused.events).toEqual([]);
    const ended = take(plan, state, [finish(state, 0, { status: 'completed' })]);
    expect(ended.events.map((event) => event.type)).toEqual(['node_completed', 'job_finished']);
    const late = take(plan, state, [{ type: 'cancel', by: 'ada' }, { type: 'time_out' }]);
    expect([...late.rejections.values()].map(({ code }) => code)).toEqual([
      'job_finished',
      'already_ending',
    ]);
  });

  it('fails fast: live attempts are aborted and nothing else starts', () => {
    const plan = planOf(
      ['a', 'b', 'c'].map((id) => ({ id, type: 'noop' })),
      2,
      'fail_fast',
    );
    const state = initialState(plan);
    take(plan, state, [{ type: 'start' }]);
    const failing = take(plan, state, [finish(state, 0, FAILED)]);
    expect(failing.intents).toEqual([{ type: 'abort', node: 'b', attempt: 1 }]);
    take(plan, state, [
      finish(state, 1, {
        status: 'failed',
        error: { class: 'cancelled', code: 'x', message: 'x' },
      }),
    ]);
    expect(projectJob(state)).toMatchObject({
      status: 'failed',
      counts: { failed: 1, cancelled: 2 },
      reason: 'Node a failed, and the job is to fail fast.',
    });
  });

  it('shows what a retried node went through', () => {
    const plan = planOf([
      { id: 'flaky', type: 'noop', retry: { delay: 4, strategy: 'fixed', jitter: 'none' } },
    ]);
    const state = initialState(plan);
    take(plan, state, [{ type: 'start' }]);
    const error = { class: 'exit_code', code: 'process_exit', message: 'exit 1' } as const;
    const held = take(plan, state, [finish(state, 0, { status: 'failed', error })]);
    expect(held.nodes).toMatchObject([
      { status: 'retrying', until: state.updatedAt + 4_000, error },
    ]);
    take(plan, state, [{ type: 'release', node: 0 }]);
    const ended = take(plan, state, [finish(state, 0, { status: 'completed', output: 7 })]);
    expect(ended.nodes).toMatchObject([
      {
        status: 'completed',
        attempt: 2,
        output: 7,
        passedOnRetry: true,
        history: [
          { attempt: 1, status: 'failed', error },
          { attempt: 2, status: 'completed' },
        ],
      },
    ]);
    expect(state.details.size).toBe(0);
  });

  it('waits as long as the other side asks for, up to a day', () => {
    for (const [retryAfter, waited] of [
      [undefined, 1],
      [0.1, 1],
      [60, 60],
      [1e9, 86_400],
    ] as const) {
      const plan = planOf([
        { id: 'a', type: 'noop', retry: { strategy: 'fixed', delay: 1, jitter: 'none' } },
      ]);
      const state = initialState(plan);
      take(plan, state, [{ type: 'submit', by: 'ada' }, { type: 'start' }]);
      const { events } = take(plan, state, [
        finish(state, 0, {
          status: 'failed',
          error: { class: 'http_status', code: 'x', message: 'x' },
          ...(retryAfter === undefined ? {} : { retryAfter }),
        }),
      ]);
      expect(events).toMatchObject([
        { type: 'node_retrying', delay: waited, until: state.updatedAt + waited * 1000 },
      ]);
    }
  });
});
