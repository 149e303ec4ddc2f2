import type { JobRef } from '../core/job/job-record.js';
import { isTerminalJob } from '../core/job/status.js';
import { advance } from '../core/schedule/advance.js';
import type { Firing, Schedule, ScheduleRef } from '../core/schedule/schedule.js';
import { settle, type MadeJob } from '../core/schedule/settle.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { ExecutionStateTracker } from './execution-state-tracker.js';

/** What came of making a job. */
export type ScheduledSubmission =
  | MadeJob['result']
  /** No work is accepted now; another instance, or this one when it is started again, makes it. */
  | { readonly stopping: true };

export interface ScheduleRunnerParts {
  readonly schedules: ScheduleStore;
  readonly projections: Pick<JobProjections, 'job'>;
  readonly tracker: Pick<ExecutionStateTracker, 'subscribe'>;
  /**
   * Makes the job of a firing: the same one however often it is asked to, by whomever. Rejects when
   * it could not find out, as when the store is away; it is asked again then.
   */
  readonly submit: (schedule: Schedule, firing: Firing) => Promise<ScheduledSubmission>;
  readonly cancel: (job: JobRef, reason: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What others change in the store is seen after this many ms at the latest. */
const LOOK_EVERY = 5_000;
const RETRY_AFTER = 1_000;
/** A schedule that could not be worked on is left alone for so long, in ms. */
const LEFT_ALONE = 60_000;
const AT_ONCE = 16;
/** A job of which nothing can be read may not be visible yet; after this many ms it is gone. */
const UNSEEN_MS = 60_000;

/**
 * Makes the jobs of schedules when they are due. Every step of a schedule is decided on a version of
 * it and committed before anything is done about it: of several instances one takes the step. What
 * the step said is then done, and may be done again by anybody, for making a job twice makes it once.
 * So a crash at any point neither loses a firing nor doubles it.
 */
export class ScheduleRunner {
  readonly #parts: ScheduleRunnerParts;
  #stopped = true;
  #running: Promise<void> = Promise.resolve();
  #timer: TimerHandle | undefined;
  #wakeUp: (() => void) | undefined;
  #called = false;
  #unsubscribe: () => void = () => undefined;

  constructor(parts: ScheduleRunnerParts) {
    this.#parts = parts;
  }

  /** To be called once, when jobs are accepted. */
  start(): void {
    this.#stopped = false;
    this.#unsubscribe = this.#parts.tracker.subscribe(({ header, progress }) => {
      if (header.schedule === undefined || !isTerminalJob(progress.status)) return;
      const { tenantId, owner, schedule } = header;
      void this.#nudge({ tenantId, owner, name: schedule.name });
    });
    this.#running = this.#rounds();
  }

  /** Resolves when nothing is under way any more; what was decided is done by whoever is next. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    this.wake();
    await this.#running;
  }

  /** To be called when a schedule was put or changed, so that it is looked at soon. */
  wake(): void {
    this.#called = true;
    this.#wakeUp?.();
  }

  async #rounds(): Promise<void> {
    const { logger } = this.#parts;
    let failing = false;
    while (!this.#stopped) {
      let pause = RETRY_AFTER;
      try {
        pause = await this.#round();
        if (failing) logger.info({}, 'schedules: work again');
        failing = false;
      } catch (error) {
        if (!failing) logger.error({ err: error }, 'schedules: failed, and are tried again');
        failing = true;
      }
      await this.#sleep(pause);
    }
  }

  /** Works on the schedules that are due; answers for how long there is nothing to do, in ms. */
  async #round(): Promise<number> {
    const { schedules, clock } = this.#parts;
    for (;;) {
      const first = await schedules.waking(AT_ONCE);
      const now = clock.now();
      const due = first.filter(({ wakeAt }) => (wakeAt ?? Infinity) <= now);
      await Promise.all(due.map((schedule) => this.#workOn(schedule)));
      if (this.#stopped) return 0;
      if (due.length === AT_ONCE) continue;
      const next = first[due.length]?.wakeAt ?? Infinity;
      return due.length > 0 ? 0 : Math.min(Math.max(0, next - now), LOOK_EVERY);
    }
  }

  /** A job has ended: what waits for that is looked at now, and not only at its next look. */
  async #nudge(ref: ScheduleRef): Promise<void> {
    const { schedules, clock, logger } = this.#parts;
    try {
      const schedule = await schedules.get(ref);
      const wakeAt = clock.now();
      if (schedule === undefined || !waits(schedule) || (schedule.wakeAt ?? 0) <= wakeAt) return;
      if ((await schedules.replace({ ...schedule, wakeAt })) !== undefined) this.wake();
    } catch (error) {
      logger.debug({ err: error, schedule: ref.name }, 'schedule: not told that a job has ended');
    }
  }

  async #workOn(schedule: Schedule): Promise<void> {
    try {
      await this.#steps(schedule);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      const { tenantId, owner, name } = schedule;
      this.#parts.logger.error(
        { err: error, tenant_id: tenantId, owner, schedule: name },
        'schedule: cannot be worked on, and is left alone for a minute',
      );
      const seen = await this.#parts.schedules.get(schedule);
      const wakeAt = this.#parts.clock.now() + LEFT_ALONE;
      if (seen?.id === schedule.id) await this.#parts.schedules.replace({ ...seen, wakeAt });
    }
  }

  async #steps(schedule: Schedule): Promise<void> {
    const { schedules, clock } = this.#parts;
    for (let seen = schedule; !this.#stopped;) {
      const settled = await this.#settled(seen);
      if (settled === undefined) return;
      const ended = await this.#ended(settled);
      const step = advance(settled, clock.now(), ended);
      if (step.schedule === seen) return;
      const committed = await schedules.replace(step.schedule);
      // Another has gone on with it meanwhile.
      if (committed === undefined) return;
      for (const jobId of step.cancel) await this.#cancel(committed, jobId);
      if (committed.state.pending.length === 0) return;
      seen = committed;
    }
  }

  /** The schedule when the jobs of its pending firings are made; `undefined` when they cannot be now. */
  async #settled(schedule: Schedule): Promise<Schedule | undefined> {
    const { pending } = schedule.state;
    if (pending.length === 0) return schedule;
    const made: MadeJob[] = [];
    for (const firing of pending) {
      const result = await this.#parts.submit(schedule, firing);
      if ('stopping' in result) return undefined;
      made.push({ firing, result });
    }
    return settle(schedule, made, this.#parts.clock.now());
  }

  /** Ids of the active jobs that have ended. */
  async #ended({ tenantId, state }: Schedule): Promise<ReadonlySet<string>> {
    const { projections, clock } = this.#parts;
    const ended = new Set<string>();
    for (const { jobId, since } of state.active) {
      const view = await projections.job({ tenantId, jobId });
      const over =
        view === undefined ? clock.now() - since > UNSEEN_MS : isTerminalJob(view.progress.status);
      if (over) ended.add(jobId);
    }
    return ended;
  }

  async #cancel({ tenantId, name }: Schedule, jobId: string): Promise<void> {
    const reason = `A later firing of schedule ${name} takes its place.`;
    await this.#parts.cancel({ tenantId, jobId }, reason);
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
        this.#timer = this.#parts.clock.setTimer(ms, resolve);
      });
      this.#timer?.cancel();
      this.#wakeUp = undefined;
    }
    this.#called = false;
  }
}

function waits({ state }: Schedule): boolean {
  return (
    state.waiting.length > 0 || state.backfills.some(({ finishedAt }) => finishedAt === undefined)
  );
}
