import type { JobState } from '../core/job/job-state.js';
import { isTerminalNode, NODE_STATUSES } from '../core/job/status.js';
import { nodeDeadline } from '../core/plan/deadlines.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { Timer, Timers } from './timers.js';

/** Watches the deadlines of the nodes of one running job, on one timer. */
export class NodeDeadlines {
  readonly #state: JobState;
  readonly #timers: Timers;
  readonly #missed: (node: number) => void;
  /** By time, the first one last. */
  readonly #open: { readonly node: number; readonly at: number }[];
  #timer: Timer | undefined;

  /** `missed` is told of nodes that have not ended by then; those with a live attempt are left out. */
  constructor(plan: Plan, state: JobState, timers: Timers, missed: (node: number) => void) {
    this.#state = state;
    this.#timers = timers;
    this.#missed = missed;
    this.#open = (plan.deadlines ?? [])
      .map((node) => ({
        node,
        at: nodeDeadline(planNode(plan, node).definition, state.startedAt) ?? Infinity,
      }))
      .sort((a, b) => b.at - a.at);
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.cancel(this.#timer);
    this.#open.length = 0;
  }

  #arm(): void {
    const next = this.#open.at(-1);
    if (next !== undefined) this.#timer = this.#timers.set(next.at, () => this.#fire(next.at));
  }

  #fire(now: number): void {
    for (let due = this.#open.at(-1); due !== undefined && due.at <= now; due = this.#open.at(-1)) {
      this.#open.pop();
      const status = NODE_STATUSES[this.#state.nodeStatus[due.node] ?? 0] ?? 'pending';
      // The attempt of a running node is ended by its runner, and fails with the deadline.
      if (!isTerminalNode(status) && status !== 'running') this.#missed(due.node);
    }
    this.#arm();
  }
}
