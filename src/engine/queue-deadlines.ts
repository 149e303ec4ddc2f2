import type { JobRef } from '../core/job/job-record.js';
import type { Timer, Timers } from './timers.js';

/** Watches the deadlines of jobs that wait in a queue, which nobody drives. */
export class QueueDeadlines<Job extends JobRef & { readonly deadline?: number }> {
  readonly #timers: Timers;
  readonly #keyOf: (job: JobRef) => string;
  readonly #watched = new Map<string, Timer>();

  constructor(timers: Timers, keyOf: (job: JobRef) => string) {
    this.#timers = timers;
    this.#keyOf = keyOf;
  }

  /** Calls back when the job's deadline, if it has one, has passed, unless it is forgotten before. */
  watch(job: Job, passed: (deadline: number) => void): void {
    const { deadline } = job;
    if (deadline === undefined) return;
    const key = this.#keyOf(job);
    const timer = this.#timers.set(deadline, () => {
      this.#watched.delete(key);
      passed(deadline);
    });
    this.#watched.set(key, timer);
  }

  forget(job: JobRef): void {
    if (this.#watched.size === 0) return;
    const key = this.#keyOf(job);
    const timer = this.#watched.get(key);
    if (timer === undefined) return;
    this.#timers.cancel(timer);
    this.#watched.delete(key);
  }
}
