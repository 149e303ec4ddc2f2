import { priorityOf, type JobRef } from '../core/job/job-record.js';
import type { Clock } from '../ports/clock.js';
import type { Cluster, CommandAnswer, RemoteCommand } from '../ports/cluster.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections, JobView } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import type { DrivenJobs } from './driven-jobs.js';
import { JobClaims } from './job-claims.js';
import type { JobScheduler } from './job-scheduler.js';
import type { Membership } from './membership.js';
import { RemoteCommands } from './remote-commands.js';
import { repeat, type Repeating } from './repeat.js';

/** What an instance needs to share a store with others. */
export interface SharingParts {
  readonly cluster: Cluster;
  /** How long an instance may give no sign of life before the others take its jobs, in ms. */
  readonly leaseDuration: number;
  /** Where this instance runs, for people. */
  readonly host: string;
  readonly pid: number;
  /** The id that this instance had in its life before, which is certainly over. */
  readonly formerInstance?: string;
  /** Told the id that this instance has from now on. */
  readonly joined?: (id: string) => void;
}

export interface SharedJobsParts extends SharingParts {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly membership: Membership;
  readonly driven: DrivenJobs;
  readonly scheduler: JobScheduler;
}

/** How often to look for jobs that nobody drives. */
const CLAIM_PAUSE_MS = 1_000;
const OVERDUE_AT_ONCE = 100;
/** Of the queue that all share, the first ones. */
const QUEUED_LOOKED_AT = 100;
const INBOX_PAUSE_MS = 500;
const FORGOTTEN_PAUSE_MS = 5_000;
const ANSWER_PAUSE_MS = 150;
const ANSWER_LOOKS = 20;

/** This instance's share of the jobs in a store that others drive jobs of, too. */
export class SharedJobs {
  readonly #parts: SharedJobsParts;
  readonly #claims: JobClaims;
  readonly #commands: RemoteCommands;
  #claiming: Repeating | undefined;
  #searching: Repeating | undefined;
  #reading: Repeating | undefined;
  #messages = 0;

  constructor(parts: SharedJobsParts) {
    this.#parts = parts;
    this.#claims = new JobClaims({ ...parts, leases: parts.cluster.leases });
    this.#commands = new RemoteCommands({ ...parts, inbox: parts.cluster.inbox });
  }

  /** The id of this instance. */
  get instance(): string {
    return this.#parts.membership.id;
  }

  /** Joins the others, and takes jobs from then on. */
  async begin(): Promise<void> {
    const { membership, formerInstance, clock, logger } = this.#parts;
    await membership.join(formerInstance);
    this.#claiming = repeat(clock, logger, {
      what: 'taking jobs that nobody drives',
      pause: CLAIM_PAUSE_MS,
      round: () => this.#claim(),
    });
    this.#searching = repeat(clock, logger, {
      what: 'looking for what was not answered',
      pause: FORGOTTEN_PAUSE_MS,
      round: async () => {
        const { driven } = this.#parts;
        driven.takeUpForgotten(await this.#claims.forgotten((job) => driven.knows(job)));
        await this.#commands.tidy();
      },
    });
    this.#reading = repeat(clock, logger, {
      what: 'reading what other instances were asked',
      pause: INBOX_PAUSE_MS,
      round: () => this.#commands.look(),
    });
  }

  /**
   * Leaves a command for whoever drives the job; durable from then on. Answers what became of it, or
   * `undefined` when that is not known within a few seconds.
   */
  async ask(
    { tenantId, jobId }: JobRef,
    command: RemoteCommand,
  ): Promise<CommandAnswer | undefined> {
    const { clock, cluster, membership } = this.#parts;
    const id = `${membership.id}-${++this.#messages}`;
    await cluster.inbox.put({ id, tenantId, jobId, at: clock.now(), command });
    for (let looks = 0; looks < ANSWER_LOOKS; looks++) {
      await new Promise<void>((resolve) => clock.setTimer(ANSWER_PAUSE_MS, resolve));
      const answer = await cluster.inbox.answerTo(id);
      if (answer === undefined) continue;
      await cluster.inbox.delete([id]);
      return answer;
    }
    return undefined;
  }

  /** Takes a job that is queued although it is a part of one that waits for it. */
  async take(job: JobView): Promise<void> {
    this.#parts.driven.takeUp(await this.#claims.take(job));
  }

  /** Takes no more jobs, and hands over those of which nothing runs here, now or as soon as that is so. */
  async letGo(): Promise<void> {
    await Promise.all([this.#claiming?.stop(), this.#searching?.stop()]);
    this.#parts.driven.close();
    this.#parts.driven.handOver(false);
  }

  /** Leaves the others. */
  async end(): Promise<void> {
    await this.#reading?.stop();
    const { membership, logger } = this.#parts;
    await membership.leave().catch((error: unknown) => {
      logger.warn({ err: error }, 'could not sign off; the others will notice within a while');
    });
  }

  #overdue(): Promise<readonly JobView[]> {
    const { clock, cluster } = this.#parts;
    return cluster.leases.overdue(clock.now(), OVERDUE_AT_ONCE);
  }

  async #claim(): Promise<void> {
    const { cluster, driven, scheduler } = this.#parts;
    driven.takeUp(await this.#claims.leftAlone());
    for (const { header } of await this.#overdue()) {
      scheduler.withdraw(header);
      driven.timeOut(header, header.deadline ?? 0);
    }
    if (scheduler.queued > 0) {
      // Another instance may have been asked for another priority.
      for (const view of await cluster.leases.waiting(QUEUED_LOOKED_AT)) {
        scheduler.changePriority(view.header, priorityOf(view));
      }
    }
    // Its own queue comes first: whoever is in it was promised nothing less.
    if (scheduler.queued === 0) driven.takeUp(await this.#claims.fromQueue(scheduler.room));
  }
}
