import type { CommandAnswer, JobInbox, JobMessage } from '../ports/cluster.js';
import { isTerminalJob } from '../core/job/status.js';
import type { Clock } from '../ports/clock.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { DrivenJobs } from './driven-jobs.js';
import type { JobDriver } from './job-driver.js';

const AT_ONCE = 500;
/** How long a message is left to the instance that drives its job before anybody looks after it. */
const PATIENCE_MS = 5_000;
/** Longer than anybody waits for an answer. */
const ANSWER_KEPT_MS = 600_000;
const ENDED: CommandAnswer = { code: 'job_finished', message: 'The job has ended.' };

/**
 * Brings what other instances were asked of this one's jobs to their drivers. A message is answered
 * when what it asks for is committed, or refused by the job's state, so a crash loses none.
 */
export class RemoteCommands {
  readonly #inbox: JobInbox;
  readonly #projections: JobProjections;
  readonly #driven: DrivenJobs;
  readonly #clock: Clock;
  /** Messages that a driver has been given. */
  readonly #given = new Set<string>();
  #answers = new Map<string, CommandAnswer>();

  constructor(parts: {
    readonly inbox: JobInbox;
    readonly projections: JobProjections;
    readonly driven: DrivenJobs;
    readonly clock: Clock;
  }) {
    this.#inbox = parts.inbox;
    this.#projections = parts.projections;
    this.#driven = parts.driven;
    this.#clock = parts.clock;
  }

  /** Reads the inbox once. */
  async look(): Promise<void> {
    await this.#sendAnswers();
    for (const message of await this.#inbox.read(AT_ONCE)) {
      if (this.#given.has(message.id)) continue;
      const driver = this.#driven.driving(message);
      if (driver !== undefined) this.#give(message, driver);
      else if (this.#clock.now() - message.at > PATIENCE_MS) await this.#lookAfter(message);
    }
    await this.#sendAnswers();
  }

  /** Deletes answers that nobody came back for. */
  async tidy(): Promise<void> {
    await this.#inbox.deleteAnswered(this.#clock.now() - ANSWER_KEPT_MS);
  }

  #give(message: JobMessage, driver: JobDriver): void {
    this.#given.add(message.id);
    driver.post(message.command, (rejection) => {
      this.#driven.release(driver);
      if (rejection?.code === 'not_driven') this.#given.delete(message.id);
      else this.#answers.set(message.id, rejection ?? 'done');
    });
  }

  /** Nobody has taken the message: its job has ended, or waits in the queue. */
  async #lookAfter(message: JobMessage): Promise<void> {
    const view = await this.#projections.job(message);
    if (view === undefined || isTerminalJob(view.progress.status)) {
      this.#answers.set(message.id, ENDED);
    } else if (view.progress.status === 'queued') {
      const driver = await this.#driven.find(message);
      if (driver !== undefined) this.#give(message, driver);
    }
  }

  async #sendAnswers(): Promise<void> {
    if (this.#answers.size === 0) return;
    const answers = new Map(this.#answers);
    await this.#inbox.answer(answers);
    for (const id of answers.keys()) {
      this.#answers.delete(id);
      this.#given.delete(id);
    }
  }
}
