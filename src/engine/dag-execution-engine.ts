import type { CompileOptions } from '../core/graph/compile.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import type { JobCommand, Rejection, SteeringCommand } from '../core/job/commands.js';
import type { JobHeader, JobProgress, JobRef, NodeProjection } from '../core/job/job-record.js';
import { isTerminalJob, type JobStatus } from '../core/job/status.js';
import type { Plan } from '../core/plan/plan.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { Clock } from '../ports/clock.js';
import type { CommandAnswer } from '../ports/cluster.js';
import type { ConcurrencyKeys } from '../ports/concurrency-keys.js';
import type { IdempotencyClaim, JobCreation, JobJournal } from '../ports/job-journal.js';
import type { JobProjections, JobView } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { TemplateStore } from '../ports/template-store.js';
import { ChildDefinitions } from './child-definitions.js';
import { ChildJobs, type ChildSubmission } from './child-jobs.js';
import { ChildResults } from './child-results.js';
import { Compensations } from './compensations.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { definitionChunks } from './definition-chunks.js';
import { ExecutionStateTracker } from './execution-state-tracker.js';
import type { ExpectedDurations } from './expected-durations.js';
import { GroupCommit } from './group-commit.js';
import { DrivenJobs } from './driven-jobs.js';
import { hurryHolder } from './hurry-holder.js';
import { JobRanking } from './job-ranking.js';
import { KeyDesk } from './key-desk.js';
import { JobScheduler, type QueuedJob } from './job-scheduler.js';
import { NodeInputs } from './node-inputs.js';
import { NodeRunner } from './node-runner.js';
import type { JobDriver } from './job-driver.js';
import { Membership } from './membership.js';
import { OuterJobs } from './outer-jobs.js';
import { Recovery } from './recovery.js';
import { Reruns } from './reruns.js';
import { CachedResults, type ResultCacheParts } from './result-cache.js';
import { RetryMechanism } from './retry-mechanism.js';
import { SharedJobs, type SharingParts } from './shared-jobs.js';
import { breathe } from './slices.js';
import { StaleKeyHolders } from './stale-key-holders.js';
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

export type SteerOutcome =
  | { readonly status: 'done' }
  /** It is durable, and another instance will see to it. */
  | { readonly status: 'requested' }
  | { readonly status: 'refused'; readonly rejection: Rejection }
  | { readonly status: 'not_found' };

export interface EngineStats {
  /** Under which this instance drives jobs, where others share the store. */
  readonly instance?: string;
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
  /** Answers an id that no instance has had before, another one at each call. */
  readonly newInstanceId: () => string;
}

export interface EngineParts {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly artifacts: ArtifactStore;
  readonly templates: TemplateStore;
  /** How definitions are compiled, those included that nodes bring along. */
  readonly compileOptions: CompileOptions;
  readonly keys: ConcurrencyKeys;
  readonly executors: ReadonlyMap<string, NodeExecutor>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: EngineOptions;
  /** What nodes took before, by which ready nodes are ranked. */
  readonly expected?: ExpectedDurations;
  /** Where results of nodes are kept; absent: nowhere, and every node is run. */
  readonly cache?: ResultCacheParts;
  /** Where the store is shared with other instances. */
  readonly sharing?: SharingParts;
}

