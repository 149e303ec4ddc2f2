import type { NodeDefinition } from '../core/graph/definition.js';
import type { JobCommand } from '../core/job/commands.js';
import { initialState } from '../core/job/initial-state.js';
import type { JobHeader, JobProgress, JobRef, NodeProjection } from '../core/job/job-record.js';
import { isTerminalJob, type TerminalJobStatus } from '../core/job/status.js';
import type { Plan, PlanDefaults } from '../core/plan/plan.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { Clock } from '../ports/clock.js';
import type { IdempotencyClaim, JobCreation, JobJournal } from '../ports/job-journal.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import { definitionChunks } from './definition-chunks.js';
import { ExecutionStateTracker } from './execution-state-tracker.js';
import { GroupCommit } from './group-commit.js';
import { JobDriver, type DriverEnd } from './job-driver.js';
import { JobScheduler, keyOf, type QueuedJob } from './job-scheduler.js';
import { NodeRunner } from './node-runner.js';
import { Recovery } from './recovery.js';
import { RetryMechanism } from './retry-mechanism.js';
import { breathe } from './slices.js';
import { Timers } from './timers.js';

/** A compiled job, ready to be accepted. */
export interface Submission {
  readonly header: JobHeader;
  readonly nodes: readonly NodeDefinition[];
  readonly plan: Plan;
  readonly idempotency?: IdempotencyClaim;
}

export type SubmitOutcome =
  | {
      readonly status: 'accepted';
      readonly progress: JobProgress;
      /** The nodes that have left `pending` already. */
      readonly nodes: readonly NodeProjection[];
    }
  | { readonly status: 'duplicate_key'; readonly jobId: string; readonly bodyHash: string }
  /** `retryAfter` is in seconds. */
  | { readonly status: 'stopping'; readonly retryAfter: number };

export type CancelOutcome =
  | { readonly status: 'cancelling' | 'cancelled' }
  | { readonly status: 'not_found' }
  | { readonly status: 'already_finished'; readonly jobStatus: TerminalJobStatus };

export interface EngineStats {
  readonly accepting: boolean;
  /** The store refused the last commits; they are tried again. */
  readonly storeFailing: boolean;
  readonly runningJobs: number;
  readonly queuedJobs: number;
  readonly runningNodes: number;
  readonly maxRunningJobs: number;
  readonly maxRunningNodes: number;
}

export interface EngineOptions {
  /** Attempts at once in this process, over all jobs. */
  readonly maxRunningNodes: number;
  /** Jobs at once; further ones are queued. */
  readonly maxRunningJobs: number;
  /** Milliseconds an aborted executor has to settle. */
  readonly abortLimit: number;
  readonly planDefaults: PlanDefaults;
  /** Unique to this process. */
  readonly ownerId: string;
}

export interface EngineParts {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly artifacts: ArtifactStore;
  readonly executors: ReadonlyMap<string, NodeExecutor>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: EngineOptions;
}

/** Jobs read back from the store at the same time. */
const LOADS_AT_ONCE = 4;
const STOP_RETRY_AFTER = 5;
const RELOAD_DELAY_MS = 1_000;

/**
 * Accepts jobs, runs them in topological order with bounded parallelism, and takes them up again
 * after a crash. Every state it acts on is committed first.
 */
export class DagExecutionEngine {
  readonly tracker: ExecutionStateTracker;
  readonly #parts: EngineParts;
  readonly #timers: Timers;
  readonly #runner: NodeRunner;
  readonly #commits: GroupCommit;
  readonly #scheduler: JobScheduler;
  readonly #retries: RetryMechanism;
  readonly #recovery: Recovery;
  readonly #drivers = new Map<string, JobDriver>();
  readonly #loading = new Map<string, Promise<JobDriver | undefined>>();
  /** Jobs that were running when the service ended, oldest first. */
  #interrupted: QueuedJob[] = [];
  #loads = 0;
  #accepting = false;
  #stopped = false;

