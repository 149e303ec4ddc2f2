import { initialState } from '../core/job/initial-state.js';
import type { JobHeader, JobRef } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import type { Plan } from '../core/plan/plan.js';
import type { Logger } from '../ports/logger.js';
import { JobDriver, type DriverEnd, type DriverParts } from './job-driver.js';
import { keyOf } from './job-scheduler.js';
import type { Recovery } from './recovery.js';

export interface DrivenJobsParts extends Omit<DriverParts, 'left'> {
  readonly recovery: Recovery;
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
  readonly #drivers = new Map<string, JobDriver>();
  readonly #loading = new Map<string, Promise<JobDriver | undefined>>();
  /** Jobs that were running when the service ended, newest first. */
  #interrupted: JobRef[] = [];
  #loads = 0;
  #closed = false;

  constructor(parts: DrivenJobsParts) {
    this.#parts = parts;
  }

  /** Takes up jobs that were running, given oldest first, and then as many queued ones as there is room. */
  begin(interrupted: readonly JobRef[]): void {
    this.#parts.scheduler.admitRunning(interrupted.length);
    this.#interrupted = interrupted.toReversed();
    this.admit();
  }

  /** The driver of a job that is about to be created; driven on only when it is admitted. */
  newJob(header: JobHeader, plan: Plan, admitted: boolean): JobDriver {
    const driver = this.#driver(header, plan, initialState(plan));
    driver.admitted = admitted;
    if (admitted) this.#drivers.set(driver.key, driver);
    return driver;
  }

  /** The driver of an unfinished job, read from the store if need be. */
  async find(ref: JobRef): Promise<JobDriver | undefined> {
    return this.#drivers.get(keyOf(ref)) ?? (await this.#load(ref));
  }

  /** Fills the free places among the running jobs, the interrupted jobs first. */
  admit(): void {
    while (this.#loads < LOADS_AT_ONCE && !this.#closed) {
      const next = this.#interrupted.pop() ?? this.#parts.scheduler.admitNext();
      if (next === undefined) return;
      this.#takeUp(next);
    }
  }

  /** Takes nothing up any more. */
  close(): void {
    this.#closed = true;
  }

  #driver(header: JobHeader, plan: Plan, state: JobState): JobDriver {
    return new JobDriver(header, plan, state, { ...this.#parts, left: this.#left });
  }

  readonly #left = (driver: JobDriver, why: DriverEnd): void => {
    if (this.#drivers.get(driver.key) === driver) this.#drivers.delete(driver.key);
    if (!driver.admitted) return;
    this.#parts.scheduler.leave();
    const ids = idsOf(driver.header);
    if (why === 'lost') {
      this.#parts.logger.warn(ids, 'another owner has moved this job; it is read again');
      this.#takeUpLater(driver.header);
    }
    if (why === 'failed') this.#parts.logger.error(ids, 'a job could not be committed');
    this.admit();
  };

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
    this.#load(job)
      .then(
        async (driver) => {
          if (driver === undefined) {
            scheduler.leave();
            return;
          }
          driver.admitted = true;
          if (driver.status === 'queued') driver.post({ type: 'start' });
          else await driver.resume();
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
    const loading = this.#parts.recovery.load(ref).then((loaded) => {
      if (loaded === undefined) return undefined;
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
}

function idsOf({ tenantId, jobId }: JobRef): object {
  return { tenant_id: tenantId, job_id: jobId };
}
