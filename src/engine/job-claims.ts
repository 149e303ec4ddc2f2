import type { JobRef } from '../core/job/job-record.js';
import type { JobLeases } from '../ports/cluster.js';
import type { Clock } from '../ports/clock.js';
import type { CommitRequest, JobJournal } from '../ports/job-journal.js';
import type { JobView } from '../ports/job-projections.js';
import { keyOf } from './job-scheduler.js';
import type { Membership } from './membership.js';

/** Jobs claimed in one round trip. */
const AT_ONCE = 100;
let claims = 0;

/**
 * Takes jobs that nobody drives, by committing to each that this instance does. Others may try the
 * same: the journal lets one of them through, and fences off whoever drove the job before.
 */
export class JobClaims {
  readonly #leases: JobLeases;
  readonly #journal: JobJournal;
  readonly #membership: Membership;
  readonly #clock: Clock;
  /** Jobs that seemed forgotten at the last look. */
  #unknown: ReadonlySet<string> = new Set();

  constructor(parts: {
    readonly leases: JobLeases;
    readonly journal: JobJournal;
    readonly membership: Membership;
    readonly clock: Clock;
  }) {
    this.#leases = parts.leases;
    this.#journal = parts.journal;
    this.#membership = parts.membership;
    this.#clock = parts.clock;
  }

  /** Takes at most so many queued jobs, the most urgent first. */
  async fromQueue(limit: number): Promise<readonly JobRef[]> {
    if (limit <= 0) return [];
    return this.#claim(await this.#leases.waiting(Math.min(limit, AT_ONCE)));
  }

  /** Takes this job, unless another instance was faster. */
  take(job: JobView): Promise<readonly JobRef[]> {
    return this.#claim([job]);
  }

  /** Takes running jobs that were handed over, or whose instance is gone. */
  async leftAlone(): Promise<readonly JobRef[]> {
    const found = [...(await this.#leases.handedOver(AT_ONCE))];
    for (const { id, dead } of this.#membership.known) {
      if (dead) found.push(...(await this.#leases.heldBy(id, AT_ONCE)));
    }
    return this.#claim([...found, ...(await this.#strangers())]);
  }

  /**
   * Jobs that this instance has by what the store says and not by what it knows itself: the answer to
   * the commit was lost.
   */
  async forgotten(isKnown: (job: JobRef) => boolean): Promise<readonly JobRef[]> {
    const mine = await this.#leases.namesHeldBy(this.#membership.id);
    const unknown = mine.filter((job) => !isKnown(job));
    // What is under way at one look is known, or gone, at the next.
    const again = unknown.filter((job) => this.#unknown.has(keyOf(job)));
    this.#unknown = new Set(unknown.map(keyOf));
    return again;
  }

  /** Jobs of instances that nobody knows (any more). */
  async #strangers(): Promise<readonly JobView[]> {
    const known = this.#membership.known.map(({ id }) => id);
    const jobs = await this.#leases.heldByOthers(known, AT_ONCE);
    if (jobs.length === 0) return jobs;
    // An instance registers before it drives: whoever drove a job that was seen is there to be seen now.
    const now = new Set((await this.#membership.look()).map(({ id }) => id));
    return jobs.filter(({ progress }) => !now.has(progress.driver ?? ''));
  }

  async #claim(jobs: readonly JobView[]): Promise<readonly JobRef[]> {
    if (jobs.length === 0) return [];
    const results = await this.#journal.commit(jobs.map((job) => this.#request(job)));
    return jobs.filter((_, at) => results[at]?.status === 'committed').map(({ header }) => header);
  }

  #request({ header, progress }: JobView): CommitRequest {
    const driver = this.#membership.id;
    const at = Math.max(this.#clock.now(), progress.updatedAt);
    return {
      tenantId: header.tenantId,
      jobId: header.jobId,
      commitId: `${driver}-claim-${++claims}`,
      expectedVersion: progress.version,
      at,
      events: [{ type: 'job_taken', by: driver }],
      intents: [],
      progress: { ...progress, version: progress.version + 1, updatedAt: at, driver },
      nodes: [],
    };
  }
}
