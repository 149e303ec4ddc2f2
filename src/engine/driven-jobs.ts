import { childIdOf } from '../core/job/child-ids.js';
import { initialState } from '../core/job/initial-state.js';
import type { JobHeader, JobRef } from '../core/job/job-record.js';
import { isTerminalJob } from '../core/job/status.js';
import type { JobState } from '../core/job/job-state.js';
import type { Plan } from '../core/plan/plan.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { DoneDriver, DriverEnd, DriverParts } from './driver-parts.js';
import { JobDriver } from './job-driver.js';
import type { JobRanking } from './job-ranking.js';
import { keyOf } from './job-scheduler.js';
import type { LoadedJob, Recovery } from './recovery.js';
import type { Reruns } from './reruns.js';

export interface DrivenJobsParts extends Omit<DriverParts, 'left' | 'placeFreed'> {
  readonly recovery: Recovery;
  readonly reruns: Reruns;
  readonly ranking: JobRanking;
  readonly projections: JobProjections;
  readonly logger: Logger;
}

/** Jobs read back from the store at the same time. */
const LOADS_AT_ONCE = 4;
const RELOAD_DELAY_MS = 1_000;

/**
 * The jobs that this process drives: takes queued ones and those that a restart interrupted up when
 * there is room, lets go of them when they end, and reads again what somebody else has moved.
 */
export class DrivenJobs {
  readonly #parts: DrivenJobsParts;
  readonly #driverParts: DriverParts;
  readonly #drivers = new Map<string, JobDriver>();
  readonly #loading = new Map<string, Promise<JobDriver | undefined>>();
  /** Jobs that have a place among the running ones and are still to be read, the next one last. */
  #taken: JobRef[] = [];
  /** Of those, the ones of which this instance made the last commit without knowing. */
  readonly #forgotten = new Set<string>();
  #loads = 0;
  #closed = false;

