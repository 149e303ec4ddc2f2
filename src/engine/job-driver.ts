import { attemptId } from '../core/job/attempt.js';
import type { JobCommand, Rejection } from '../core/job/commands.js';
import type { Intent, JobEvent } from '../core/job/events.js';
import type { JobHeader, JobProgress } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import { projectJob } from '../core/job/project.js';
import { isTerminalJob } from '../core/job/status.js';
import { step } from '../core/job/step.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { CommitRequest, CommitResult, JobCreation } from '../ports/job-journal.js';
import type { JobView } from '../ports/job-projections.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { CommandSettled, CreationOutcome, DriverEnd, DriverParts } from './driver-parts.js';
import { AttemptStarts } from './attempt-starts.js';
import { JobTimers } from './job-timers.js';
import type { Participant } from './group-commit.js';
import { keyOf, type SlotSeeker } from './job-scheduler.js';
import { JobChildren } from './job-children.js';
import { KeyedNodes, usesKeys } from './keyed-nodes.js';
import { JobExpressions } from './job-expressions.js';

interface Creation {
  readonly payload: JobCreation;
  readonly resolve: (outcome: CreationOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Events of one commit, about; what is beyond goes into the next. */
const EVENTS_A_COMMIT = 1_000;
const NOT_DRIVEN: Rejection = {
  code: 'not_driven',
  message: 'The job is being taken over. Try again.',
};
let commits = 0;

/**
 * Drives one job: gathers what happens to it, takes a step when the next flush goes out, and acts on
 * the step's intents once it is durable. At most one of its commits is under way.
 */
export class JobDriver implements Participant, SlotSeeker {
  readonly header: JobHeader;
  readonly key: string;
  readonly #plan: Plan;
  readonly #state: JobState;
  readonly #parts: DriverParts;
  readonly #timers: JobTimers;
  readonly #starts: AttemptStarts;
  readonly #expressions: JobExpressions;
  /** Absent until a node is run by a job of its own. */
  #children: JobChildren | undefined;
  /** Absent until a node needs a concurrency key. */
  #keyed: KeyedNodes | undefined;
  #creation: Creation | undefined;
  #inbox: JobCommand[] = [];
  #listeners: (CommandSettled | undefined)[] = [];
  #underWay: UnderWay | undefined;
  #woken = false;
  #leaving = false;
  #handingOver = false;
  #gone = false;
  /** In force; stays as it is while the driver seeks a slot by it. */
  #priority: number;
  #admitted = false;
  #placed = false;

  constructor(header: JobHeader, plan: Plan, state: JobState, parts: DriverParts) {
    this.header = header;
    this.key = keyOf(header);
    this.#plan = plan;
    this.#state = state;
    this.#parts = parts;
    this.#priority = state.priority ?? header.priority;
    const job = { header, plan, state };
    this.#expressions = new JobExpressions(job, parts);
    this.#timers = new JobTimers(job, parts, (command) => this.post(command));
    this.#starts = new AttemptStarts(
      job,
      parts,
      this.#expressions,
      () => this.#useChildren(),
      (node, attempt, result, until, settled) => {
        this.post(parts.retries.report(node, attempt, result, until), settled);
      },
      () => this.#gone,
    );
  }

  get plan(): Plan {
    return this.#plan;
  }

  get priority(): number {
    return this.#priority;
  }

  get status(): JobState['status'] {
    return this.#state.status;
  }

  /** Nodes of the job are started here, when it runs and has a place. */
  get admitted(): boolean {
    return this.#admitted;
  }

  /** It has a place among the running jobs; a paused job has none. */
  get placed(): boolean {
    return this.#placed;
  }

  /** Drives the job on: it has been given a place among the running ones. */
  admit(): void {
    this.#admitted = true;
    this.#placed = true;
  }

  /** Goes on with a job that was resumed and waited for a place. */
  takePlace(): void {
    this.#placed = true;
    this.#keyed?.committed([]);
    this.wake();
  }

  /** Done with its job, for whatever reason. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Makes the first commit of the job, with the commands that go with it. */
  create(payload: JobCreation, commands: readonly JobCommand[]): Promise<CreationOutcome> {
    return new Promise((resolve, reject) => {
      this.#creation = { payload, resolve, reject };
      for (const command of commands) this.post(command);
    });
  }

  post(command: JobCommand, settled?: CommandSettled): void {
    if (this.#gone) {
      settled?.(NOT_DRIVEN);
      return;
    }
    this.#inbox.push(command);
    this.#listeners.push(settled);
    if (this.#underWay === undefined) this.#parts.commits.enqueue(this);
  }

  /** Resolves when the command's commit is durable; rejects when the job is no longer driven. */
  async carryOut(command: JobCommand): Promise<Rejection | undefined> {
    return new Promise((resolve, reject) => {
      this.post(command, (rejection) => {
        if (rejection?.code === 'not_driven') reject(new StoreUnavailable(rejection.message));
        else resolve(rejection);
      });
    });
  }

  /** A job that this one waits for has ended. */
  childEnded(child: JobView): void {
    this.#useChildren().ended(child);
  }

  wake(): void {
    this.#woken = true;
    if (this.#underWay === undefined && !this.#gone) this.#parts.commits.enqueue(this);
  }

  /**
   * Takes a job up again after a restart: what it was waiting for, and what died with the service.
   *
   * @param undispatched this instance made the last commit, and never learned so: what it created
   * was never begun, by nobody
   */
  async resume(undispatched = false): Promise<void> {
    const { runner, retries, keys } = this.#parts;
    const claimed = usesKeys(this.#plan) ? this.#useKeys().takeUp() : Promise.resolve();
    if (this.#keyed === undefined) keys.takenUp(this.header);
    this.#timers.watchEnd();
    for (const node of this.#state.held) this.#timers.hold(node);
    this.#judgeConditions();
    this.#seeToChildren()?.lookAtAll();
    if (undispatched && this.#state.version === 1) {
      runner.reserve(this.#state.live.size);
      for (const node of this.#state.live) {
        this.#starts.begin(node, this.#state.attempts[node] ?? 1);
      }
    } else {
      await Promise.all(
        Array.from(this.#state.live, async (node) => {
          const attempt = this.#state.attempts[node] ?? 1;
          if (this.#starts.isByJob(node)) {
            this.#starts.launch(node, attempt);
            return;
          }
          const order = this.#starts.order(node, attempt);
          await runner.reclaim(order.type, order);
          this.post(retries.interrupted(node, attempt));
        }),
      );
    }
    this.wake();
    await claimed;
  }

  /**
   * Lets go of the job as soon as none of its attempts is live; at once when it is `forced`: then
   * whoever takes the job finds them interrupted.
   */
  handOver(forced = false): void {
    this.#leaving = true;
    this.#keyed?.stop();
    if (this.#creation !== undefined || (this.#handingOver && !forced)) return;
    this.#handingOver = true;
    this.post({ type: 'hand_over', by: this.#parts.instance.id, forced }, () => {
      this.#handingOver = false;
    });
  }

  /** Drops the job, which others have been told to take. A job that is being created is kept. */
  abandon(): void {
    if (this.#gone || this.#creation !== undefined) return;
    const undone = this.#underWay;
    this.#underWay = undefined;
    this.#leave('lost', undone);
  }

  prepare(): CommitRequest | undefined {
    if (this.#underWay !== undefined) return this.#underWay.request;
    if (this.#gone) return undefined;
    const { clock, runner, scheduler, instance } = this.#parts;
    const state = this.#state;
    const commands = this.#inbox;
    const listeners = this.#listeners;
    this.#inbox = [];
    this.#listeners = [];
    this.#woken = false;

    const expectedVersion = state.version;
    const free = this.#placed ? runner.free : 0;
    const taken = step(this.#plan, state, commands, clock.now(), {
      slots: free,
      events: EVENTS_A_COMMIT,
      granted: this.#keyed?.granted,
    });
    if (state.priority !== undefined && state.priority !== this.#priority) {
      scheduler.stopSeeking(this);
      this.#priority = state.priority;
    }
    let starts = 0;
    for (const intent of taken.intents) if (intent.type === 'dispatch') starts++;
    runner.reserve(starts);
    if (
      this.#placed &&
      starts === free &&
      (state.ready.size > 0 || this.#keyed?.hasUnused === true) &&
      state.live.size < this.#plan.settings.concurrency
    ) {
      scheduler.seekSlot(this);
    }
    // Somebody else may want what this job left.
    if (runner.free > 0) scheduler.slotFreed();
    const rejections = listeners.map((_, at) => taken.rejections.get(at));
    if (taken.events.length === 0) {
      listeners.forEach((listener, at) => listener?.(rejections[at]));
      this.#tendPlace();
      return undefined;
    }
    const request: CommitRequest = {
      tenantId: this.header.tenantId,
      jobId: this.header.jobId,
      commitId: `${instance.id}-${++commits}`,
      expectedVersion,
      at: state.updatedAt,
      events: taken.events,
      intents: taken.intents,
      progress: this.#progress(taken.events),
      nodes: taken.nodes,
      ...(this.#creation === undefined ? {} : { creation: this.#creation.payload }),
    };
    this.#underWay = { request, starts, listeners, rejections, more: taken.more };
    return request;
  }

  settled(result: CommitResult): void {
    const done = this.#underWay;
    if (done === undefined) return;
    this.#underWay = undefined;
    const creation = this.#creation;
    this.#creation = undefined;
    if (result.status !== 'committed') {
      this.#leave(creation === undefined ? 'lost' : 'refused', done);
      creation?.resolve(result);
      return;
    }
    const { request } = done;
    creation?.resolve({ status: 'created', request });
    const { events, at, progress, nodes } = request;
    const { version } = progress;
    const change = { header: this.header, plan: this.#plan, version, at, events, progress, nodes };
    this.#parts.tracker.committed(change);
    this.#timers.watchEnd();
    if (progress.priority !== undefined) {
      this.#parts.scheduler.changePriority(this.header, progress.priority);
    }
    for (const intent of request.intents) this.#act(intent);
    if (this.#keyed !== undefined || this.#state.keyed.touched) this.#useKeys().committed(events);
    this.#judgeConditions();
    this.#seeToChildren()?.committed(events);
    done.listeners.forEach((listener, place) => listener?.(done.rejections[place]));
    if (isTerminalJob(this.#state.status)) this.#leave('ended');
    else if (this.#leaving && events.some(({ type }) => type === 'job_handed_over'))
      this.#leave('handed_over');
    else if (this.#leaving && this.#state.live.size === 0) this.handOver();
    else {
      this.#tendPlace();
      if (done.more || this.#woken || this.#inbox.length > 0) this.#parts.commits.enqueue(this);
    }
  }

  failed(error: unknown): boolean {
    const done = this.#underWay;
    const creation = this.#creation;
    // A job nobody was promised is not kept waiting; one that was accepted is never given up.
    if (creation === undefined && error instanceof StoreUnavailable) return true;
    this.#underWay = undefined;
    this.#creation = undefined;
    this.#leave(creation === undefined ? 'failed' : 'refused', done);
    creation?.reject(error);
    return false;
  }

  #progress(events: readonly JobEvent[]): JobProgress {
    const progress = projectJob(this.#state);
    const driven =
      this.#parts.shared &&
      this.#admitted &&
      !isTerminalJob(progress.status) &&
      !events.some(({ type }) => type === 'job_handed_over');
    return driven ? { ...progress, driver: this.#parts.instance.id } : progress;
  }

  /** A paused job of which nothing runs leaves its place to others, and asks for one when it goes on. */
  #tendPlace(): void {
    if (!this.#admitted) return;
    const { scheduler, placeFreed } = this.#parts;
    const { status, live } = this.#state;
    if (status === 'paused' && live.size === 0) {
      if (this.#placed) {
        this.#placed = false;
        scheduler.leave();
        placeFreed();
      } else scheduler.withdraw(this.header);
    } else if (
      status === 'running' &&
      !this.#placed &&
      scheduler.ahead(this.header) === undefined
    ) {
      // What waits for a part of it has a place already, or asks for one itself.
      const isPart = this.header.parent !== undefined;
      if (isPart) scheduler.admitRunning(1);
      if (isPart || scheduler.tryAdmit(this.#priority)) {
        this.takePlace();
        return;
      }
      const { tenantId, jobId, createdAt } = this.header;
      scheduler.enqueue({ tenantId, jobId, createdAt, priority: this.#priority });
      placeFreed();
    }
  }

  #act(intent: Intent): void {
    const node = this.#plan.indexOf.get(intent.node) as number;
    switch (intent.type) {
      case 'dispatch':
        this.#starts.begin(node, intent.attempt);
        return;
      case 'timer':
        this.#timers.hold(node);
        return;
      case 'abort':
        this.#parts.runner.cancel(attemptId(this.header.jobId, intent.node, intent.attempt));
        return;
      case 'dead_letter':
        // The store has seen to it, with the commit.
        return;
    }
  }

  /** What sees to the jobs that this one waits for; absent when it waits for none. */
  #seeToChildren(): JobChildren | undefined {
    const { children, status } = this.#state;
    return children.size > 0 || status === 'compensating' ? this.#useChildren() : undefined;
  }

  #useChildren(): JobChildren {
    return (this.#children ??= new JobChildren(
      { header: this.header, plan: this.#plan, state: this.#state },
      this.#parts.children,
      this.#expressions,
      (command, settled) => this.post(command, settled),
    ));
  }

  #useKeys(): KeyedNodes {
    return (this.#keyed ??= new KeyedNodes(
      { header: this.header, plan: this.#plan, state: this.#state },
      { ...this.#parts, placed: () => this.#placed, wake: () => this.wake() },
    ));
  }

  #judgeConditions(): void {
    this.#expressions.judge((node, outcome, done) => {
      this.post({ type: 'judge_condition', node, outcome }, done);
    });
  }

  #leave(why: DriverEnd, undone?: UnderWay): void {
    this.#gone = true;
    const { runner, scheduler } = this.#parts;
    scheduler.stopSeeking(this);
    this.#children?.stop();
    this.#keyed?.leave(why);
    this.#timers.stop();
    if (why !== 'ended') {
      for (const node of this.#state.live) {
        const { id } = planNode(this.#plan, node).definition;
        runner.cancel(attemptId(this.header.jobId, id, this.#state.attempts[node] ?? 1));
      }
      runner.giveBack(undone?.starts ?? 0);
    }
    for (const listener of [...(undone?.listeners ?? []), ...this.#listeners])
      listener?.(NOT_DRIVEN);
    this.#parts.left(this, why);
  }
}

interface UnderWay {
  readonly request: CommitRequest;
  readonly starts: number;
  readonly listeners: readonly (CommandSettled | undefined)[];
  readonly rejections: readonly (Rejection | undefined)[];
  readonly more: boolean;
}
