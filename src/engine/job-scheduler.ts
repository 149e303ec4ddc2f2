import type { JobRef } from '../core/job/job-record.js';
import { QueueDeadlines } from './queue-deadlines.js';
import type { Timers } from './timers.js';

/** A job that waits for its turn. */
export interface QueuedJob extends JobRef {
  /** 5 before 1. */
  readonly priority: number;
  /** Epoch milliseconds; earlier first within a priority. */
  readonly createdAt: number;
  /** Epoch milliseconds by which it is to have ended, queued or not. */
  readonly deadline?: number;
}

/** Somebody whose ready nodes found no free slot. */
export interface SlotSeeker {
  readonly priority: number;
  /** A slot may be free now: try again. */
  wake(): void;
}

const PRIORITIES = [5, 4, 3, 2, 1] as const;

/**
 * Decides whose turn it is: which queued job is admitted when there is room for one more, and which
 * running job gets the next free slot. Higher priorities first, and within one priority jobs by age
 * and slot seekers in turn.
 */
export class JobScheduler {
  readonly #maxRunningJobs: number;
  readonly #queues = new Map<number, JobQueue>(PRIORITIES.map((at) => [at, new JobQueue()]));
  readonly #seekers = new Map<number, Set<SlotSeeker>>(PRIORITIES.map((at) => [at, new Set()]));
  #running = 0;
  #seeking = 0;

  readonly #deadlines: QueueDeadlines<QueuedJob>;
  #overdue: (job: JobRef, deadline: number) => void = () => undefined;

  constructor(maxRunningJobs: number, timers: Timers) {
    this.#maxRunningJobs = maxRunningJobs;
    this.#deadlines = new QueueDeadlines(timers, keyOf);
  }

  /** Called with a job whose deadline passes while it is queued; it is not in the queue any more then. */
  onOverdue(listener: (job: JobRef, deadline: number) => void): void {
    this.#overdue = listener;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    let queued = 0;
    for (const queue of this.#queues.values()) queued += queue.size;
    return queued;
  }

  /** Jobs that could be admitted now, were they queued. */
  get room(): number {
    return Math.max(0, this.#maxRunningJobs - this.#running);
  }

  /** Takes a place among the running jobs if there is one and nobody of its priority or above waits. */
  tryAdmit(priority: number): boolean {
    if (this.#running >= this.#maxRunningJobs) return false;
    for (const at of PRIORITIES) {
      if (at < priority) break;
      if (this.#queueOf(at).size > 0) return false;
    }
    this.#running++;
    return true;
  }

  /** Takes places whatever the limit: for jobs that were running before. */
  admitRunning(jobs: number): void {
    this.#running += jobs;
  }

  /** Gives the place of a job that has ended back. */
  leave(): void {
    this.#running--;
  }

  enqueue(job: QueuedJob): void {
    this.#queueOf(job.priority).add(job);
    this.#deadlines.watch(job, (deadline) => {
      if (this.withdraw(job)) this.#overdue(job, deadline);
    });
  }

  /** Takes a job out of the queue; true when it was in it. */
  withdraw(job: JobRef): boolean {
    this.#deadlines.forget(job);
    return PRIORITIES.some((priority) => this.#queueOf(priority).delete(job));
  }

  /** Has a queued job wait by another priority, among the others by its age. */
  changePriority(job: JobRef, to: number): void {
    for (const priority of PRIORITIES) {
      const queued = priority === to ? undefined : this.#queueOf(priority).take(job);
      if (queued === undefined) continue;
      this.#queueOf(to).insert({ ...queued, priority: to });
      return;
    }
  }

  /** How many queued jobs come before this one; `undefined` when it is not in the queue. */
  ahead(job: JobRef): number | undefined {
    let ahead = 0;
    for (const priority of PRIORITIES) {
      const queue = this.#queueOf(priority);
      const place = queue.placeOf(job);
      if (place !== undefined) return ahead + place;
      ahead += queue.size;
    }
    return undefined;
  }

  /** The next queued job, with a place among the running ones taken for it, if there is room. */
  admitNext(): QueuedJob | undefined {
    if (this.#running >= this.#maxRunningJobs) return undefined;
    for (const priority of PRIORITIES) {
      const job = this.#queueOf(priority).takeFirst();
      if (job !== undefined) {
        this.#deadlines.forget(job);
        this.#running++;
        return job;
      }
    }
    return undefined;
  }

  /** Remembers that a job has ready nodes and found no slot. */
  seekSlot(seeker: SlotSeeker): void {
    const seekers = this.#seekers.get(seeker.priority);
    if (seekers === undefined || seekers.has(seeker)) return;
    seekers.add(seeker);
    this.#seeking++;
  }

  stopSeeking(seeker: SlotSeeker): void {
    if (this.#seekers.get(seeker.priority)?.delete(seeker) === true) this.#seeking--;
  }

  /** Wakes the one whose turn it is. */
  slotFreed(): void {
    if (this.#seeking === 0) return;
    for (const priority of PRIORITIES) {
      for (const seeker of this.#seekers.get(priority) ?? []) {
        this.stopSeeking(seeker);
        seeker.wake();
        return;
      }
    }
  }

  #queueOf(priority: number): JobQueue {
    const queue = this.#queues.get(priority);
    if (queue === undefined) throw new RangeError(`priority ${priority} is not in 1..5`);
    return queue;
  }
}

/** First in, first out, with removal from the middle; a Map keeps the order of insertion. */
class JobQueue {
  #jobs = new Map<string, QueuedJob>();

  get size(): number {
    return this.#jobs.size;
  }

  add(job: QueuedJob): void {
    this.#jobs.set(keyOf(job), job);
  }

  /** Adds a job before the first that is younger; costs the length of the queue. */
  insert(job: QueuedJob): void {
    const jobs = [...this.#jobs.values()];
    const younger = jobs.findIndex(({ createdAt }) => createdAt > job.createdAt);
    jobs.splice(younger === -1 ? jobs.length : younger, 0, job);
    this.#jobs = new Map(jobs.map((each) => [keyOf(each), each]));
  }

  /** Takes this job out, if it is in the queue. */
  take(job: JobRef): QueuedJob | undefined {
    const found = this.#jobs.get(keyOf(job));
    if (found !== undefined) this.delete(found);
    return found;
  }

  delete(job: JobRef): boolean {
    return this.#jobs.delete(keyOf(job));
  }

  /** How many come before it. */
  placeOf(job: JobRef): number | undefined {
    const key = keyOf(job);
    if (!this.#jobs.has(key)) return undefined;
    let place = 0;
    for (const each of this.#jobs.keys()) {
      if (each === key) break;
      place++;
    }
    return place;
  }

  takeFirst(): QueuedJob | undefined {
    for (const job of this.#jobs.values()) {
      this.delete(job);
      return job;
    }
    return undefined;
  }
}

/** Job ids are unique within a tenant. */
export function keyOf(job: JobRef): string {
  return `${job.tenantId}/${job.jobId}`;
}
