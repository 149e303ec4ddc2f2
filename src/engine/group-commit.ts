import type { Clock } from '../ports/clock.js';
import type { CommitRequest, CommitResult, JobJournal } from '../ports/job-journal.js';
import type { Logger } from '../ports/logger.js';
import { StoreUnavailable } from '../ports/store-errors.js';

/** Somebody with something to commit, asked for it only when a flush is about to go out. */
export interface Participant {
  /** The record to commit; `undefined` when there is nothing after all. */
  prepare(): CommitRequest | undefined;
  settled(result: CommitResult): void;
  /** The commit did not go through; true asks for another try with the same record. */
  failed(error: unknown): boolean;
}

export interface GroupCommitLimits {
  /** Records in one flush. */
  readonly records: number;
  /** Node projections in one flush, about: what bounds the time of one flush. */
  readonly nodes: number;
}

const DEFAULT_LIMITS: GroupCommitLimits = { records: 512, nodes: 2048 };
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 1_000;

/**
 * Gathers the commits of all jobs that arrive while a flush is under way into the next one: one
 * transaction and one fsync (or one round trip) for all of them. One flush is under way at a time,
 * and each participant has at most one record in it.
 */
export class GroupCommit {
  readonly #journal: JobJournal;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: GroupCommitLimits;
  #waiting = new Set<Participant>();
  #scheduled = false;
  #closed = false;
  #backoff = 0;
  #idle: (() => void)[] = [];

  constructor(journal: JobJournal, clock: Clock, logger: Logger, limits = DEFAULT_LIMITS) {
    this.#journal = journal;
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = limits;
  }

  /** Has the participant take part in the next flush; once, however often it is called before. */
  enqueue(participant: Participant): void {
    if (this.#closed) return;
    this.#waiting.add(participant);
    this.#schedule();
  }

  /** Resolves when nothing waits and no flush is under way. */
  idle(): Promise<void> {
    if (!this.#scheduled) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Forgets who waits, and flushes no more: for a store that is about to be closed. */
  close(): void {
    this.#waiting.clear();
    this.#closed = true;
  }

  /** True while the last flush failed and the next try is being waited for. */
  get failing(): boolean {
    return this.#backoff > 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#backoff === 0) setImmediate(this.#flush);
    else this.#clock.setTimer(this.#backoff, this.#flush);
  }

  readonly #flush = (): void => {
    const members: Participant[] = [];
    const requests: CommitRequest[] = [];
    let nodes = 0;
    for (const participant of this.#waiting) {
      if (requests.length >= this.#limits.records || nodes >= this.#limits.nodes) break;
      this.#waiting.delete(participant);
      const request = this.#prepare(participant);
      if (request === undefined) continue;
      members.push(participant);
      requests.push(request);
      nodes += request.nodes.length + 1;
    }
    if (requests.length === 0) {
      this.#done();
      return;
    }
    this.#journal.commit(requests).then(
      (results) => {
        if (this.#backoff > 0) this.#logger.info({}, 'the store takes commits again');
        this.#backoff = 0;
        members.forEach((member, at) => {
          member.settled(results[at] as CommitResult);
        });
        this.#done();
      },
      (error: unknown) => this.#failed(members, error),
    );
  };

  /** A participant whose own logic fails is out; the others go on. */
  #prepare(participant: Participant): CommitRequest | undefined {
    try {
      return participant.prepare();
    } catch (error) {
      this.#logger.error({ err: error }, 'a job could not take its next step');
      participant.failed(error);
      return undefined;
    }
  }

  #failed(members: readonly Participant[], error: unknown): void {
    if (!(error instanceof StoreUnavailable) && members.length > 1) {
      // One bad record must not take the others down: each goes by itself.
      this.#logger.error({ err: error }, 'a group commit failed; its records are tried one by one');
      void this.#oneByOne(members);
      return;
    }
    if (this.#backoff === 0) this.#logger.error({ err: error }, 'the store takes no commits');
    this.#backoff = Math.min(LONGEST_BACKOFF_MS, this.#backoff * 2 || FIRST_BACKOFF_MS);
    this.#again(members.filter((member) => member.failed(error)));
    // With nobody left who waits for the store, the next to come finds out for itself.
    if (this.#waiting.size === 0) this.#backoff = 0;
    this.#done();
  }

  async #oneByOne(members: readonly Participant[]): Promise<void> {
    for (const member of members) {
      const request = this.#prepare(member);
      if (request === undefined) continue;
      try {
        const [result] = await this.#journal.commit([request]);
        member.settled(result as CommitResult);
      } catch (error) {
        if (member.failed(error)) this.#again([member]);
      }
    }
    this.#done();
  }

  /** Those that try again go before those that came since. */
  #again(members: readonly Participant[]): void {
    if (this.#closed) return;
    this.#waiting = new Set([...members, ...this.#waiting]);
  }

  #done(): void {
    this.#scheduled = false;
    if (this.#waiting.size > 0) {
      this.#schedule();
      return;
    }
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
