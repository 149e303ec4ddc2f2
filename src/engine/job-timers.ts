import type { JobCommand } from '../core/job/commands.js';
import type { JobHeader } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import { isTerminalJob } from '../core/job/status.js';
import type { Plan } from '../core/plan/plan.js';
import { NodeDeadlines } from './node-deadlines.js';
import type { RetryMechanism } from './retry-mechanism.js';
import type { Timer, Timers } from './timers.js';

/** What one job waits for that is time alone: held nodes, its end, and the deadlines of its nodes. */
export class JobTimers {
  readonly #job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState };
  readonly #retries: RetryMechanism;
  readonly #timers: Timers;
  readonly #post: (command: JobCommand) => void;
  #held: Map<number, Timer> | undefined;
  #end: Timer | undefined;
  #deadlines: NodeDeadlines | undefined;

  constructor(
    job: { readonly header: JobHeader; readonly plan: Plan; readonly state: JobState },
    parts: { readonly retries: RetryMechanism; readonly timers: Timers },
    post: (command: JobCommand) => void,
  ) {
    this.#job = job;
    this.#retries = parts.retries;
    this.#timers = parts.timers;
    this.#post = post;
  }

  /** Releases a held node when its time has come; nothing for one that does not wait for a time. */
  hold(node: number): void {
    const until = this.#job.state.details.get(node)?.until;
    if (until === undefined) return;
    const held = (this.#held ??= new Map<number, Timer>());
    const timer = this.#retries.hold(until, () => {
      held.delete(node);
      this.#post({ type: 'release', node });
    });
    held.set(node, timer);
  }

  /** Watches the end of the job and of its nodes from when it has started; nothing before that. */
  watchEnd(): void {
    const { state, header, plan } = this.#job;
    const { startedAt } = state;
    if (this.#end !== undefined || startedAt === undefined || isTerminalJob(state.status)) return;
    const { timeout, deadline = Infinity } = header;
    const end = startedAt + timeout * 1000;
    this.#end = this.#timers.set(Math.min(end, deadline), () => {
      this.#post({ type: 'time_out', ...(deadline < end ? { deadline } : {}) });
    });
    if (plan.deadlines === undefined) return;
    this.#deadlines = new NodeDeadlines(plan, state, this.#timers, (node) => {
      this.#post({ type: 'miss_deadline', node });
    });
  }

  stop(): void {
    if (this.#end !== undefined) this.#timers.cancel(this.#end);
    this.#deadlines?.stop();
    for (const timer of this.#held?.values() ?? []) this.#retries.forget(timer);
  }
}
