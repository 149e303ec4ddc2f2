import type { NodeDefinition, OnFailure } from '../../src/core/graph/definition.js';
import type { AttemptResult } from '../../src/core/job/attempt.js';
import type { JobCommand, RoundOutcome } from '../../src/core/job/commands.js';
import type { JobEvent } from '../../src/core/job/events.js';
import { initialState } from '../../src/core/job/initial-state.js';
import type { NodeProjection } from '../../src/core/job/job-record.js';
import type { JobState } from '../../src/core/job/job-state.js';
import { NODE_STATUSES } from '../../src/core/job/status.js';
import { replay, step, type Step } from '../../src/core/job/step.js';
import { buildPlan } from '../../src/core/plan/build-plan.js';
import type { Plan } from '../../src/core/plan/plan.js';

const DEFAULTS = { maxAttempts: 2, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };

/** A started job that is taken step by step, by the rules alone, on a clock of its own. */
export class SteppedJob {
  readonly plan: Plan;
  readonly state: JobState;
  readonly journal: { version: number; at: number; events: readonly JobEvent[] }[] = [];
  /** As the store would show them. */
  readonly shown = new Map<string, NodeProjection>();
  /** Epoch milliseconds. */
  now = 1_000_000;

  constructor(nodes: readonly NodeDefinition[], onFailure: OnFailure = 'finish_branches') {
    const settings = { concurrency: 10, timeout: 60, onFailure, priority: 3 };
    this.plan = buildPlan(nodes, settings, DEFAULTS);
    this.state = initialState(this.plan);
    this.take({ type: 'submit', by: 'anna' });
  }

  start(): this {
    this.take({ type: 'start' });
    return this;
  }

  take(...commands: JobCommand[]): Step {
    const limits = { slots: 100, events: 1_000 };
    const taken = step(this.plan, this.state, commands, this.now, limits);
    if (taken.events.length > 0) {
      const { version, updatedAt: at } = this.state;
      this.journal.push({ version, at, events: taken.events });
    }
    for (const node of taken.nodes) {
      this.shown.set(this.plan.nodes[node.index]?.definition.id ?? '', node);
    }
    return taken;
  }

  finish(id: string, result: AttemptResult = { status: 'completed' }, until?: RoundOutcome): Step {
    const node = this.index(id);
    const attempt = this.state.attempts[node] ?? 0;
    const judged = until === undefined ? {} : { until };
    return this.take({ type: 'finish_attempt', node, attempt, result, random: 0, ...judged });
  }

  release(id: string): Step {
    return this.take({ type: 'release', node: this.index(id) });
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