const STOP_RETRY_AFTER = 5;

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
  readonly #recovery: Recovery;
  readonly #driven: DrivenJobs;
  readonly #ranking: JobRanking;
  readonly #keys: KeyDesk;
  readonly #shared: SharedJobs | undefined;
  /** What holds attempts back from what is down. */
  readonly breakers: CircuitBreakers;
  /** What undoes jobs. */
  readonly compensations: Compensations;
  #accepting = false;

  constructor(parts: EngineParts) {
    const { journal, projections, clock, logger, options, sharing } = parts;
    this.#parts = parts;
    this.tracker = new ExecutionStateTracker(logger);
    this.#timers = new Timers(clock);
    this.#commits = new GroupCommit(journal, clock, logger);
    this.#scheduler = new JobScheduler(options.maxRunningJobs, this.#timers);
    this.#scheduler.onOverdue((job, deadline) => this.#driven.timeOut(job, deadline));
    this.#recovery = new Recovery(journal, projections, parts.compileOptions.defaults);
    this.#runner = new NodeRunner({ ...parts, timers: this.#timers });
    this.#runner.onSlotFreed(() => this.#scheduler.slotFreed());
    const membership =
      sharing === undefined
        ? undefined
        : new Membership({
            ...sharing,
            clock,
            logger,
            registry: sharing.cluster.instances,
            newInstanceId: options.newInstanceId,
            expelled: () => this.#driven.abandon(),
          });
    this.#ranking = new JobRanking(parts.expected);
    const outerJobs = new OuterJobs(projections);
    const reruns = new Reruns(journal, projections);
    const childJobs = new ChildJobs({
      projections,
      recovery: this.#recovery,
      repeatsOnly: (header, plan, node) => reruns.repeatsOnly(header, plan, node),
      definitions: new ChildDefinitions(parts.templates, parts.compileOptions),
      clock,
      planDefaults: parts.compileOptions.defaults,
      create: (submission) => this.#createChild(submission),
    });
    this.breakers = new CircuitBreakers(parts.executors, clock);
    this.compensations = new Compensations({ journal, recovery: this.#recovery, childJobs });
    this.#keys = new KeyDesk({
      keys: parts.keys,
      stale: new StaleKeyHolders(journal, projections),
      timers: this.#timers,
      clock,
      logger,
      shared: sharing !== undefined,
      hurry: (holder, priority) =>
        hurryHolder(holder, priority, projections, (job, command) => this.steer(job, command)),
    });
    this.#driven = new DrivenJobs({
      commits: this.#commits,
      scheduler: this.#scheduler,
      runner: this.#runner,
      retries: new RetryMechanism(this.#timers, clock),
      inputs: new NodeInputs(parts),
      outerJobs,
      children: {
        journal,
        projections,
        childJobs,
        childResults: new ChildResults(parts),
        timers: this.#timers,
        clock,
        logger,
        steer: (job, command) => this.steer(job, command),
        adopt: (child) => this.#adopt(child),
      },
      projections,
      keys: this.#keys,
      cached: new CachedResults(parts),
      breakers: this.breakers,
      timers: this.#timers,
      tracker: this.tracker,
      recovery: this.#recovery,
      reruns,
      ranking: this.#ranking,
      clock,
      logger,
      instance: membership ?? { id: options.newInstanceId() },
      shared: sharing !== undefined,
    });
    this.tracker.subscribe(({ header, progress }) => {
      if (header.parent === undefined || !isTerminalJob(progress.status)) return;
      const parent = { tenantId: header.tenantId, jobId: header.parent.jobId };
      this.#driven.driving(parent)?.childEnded({ header, progress });
    });
    if (sharing !== undefined && membership !== undefined) {
      this.#shared = new SharedJobs({
        ...parts,
        ...sharing,
        membership,
        driven: this.#driven,
        scheduler: this.#scheduler,
      });
    }
  }

  /**
   * Finds the unfinished jobs and begins to take them up, the running ones first; resolves when they
   * are known, and work is accepted from then on. Where the store is shared, takes its share of them.
   */
  async start(): Promise<void> {
    await this.#parts.journal.sweepStaged();
    if (this.#shared !== undefined) {
      this.#accepting = true;
      await this.#shared.begin();
      return;
    }
    const interrupted: QueuedJob[] = [];
    for await (const job of this.#recovery.unfinished()) {
      if (job.status === 'queued') this.#scheduler.enqueue(job);
      else interrupted.push(job);
    }
    const found = { running: interrupted.length, queued: this.#scheduler.queued };
    if (found.running + found.queued > 0)
      this.#parts.logger.info(found, 'taking up unfinished jobs');
    this.#accepting = true;
    this.#keys.await(interrupted);
    this.#driven.takeUp(interrupted.sort((a, b) => b.priority - a.priority));
  }

  /**
   * Takes no more work, lets running attempts end within `limit` milliseconds, aborts the rest, which
   * recovery will find interrupted, and resolves when nothing is under way. Where the store is shared,
   * every job is handed over as soon as nothing of it runs here.
   */
  async stop(limit: number): Promise<void> {
    this.#accepting = false;
    this.#runner.close();
    await this.#shared?.letGo();
    await this.#attemptsEnd(limit);
    this.#driven.close();
    this.#runner.abandonAll();
    await this.#runner.idle();
    if (this.#shared !== undefined && !this.#commits.failing) this.#driven.handOver(true);
    if (!this.#commits.failing) await this.#commits.idle();
    this.#commits.close();
    await this.#keys.close();
    await this.#shared?.end();
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
    const chunks = await this.#stage(header, submission.nodes);
    const ranks = this.#ranking.matters(plan)
      ? await this.#ranking.ranksOf(header, plan)
      : undefined;
    const creation: JobCreation = {
      header,
      chunks,
      ...(idempotency === undefined ? {} : { idempotency }),
    };
    const admitted = this.#scheduler.tryAdmit(header.priority);
    const driver = this.#driven.newJob(header, plan, admitted, ranks);
    const submit: JobCommand = { type: 'submit', by: header.owner };
    const startsAtOnce = admitted && header.rerunOf === undefined;
    const outcome = await driver.create(
      creation,
      startsAtOnce ? [submit, { type: 'start' }] : [submit],
    );
    if (outcome.status === 'duplicate_key') return outcome;
    if (outcome.status === 'conflict') {
      throw new StoreUnavailable(`The job id ${header.jobId} is taken. Submit the job again.`);
    }
    if (!admitted) {
      this.#scheduler.enqueue(header);
      this.#driven.admit();
    } else if (!startsAtOnce) this.#driven.begin(driver);
    const { progress, nodes } = outcome.request;
    return { status: 'accepted', progress, nodes };
  }

  /**
   * Asks something of a job. Resolves when it is durable; what follows from it, such as the end of
   * live attempts, may come later.
   */
  async steer(ref: JobRef, command: SteeringCommand): Promise<SteerOutcome> {
    const outcome = await this.#steerHere(ref, command);
    if (outcome !== undefined) return outcome;
    const view = await this.#parts.projections.job(ref);
    if (view === undefined) return { status: 'not_found' };
    const { status } = view.progress;
    if (isTerminalJob(status) || this.#shared === undefined) {
      return { status: 'refused', rejection: hasEnded(status) };
    }
    return outcomeOf(await this.#shared.ask(ref, command));
  }

  /** What a job that was accepted consists of, as when it was submitted. */
  planOf(header: JobHeader): Promise<Pick<Submission, 'nodes' | 'plan'>> {
    return this.#recovery.plan(header);
  }

  stats(): EngineStats {
    const { maxRunningJobs, maxRunningNodes } = this.#parts.options;
    return {
      ...(this.#shared === undefined ? {} : { instance: this.#shared.instance }),
      accepting: this.#accepting,
      storeFailing: this.#commits.failing,
      runningJobs: this.#scheduler.running,
      queuedJobs: this.#scheduler.queued,
      runningNodes: this.#runner.live,
      maxRunningJobs,
      maxRunningNodes,
    };
  }

  /** How many jobs this instance takes from its queue before that one; `undefined` when it is not in it. */
  jobsAhead(job: JobRef): number | undefined {
    return this.#scheduler.ahead(job);
  }

  /** Steers a job that this instance drives, or may drive; `undefined` when it may not. */
  async #steerHere(ref: JobRef, command: SteeringCommand): Promise<SteerOutcome | undefined> {
    const driver = await this.#findToSteer(ref);
    if (driver === undefined) return undefined;
    if (command.type === 'cancel' && driver.status === 'queued') {
      this.#scheduler.withdraw(driver.header);
    }
    return new Promise((resolve, reject) => {
      driver.post(command, (rejection) => {
        this.#driven.release(driver);
        if (rejection?.code !== 'not_driven') resolve(outcomeOf(rejection ?? 'done'));
        else if (this.#shared === undefined) reject(new StoreUnavailable(rejection.message));
        else resolve(undefined);
      });
    });
  }

  /** With others about, a running job is left to whoever drives it. */
  async #findToSteer(ref: JobRef): Promise<JobDriver | undefined> {
    const driver = this.#driven.driving(ref);
    if (driver !== undefined || this.#shared === undefined) {
      return driver ?? this.#driven.find(ref);
    }
    const view = await this.#parts.projections.job(ref);
    if (view?.progress.status !== 'queued' || view.progress.driver !== undefined) return undefined;
    return this.#driven.find(ref).catch(() => undefined);
  }

  /** Makes a job that is a part of another, which it waits for no place with; nothing when it is there. */
  async #createChild({ header, nodes, plan }: ChildSubmission): Promise<void> {
    if (!this.#accepting) throw new StoreUnavailable('Baton is shutting down.');
    if (this.#driven.knows(header)) return;
    const chunks = await this.#stage(header, nodes);
    const ranks = this.#ranking.matters(plan)
      ? await this.#ranking.ranksOf(header, plan)
      : undefined;
    this.#scheduler.admitRunning(1);
    const driver = this.#driven.newJob(header, plan, true, ranks);
    const submit: JobCommand = { type: 'submit', by: header.owner };
    const outcome = await driver.create({ header, chunks }, [submit]);
    if (outcome.status === 'created') this.#driven.begin(driver);
  }

  /** Drives a job that is queued although another one, which has its place, waits for it. */
  async #adopt(child: JobView): Promise<void> {
    const { header, progress } = child;
    if (this.#driven.knows(header)) return;
    if (this.#shared === undefined) {
      if (this.#scheduler.withdraw(header)) this.#driven.takeUp([header]);
    } else if (progress.driver === undefined) await this.#shared.take(child);
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

function outcomeOf(answer: CommandAnswer | undefined): SteerOutcome {
  if (answer === undefined) return { status: 'requested' };
  return answer === 'done' ? { status: 'done' } : { status: 'refused', rejection: answer };
}

function hasEnded(status: JobStatus): Rejection {
  return { code: 'job_finished', message: `The job is ${status} already.` };
}
