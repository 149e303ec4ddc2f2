import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomDag } from '../../../test/support/random-dag.js';
import { ON_FAILURE } from '../graph/definition.js';
import type { AttemptResult } from '../job/attempt.js';
import type { JobCommand } from '../job/commands.js';
import { initialState } from '../job/initial-state.js';
import type { NodeProjection } from '../job/job-record.js';
import type { JobState } from '../job/job-state.js';
import { projectJob } from '../job/project.js';
import {
  isTerminalJob,
  isTerminalNode,
  NODE_STATUSES,
  unstartedNodeStatus,
} from '../job/status.js';
import { step } from '../job/step.js';
import { buildPlan } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import type { InstanceCircumstances } from './circumstances.js';
import { standingOf, type NodeStanding } from './dependencies.js';
import { explainJob } from './explain-job.js';
import { explainNode, type Explanation } from './explain-node.js';
import { sentenceOf } from './sentence.js';

const T0 = 1_750_000_000_000;
const defaults = { maxAttempts: 2, maxRetryDelay: 10, concurrency: 3, timeout: 60 };

/** What happens next: how the n-th live attempt ends, or something from outside. */
const happening = fc.record({
  pick: fc.nat(),
  result: fc.constantFrom<AttemptResult>(
    { status: 'completed' },
    { status: 'completed' },
    { status: 'failed', error: { class: 'exit_code', code: 'x', message: 'x' } },
    { status: 'waiting', until: T0 },
    { status: 'waiting', awaits: 'approval' },
    { status: 'waiting', awaits: 'signal', until: T0 },
  ),
  also: fc.constantFrom('nothing', 'nothing', 'pause', 'resume', 'skip', 'release', 'cancel'),
  slots: fc.constantFrom(0, 1, 100),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function commandsOf(state: JobState, { pick, result, also }: Happening): JobCommand[] {
  const commands: JobCommand[] = [];
  const live = [...state.live];
  const node = live[pick % Math.max(1, live.length)];
  if (node !== undefined) {
    const attempt = state.attempts[node] ?? 0;
    commands.push({ type: 'finish_attempt', node, attempt, result, random: 0.5 });
  }
  if (also === 'pause' || also === 'resume') commands.push({ type: also, by: 'anna' });
  if (also === 'skip') {
    commands.push({ type: 'skip_node', node: pick % state.nodeStatus.length, by: 'anna' });
  }
  if (also === 'release') {
    for (const held of state.held) commands.push({ type: 'release', node: held });
  }
  if (also === 'cancel' && pick % 5 === 0) commands.push({ type: 'cancel', by: 'anna' });
  return commands;
}

/** What is said of each node, from what a store would show. */
function explainAll(
  plan: Plan,
  state: JobState,
  shown: ReadonlyMap<number, NodeProjection>,
  instance: InstanceCircumstances,
): Explanation[] {
  const progress = projectJob(state);
  const { concurrency, onFailure } = plan.settings;
  const job = { header: { owner: 'anna', concurrency, onFailure }, progress };
  const unstarted = unstartedNodeStatus(progress.status);
  const standings = new Map<string, NodeStanding>();
  for (const [id, index] of plan.indexOf) {
    standings.set(id, standingOf(shown.get(index), unstarted));
  }
  return plan.nodes.map(({ definition }, index) => {
    const nodeState = shown.get(index);
    return explainNode(
      {
        definition,
        status: nodeState?.status ?? unstarted,
        ...(nodeState === undefined ? {} : { state: nodeState }),
        dependencies: standings,
        defaultAttempts: defaults.maxAttempts,
      },
      job,
      instance,
    );
  });
}

function checkNode(plan: Plan, state: JobState, index: number, said: Explanation): void {
  const kinds = said.gates.map(({ kind }) => kind);
  const status = NODE_STATUSES[state.nodeStatus[index] ?? 0] ?? 'pending';
  for (const sentence of [said.summary, ...said.gates.map(sentenceOf)]) {
    expect(sentence).toMatch(/^[A-Z][^\n]*\.$/);
  }
  if (state.ending !== undefined && !isTerminalJob(state.status)) {
    if (!['running', 'completed', 'failed', 'skipped', 'cancelled'].includes(status)) {
      expect(kinds).toEqual(['job_ending']);
    }
    return;
  }
  switch (status) {
    case 'pending': {
      const open = said.gates.find((gate) => gate.kind === 'dependency');
      expect(kinds).toContain('trigger_rule');
      expect(open === undefined).toBe(state.toSkip.has(index));
      const total = plan.dependencyCount[index] ?? 0;
      const settled =
        (state.succeededDeps[index] ?? 0) +
        (state.failedDeps[index] ?? 0) +
        (state.skippedDeps[index] ?? 0);
      if (open !== undefined) expect(open.nodes.length + open.more).toBe(total - settled);
      return;
    }
    case 'ready':
      for (const kind of kinds) expect(['slot', 'paused', 'job_queued']).toContain(kind);
      return;
    case 'retrying':
      expect(kinds).toContain('backoff');
      return;
    case 'waiting':
      expect(['approval', 'signal', 'delay']).toContain(kinds[0]);
      return;
    default:
      expect(kinds).toEqual([]);
  }
}

function isOpen(state: JobState, index: number): boolean {
  return !isTerminalNode(NODE_STATUSES[state.nodeStatus[index] ?? 0] ?? 'pending');
}

describe('why, over random jobs', () => {
  it('says of every node what the state says, and leaves no job without a reason', () => {
    fc.assert(
      fc.property(
        randomDag({ maxNodes: 12, triggerRules: true }),
        fc.constantFrom(...ON_FAILURE),
        fc.integer({ min: 1, max: 3 }),
        fc.array(happening, { maxLength: 40 }),
        (nodes, onFailure, concurrency, happenings) => {
          const plan = buildPlan(
            nodes,
            { concurrency, timeout: 60, onFailure, priority: 3 },
            defaults,
          );
          const state = initialState(plan);
          const shown = new Map<number, NodeProjection>();
          const take = (commands: JobCommand[], slots: number): void => {
            const taken = step(plan, state, commands, T0 + state.version, { slots, events: 1_000 });
            for (const node of taken.nodes) shown.set(node.index, node);
            const instance: InstanceCircumstances = {
              runningJobs: 1,
              maxRunningJobs: 1,
              runningNodes: slots === 0 ? 9 : 0,
              maxRunningNodes: 9,
              ...(state.status === 'queued' ? { jobsAhead: 0 } : {}),
            };
            const said = explainAll(plan, state, shown, instance);
            said.forEach((each, index) => checkNode(plan, state, index, each));
            const gated = said.filter(({ gates }) => gates.length > 0).length;
            const ended = isTerminalJob(state.status);
            // A paused job whose last node has ended is held as a whole.
            const hasNodes = said.some((_, index) => isOpen(state, index));
            if (!ended && state.live.size === 0 && hasNodes) expect(gated).toBeGreaterThan(0);
            if (!ended && !hasNodes) expect(state.status).toBe('paused');
            if (ended) expect(gated).toBe(0);
            // What could start has started, so that nobody is left who is held by nothing.
            if (slots === 100 && state.status === 'running' && state.ending === undefined) {
              said.forEach(({ gates }, index) => {
                const status = NODE_STATUSES[state.nodeStatus[index] ?? 0] ?? 'pending';
                if (status === 'ready')
                  expect(gates).toMatchObject([{ kind: 'slot', scope: 'job' }]);
              });
            }
            const { gates, waits, notStarted } = explainJob(
              { header: { owner: 'anna', concurrency, onFailure }, progress: projectJob(state) },
              instance,
              [...shown.values()].map((node) => ({ id: `n${node.index}`, state: node })),
            );
            const waitedFor = waits.reduce((sum, wait) => sum + wait.count, 0);
            if (ended) expect([gates.length, waitedFor, notStarted]).toEqual([0, 0, 0]);
            else expect(gates.length + waitedFor).toBeGreaterThan(0);
          };
          take([{ type: 'submit', by: 'anna' }], 0);
          take([{ type: 'start' }], happenings[0]?.slots ?? 0);
          for (const each of happenings) take(commandsOf(state, each), each.slots);
        },
      ),
      { numRuns: 150 },
    );
  });
});