  constructor(parts: EngineParts) {
    const { journal, projections, clock, logger, options } = parts;
    this.#parts = parts;
    this.tracker = new ExecutionStateTracker(logger);
    this.#timers = new Timers(clock);
    this.#commits = new GroupCommit(journal, clock, logger);
    this.#scheduler = new JobScheduler(options.maxRunningJobs);
    this.#retries = new RetryMechanism(this.#timers, clock);
    this.#recovery = new Recovery(journal, projections, options.planDefaults);
    this.#runner = new NodeRunner({ ...parts, timers: this.#timers });
    this.#runner.onSlotFreed(() => this.#scheduler.slotFreed());
  }

  /**
   * Finds the unfinished jobs and begins to take them up, the running ones first; resolves when they
   * are known, and work is accepted from then on.
   */
  async start(): Promise<void> {
    await this.#parts.journal.sweepStaged();
    const interrupted: QueuedJob[] = [];
    for await (const job of this.#recovery.unfinished()) {
      if (job.status === 'queued') this.#scheduler.enqueue(job);
      else interrupted.push(job);
    }
    const found = { running: interrupted.length, queued: this.#scheduler.queued };
    if (found.running + found.queued > 0)
      this.#parts.logger.info(found, 'taking up unfinished jobs');
    this.#scheduler.admitRunning(interrupted.length);
    this.#interrupted = interrupted.reverse();
    this.#accepting = true;
    this.#admit();
  }

  /**
   * Takes no more work, lets running attempts end within `limit` milliseconds, aborts the rest, which
   * recovery will find interrupted, and resolves when nothing is under way.
   */
  async stop(limit: number): Promise<void> {
    this.#accepting = false;
    this.#runner.close();
    await this.#attemptsEnd(limit);
    this.#stopped = true;
    this.#runner.abandonAll();
    await this.#runner.idle();
    if (!this.#commits.failing) await this.#commits.idle();
    this.#timers.clear();
  }

  /**
   * Accepts a job durably, and starts it when there is room.
   *
   * @throws StoreUnavailable when it could not be stored: then there is no such job
   */
  async submit(submission: Submission): Promise<SubmitOutcome> {
    if (!this.#accepting) return { status: 'stopping', retryAfter: STOP_RETRY_AFTER };
    const { header, plan, idempotency } = submission;
    const creation: JobCreation = {
      header,
      chunks: await this.#stage(header, submission.nodes),
      ...(idempotency === undefined ? {} : { idempotency }),
    };
    const driver = this.#driver(header, plan, initialState(plan));
    const admitted = this.#scheduler.tryAdmit(header.priority);
    const submit: JobCommand = { type: 'submit', by: header.owner };
    driver.admitted = admitted;
    if (admitted) this.#drivers.set(driver.key, driver);
    const outcome = await driver.create(
      creation,
      admitted ? [submit, { type: 'start' }] : [submit],
    );
    if (outcome.status === 'duplicate_key') return outcome;
    if (outcome.status === 'conflict') {
      throw new StoreUnavailable(`The job id ${header.jobId} is taken. Submit the job again.`);
    }
    if (!admitted) {
      this.#scheduler.enqueue(header);
      this.#admit();
    }
    const { progress, nodes } = outcome.request;
    return { status: 'accepted', progress, nodes };
  }

  /** Asks a job to end. Resolves when the request is durable; live attempts may end later. */
  async cancel(ref: JobRef, by: string, reason?: string): Promise<CancelOutcome> {
    const driver = this.#drivers.get(keyOf(ref)) ?? (await this.#load(ref));
    if (driver === undefined) return this.#cancelUnloaded(ref);
    if (driver.status === 'queued') this.#scheduler.withdraw(driver.header);
    const command: JobCommand = { type: 'cancel', by, ...(reason === undefined ? {} : { reason }) };
    return new Promise((resolve, reject) => {
      driver.post(command, (rejection) => {
        const { status } = driver;
        if (rejection?.code === 'not_driven') reject(new StoreUnavailable(rejection.message));
        else if (rejection?.code === 'job_finished' && isTerminalJob(status)) {
          resolve({ status: 'already_finished', jobStatus: status });
        } else {
          resolve({ status: status === 'cancelled' ? 'cancelled' : 'cancelling' });
        }
      });
    });
  }

  stats(): EngineStats {
    const { maxRunningJobs, maxRunningNodes } = this.#parts.options;
    return {
      accepting: this.#accepting,
      storeFailing: this.#commits.failing,
      runningJobs: this.#scheduler.running,
      queuedJobs: this.#scheduler.queued,
      runningNodes: this.#runner.live,
      maxRunningJobs,
      maxRunningNodes,
    };
  }

  async #cancelUnloaded(ref: JobRef): Promise<CancelOutcome> {
    const view = await this.#parts.projections.job(ref);
    if (view === undefined) return { status: 'not_found' };
    const { status } = view.progress;
    return isTerminalJob(status)
      ? { status: 'already_finished', jobStatus: status }
      : { status: 'cancelling' };
  }

  /** Stages the definition of a large job ahead of its creation; answers what is left to go with it. */
  async #stage(ref: JobRef, nodes: readonly NodeDefinition[]): Promise<JobCreation['chunks']> {
    const chunks = definitionChunks(nodes);
    const first = chunks.next();
    if (first.done === true) return [];
    if (first.value.nodes.length === nodes.length) return [first.value];
    await this.#parts.journal.stage(ref, first.value);
    for (const chunk of chunks) {
      await breathe();
      await this.#parts.journal.stage(ref, chunk);
    }
    return [];
  }

  #driver(header: JobHeader, plan: Plan, state: ReturnType<typeof initialState>): JobDriver {
    return new JobDriver(header, plan, state, {
      commits: this.#commits,
      scheduler: this.#scheduler,
      runner: this.#runner,
      retries: this.#retries,
      timers: this.#timers,
      tracker: this.tracker,
      clock: this.#parts.clock,
      ownerId: this.#parts.options.ownerId,
      left: this.#left,
    });
  }