  constructor(parts: DrivenJobsParts) {
    this.#parts = parts;
    this.#driverParts = {
      ...parts,
      left: (driver, why) => this.#left(driver, why),
      placeFreed: () => this.admit(),
    };
  }

  /** The driver of a job that is about to be created; driven on only when it is admitted. */
  newJob(
    header: JobHeader,
    plan: Plan,
    admitted: boolean,
    ranks: Float64Array | undefined,
  ): JobDriver {
    const state = initialState(plan);
    if (ranks !== undefined) state.ready.rankBy(ranks);
    const driver = this.#driver(header, plan, state);
    if (admitted) {
      driver.admit();
      this.#drivers.set(driver.key, driver);
    }
    return driver;
  }

  /** The driver of a job that this process drives. */
  driving(ref: JobRef): JobDriver | undefined {
    return this.#drivers.get(keyOf(ref));
  }

  /** Whether this process drives the job, or is about to. */
  knows(ref: JobRef): boolean {
    const key = keyOf(ref);
    return (
      this.#drivers.has(key) ||
      this.#loading.has(key) ||
      this.#taken.some((job) => keyOf(job) === key)
    );
  }

  /** The driver of an unfinished job that no other instance has, read from the store if need be. */
  async find(ref: JobRef): Promise<JobDriver | undefined> {
    return this.driving(ref) ?? (await this.#load(ref));
  }

  /** Fills the free places among the running jobs, with what was taken first. */
  admit(): void {
    while (this.#loads < LOADS_AT_ONCE && !this.#closed) {
      const next = this.#taken.pop() ?? this.#parts.scheduler.admitNext();
      if (next === undefined) return;
      const returning = this.driving(next);
      if (returning?.admitted === true && !returning.placed) returning.takePlace();
      else this.#takeUp(next);
    }
  }

  /** Drives on jobs that this instance has taken, or had before it was started, the first ones first. */
  takeUp(taken: readonly JobRef[]): void {
    this.#parts.scheduler.admitRunning(taken.length);
    this.#taken = [...taken.toReversed(), ...this.#taken];
    this.admit();
  }

  /** The same for jobs that are this instance's, though it did not know: an answer was lost. */
  takeUpForgotten(forgotten: readonly JobRef[]): void {
    for (const job of forgotten) this.#forgotten.add(keyOf(job));
    this.takeUp(forgotten);
  }

  /** Starts a queued job; one that runs another again is given what is to be kept of it before. */
  begin(driver: JobDriver): void {
    this.#prepare(driver).then(
      () => driver.post({ type: 'start' }),
      (error: unknown) => {
        const { logger } = this.#parts;
        logger.error(
          { ...idsOf(driver.header), err: error },
          'a job could not be begun; tried again',
        );
        driver.abandon();
      },
    );
  }

  /** Forgets a job that was read only to be steered: with others about, any of them may take it. */
  release(driver: JobDriver): void {
    if (this.#parts.shared && !driver.admitted && this.#drivers.get(driver.key) === driver) {
      this.#drivers.delete(driver.key);
    }
  }

  /** Ends a queued job whose deadline has passed, unless another instance has it. */
  timeOut(job: JobRef, deadline: number): void {
    this.find(job).then(
      (driver) => {
        driver?.post({ type: 'time_out', deadline }, () => this.release(driver));
      },
      (error: unknown) => {
        const { clock, logger, timers } = this.#parts;
        logger.warn({ ...idsOf(job), err: error }, 'a queued job could not be ended; tried again');
        timers.set(clock.now() + RELOAD_DELAY_MS, () => this.timeOut(job, deadline));
      },
    );
  }

  /** Takes nothing up any more. */
  close(): void {
    this.#closed = true;
  }

  /** Lets go of every job for others to take: see {@link JobDriver.handOver}. */
  handOver(forced: boolean): void {
    for (const driver of this.#drivers.values()) if (driver.admitted) driver.handOver(forced);
  }

  /** Drops every job: others have been told to take them. */
  abandon(): void {
    for (const driver of [...this.#drivers.values()]) driver.abandon();
    this.#parts.scheduler.admitRunning(-this.#taken.length);
    this.#taken = [];
  }

  async #prepare(driver: JobDriver): Promise<void> {
    const { reruns, projections } = this.#parts;
    const orphaned = await orphanedBy(driver.header, projections);
    if (orphaned === undefined) return reruns.keep(driver);
    await driver.carryOut({ type: 'cancel', by: 'baton', reason: orphaned });
  }

  #driver(header: JobHeader, plan: Plan, state: JobState): JobDriver {
    return new JobDriver(header, plan, state, this.#driverParts);
  }

  #left(driver: DoneDriver, why: DriverEnd): void {
    if (this.#drivers.get(driver.key) === driver) this.#drivers.delete(driver.key);
    if (!driver.admitted) return;
    if (driver.placed) this.#parts.scheduler.leave();
    else this.#parts.scheduler.withdraw(driver.header);
    const ids = idsOf(driver.header);
    if (why === 'lost') {
      this.#parts.logger.warn(ids, 'another owner has moved this job');
      if (!this.#parts.shared) this.#takeUpLater(driver.header);
    }
    if (why === 'failed') this.#parts.logger.error(ids, 'a job could not be committed');
    this.admit();
  }

  #takeUpLater(job: JobRef): void {
    this.#parts.clock.setTimer(RELOAD_DELAY_MS, () => {
      this.#parts.scheduler.admitRunning(1);
      this.#takeUp(job);
    });
  }

  /** Loads a job that has a place among the running ones, and sets it going. */
  #takeUp(job: JobRef): void {
    if (this.#closed) return;
    const { scheduler, logger } = this.#parts;
    this.#loads++;
    const isForgotten = this.#forgotten.delete(keyOf(job));
    this.#load(job)
      .then(
        async (driver) => {
          // It may have been dropped, or taken up on another way, while it was read.
          if (driver === undefined || driver.gone || driver.admitted) {
            this.#parts.keys.takenUp(job);
            scheduler.leave();
            return;
          }
          driver.admit();
          if (driver.status === 'queued') this.begin(driver);
          else await driver.resume(isForgotten);
        },
        (error: unknown) => {
          scheduler.leave();
          logger.error({ ...idsOf(job), err: error }, 'a job could not be read; tried again');
          this.#takeUpLater(job);
        },
      )
      .finally(() => {
        this.#loads--;
        this.admit();
      });
  }

  #load(ref: JobRef): Promise<JobDriver | undefined> {
    const key = keyOf(ref);
    const known = this.#loading.get(key);
    if (known !== undefined) return known;
    const loading = this.#parts.recovery.load(ref).then(async (loaded) => {
      if (loaded === undefined || this.#isElsewhere(loaded)) return undefined;
      const ranks = await this.#parts.ranking.ranksOf(loaded.header, loaded.plan);
      if (ranks !== undefined) loaded.state.ready.rankBy(ranks);
      const present = this.#drivers.get(key);
      if (present !== undefined) return present;
      const driver = this.#driver(loaded.header, loaded.plan, loaded.state);
      this.#drivers.set(key, driver);
      return driver;
    });
    this.#loading.set(key, loading);
    void loading.catch(() => undefined).finally(() => this.#loading.delete(key));
    return loading;
  }

  /** Whether another instance has the job, as far as the store shows it. */
  #isElsewhere({ state, progress }: LoadedJob): boolean {
    const { shared, instance } = this.#parts;
    if (!shared) return false;
    if (progress.version < state.version) {
      throw new StoreUnavailable('The job is being moved at this moment. Try again.');
    }
    return progress.driver !== undefined && progress.driver !== instance.id;
  }
}

/** Why a job that is a part of another is not to be begun: the other has ended without it. */
async function orphanedBy(
  { parent, tenantId, jobId }: JobHeader,
  projections: JobProjections,
): Promise<string | undefined> {
  if (parent?.nodeId === undefined) return undefined;
  const view = await projections.job({ tenantId, jobId: parent.jobId });
  if (view !== undefined && !isTerminalJob(view.progress.status)) return undefined;
  // Whoever runs it again by itself wants it without the other.
  const isAwaited =
    view === undefined || jobId === childIdOf(view.header, parent.nodeId, parent.attempt);
  return isAwaited ? `Job ${parent.jobId}, which it is a part of, has ended.` : undefined;
}

function idsOf({ tenantId, jobId }: JobRef): object {
  return { tenant_id: tenantId, job_id: jobId };
}
