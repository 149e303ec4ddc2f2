import type { JobRef } from '../core/job/job-record.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import { FENCE_MS, type Retention } from '../ports/retention.js';
import { StoreUnavailable } from '../ports/store-errors.js';

const DAY_MS = 24 * 3_600_000;
/** ms between looks for what has expired. */
const LOOK_EVERY = 3_600_000;
/** ms after which a look is taken up again that the store broke off. */
const RETRY_AFTER = 60_000;
/** ms between steps, each of which takes a few: running work has the store nearly for itself. */
const PAUSE = 20;
const JOBS_A_STEP = 50;
/** ms by which the clocks of instances may differ, and a look of another may take. */
const OVERLAP = 3_600_000;

/** Deletes a little of what has expired at a time (epoch ms), in a short call; true when nothing more has. */
export type Sweep = (now: number) => Promise<boolean>;

export interface JobRetentionParts {
  readonly retention: Retention;
  readonly artifacts: Pick<ArtifactStore, 'deleteJob'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Days that finished jobs are kept from their end; 0 keeps them for ever. May be a fraction. */
  readonly days: number;
  /**
   * Other processes work on the same store, with artifacts of their own: what they erased is looked
   * for, too, and its artifacts here are deleted.
   */
  readonly shared?: boolean;
  /** What else is kept for a time only. */
  readonly sweeps?: readonly Sweep[];
}

/**
 * Deletes finished jobs when they have been kept long enough, with all that belongs to them: looks at
 * the start and every hour, and goes in small steps. A job is gone for its users at once; then its
 * artifacts are deleted, and only after them what names it in the store, so that a crash at any point
 * leaves nothing that is not found at the next look. Several processes may do this on one store.
 */
export class JobRetention {
  readonly #parts: JobRetentionParts;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();
  /** Ends the wait that is under way. */
  #wake: () => void = () => undefined;
  /** Epoch ms up to which the artifacts of what others erased are gone. */
  #followedTo = 0;

  constructor(parts: JobRetentionParts) {
    this.#parts = parts;
  }

  /** Takes the first look soon. To be called once, when the store may be used. */
  start(): void {
    this.#looking = this.#lookOnAndOn();
  }

  /** Resolves when nothing is under way any more. The rest is done after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#looking;
  }

  async #lookOnAndOn(): Promise<void> {
    while (!this.#stopped) {
      const complete = await this.#look();
      await this.#wait(complete ? LOOK_EVERY : RETRY_AFTER);
    }
  }

  /** False when the store broke it off. */
  async #look(): Promise<boolean> {
    const { clock, logger } = this.#parts;
    const began = clock.now();
    let discarded = 0;
    let complete = true;
    try {
      await this.#erase(began);
      if (this.#parts.days > 0) {
        let waiting = 0;
        for await (const count of this.#discard(began)) {
          discarded += count;
          waiting += count;
          if (waiting < JOBS_A_STEP) continue;
          await this.#erase(began);
          waiting = 0;
        }
        await this.#erase(began);
      }
      if (this.#parts.shared === true) await this.#followOthers(began);
      for (const sweep of this.#parts.sweeps ?? []) await this.#sweep(sweep, began);
    } catch (error) {
      complete = !(error instanceof StoreUnavailable);
      if (complete) logger.error({ err: error }, 'finished jobs could not be deleted');
      else logger.warn({ err: error }, 'the store is away; finished jobs are deleted later');
    }
    if (discarded > 0) {
      logger.info(
        { jobs: discarded, retention_days: this.#parts.days, ms: clock.now() - began },
        'finished jobs were deleted, having been kept as long as RETENTION_DAYS says',
      );
    }
    return complete;
  }

  /** Takes expired jobs out, and answers after each step how many. */
  async *#discard(now: number): AsyncGenerator<number> {
    const query = { endedBefore: now - this.#parts.days * DAY_MS, now, limit: JOBS_A_STEP };
    let cursor: string | undefined;
    do {
      const page = await this.#parts.retention.discard({
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (page.jobs.length > 0) yield page.jobs.length;
      cursor = page.next;
      await this.#wait(PAUSE);
    } while (cursor !== undefined && !this.#stopped);
  }

  /** Erases what has been discarded, now or before a crash. */
  async #erase(now: number): Promise<void> {
    const { retention } = this.#parts;
    let kept = 0;
    while (!this.#stopped) {
      const jobs = await retention.discarded(now, kept, JOBS_A_STEP);
      if (jobs.length === 0) return;
      const ready = await this.#withoutArtifacts(jobs);
      kept += jobs.length - ready.length;
      if (ready.length > 0) await this.#eraseThese(ready, now);
      await this.#wait(PAUSE);
    }
  }

  async #eraseThese(jobs: readonly JobRef[], now: number): Promise<void> {
    while (!(await this.#parts.retention.erase(jobs, now))) {
      if (this.#stopped) return;
      await this.#wait(PAUSE);
    }
  }

  /** Deletes the artifacts of jobs; those of which it cannot are left for the next look. */
  async #withoutArtifacts(jobs: readonly JobRef[]): Promise<readonly JobRef[]> {
    const { artifacts, logger } = this.#parts;
    const ready: JobRef[] = [];
    let failure: { readonly job: JobRef; readonly error: unknown } | undefined;
    for (const job of jobs) {
      try {
        await artifacts.deleteJob(job);
        ready.push(job);
      } catch (error) {
        failure ??= { job, error };
      }
    }
    if (failure !== undefined) {
      const { tenantId, jobId } = failure.job;
      logger.error(
        {
          tenant_id: tenantId,
          job_id: jobId,
          jobs: jobs.length - ready.length,
          err: failure.error,
        },
        'artifacts of deleted jobs could not be deleted; check the rights on the data folder',
      );
    }
    return ready;
  }

  /** Deletes what is kept here of jobs that other processes have erased. */
  async #followOthers(now: number): Promise<void> {
    const since = Math.max(this.#followedTo, now - FENCE_MS) - OVERLAP;
    let cursor: string | undefined;
    do {
      const page = await this.#parts.retention.erased(since, JOBS_A_STEP, cursor);
      await this.#withoutArtifacts(page.jobs);
      cursor = page.next;
      await this.#wait(PAUSE);
    } while (cursor !== undefined && !this.#stopped);
    if (!this.#stopped) this.#followedTo = now;
  }

  async #sweep(sweep: Sweep, now: number): Promise<void> {
    while (!this.#stopped && !(await sweep(now))) await this.#wait(PAUSE);
  }

  async #wait(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.setTimer(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