  readonly #left = (driver: JobDriver, why: DriverEnd): void => {
    if (this.#drivers.get(driver.key) === driver) this.#drivers.delete(driver.key);
    if (!driver.admitted) return;
    this.#scheduler.leave();
    const { tenantId, jobId } = driver.header;
    const ids = { tenant_id: tenantId, job_id: jobId };
    if (why === 'lost') {
      this.#parts.logger.warn(ids, 'another owner has moved this job; it is read again');
      this.#parts.clock.setTimer(RELOAD_DELAY_MS, () => {
        this.#takeUp(driver.header, 'running');
      });
    }
    if (why === 'failed') this.#parts.logger.error(ids, 'a job could not be committed');
    this.#admit();
  };

  /** Fills the free places among the running jobs, the interrupted jobs first. */
  #admit(): void {
    while (this.#loads < LOADS_AT_ONCE && !this.#stopped) {
      const interrupted = this.#interrupted.pop();
      if (interrupted !== undefined) {
        this.#takeUp(interrupted, 'interrupted');
        continue;
      }
      const next = this.#scheduler.admitNext();
      if (next === undefined) return;
      this.#takeUp(next, 'queued');
    }
  }

  /** Loads a job that has a place among the running ones, and sets it going. */
  #takeUp(job: JobRef, was: 'queued' | 'interrupted' | 'running'): void {
    if (was === 'running') this.#scheduler.admitRunning(1);
    this.#loads++;
    this.#load(job)
      .then(
        async (driver) => {
          if (driver === undefined) {
            this.#scheduler.leave();
            return;
          }
          driver.admitted = true;
          if (driver.status === 'queued') driver.post({ type: 'start' });
          else await driver.resume();
        },
        (error: unknown) => {
          this.#scheduler.leave();
          const ids = { tenant_id: job.tenantId, job_id: job.jobId };
          this.#parts.logger.error({ ...ids, err: error }, 'a job could not be read; tried again');
          this.#parts.clock.setTimer(RELOAD_DELAY_MS, () => this.#takeUp(job, 'running'));
        },
      )
      .finally(() => {
        this.#loads--;
        this.#admit();
      });
  }

  #load(ref: JobRef): Promise<JobDriver | undefined> {
    const key = keyOf(ref);
    const known = this.#loading.get(key);
    if (known !== undefined) return known;
    const loading = this.#recovery.load(ref).then((loaded) => {
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

  /** Waits for live attempts to end, but no longer than `limit` milliseconds. */
  async #attemptsEnd(limit: number): Promise<void> {
    if (limit <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.setTimer(limit, resolve);
      void this.#runner.idle().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
