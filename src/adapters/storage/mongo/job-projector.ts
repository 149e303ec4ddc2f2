import type { JobRef } from '../../../core/job/job-record.js';
import { letterOf } from '../letters-of.js';
import { jobKey } from './keys.js';
import { letterWrites } from './letter-documents.js';
import type { Connection } from './mongo-connection.js';
import { retryRace } from './mongo-errors.js';
import { JobChanges, priorityWrite, type Unprojected } from './projection-changes.js';
import { decodeProgress } from './record-codec.js';
import type { StoredJobState } from './schemas/orchestration-job.schema.js';
import type { StoredCommits } from './stored-commits.js';

/** Documents written in one round, about. */
const DOCUMENTS_A_ROUND = 2_000;
/** Some servers compare every document with every key of a filter. */
const KEYS_A_FILTER = 100;
/** Commits caught up in one read; each may hold megabytes. */
const CAUGHT_UP_AT_ONCE = 200;
/** Commits looked at in one look for those left behind. */
const LOOKED_AT = 5_000;
/** ms after which another process may have shown a job, and been asked for another priority of it. */
const OVERTAKEN = 2_000;
/** ms after which a commit's job may have ended, been shown by another process, and be discarded. */
const LATE = 3_600_000;
/** When commits came that others left behind, in epoch ms: nobody knows. */
const LONG_AGO = 0;
const FIRST_BACKOFF = 50;
const LONGEST_BACKOFF = 2_000;

/**
 * Brings the projections up to what the journal says, after each commit and in the background. A
 * round writes the nodes and the dead letters, then the jobs, then takes the mark `pending` off the
 * commits: a job is never shown ahead of them, and what a crash leaves undone keeps its mark and is done again.
 * Every write names its version and loses to a newer one, so doing it again changes nothing.
 */
export class JobProjector {
  readonly #connection: Connection;
  readonly #stored: StoredCommits;
  #waiting = new Map<string, JobChanges>();
  #writing = new Map<string, JobChanges>();
  #running: Promise<void> | undefined;
  #closing = false;
  #backoff = 0;
  /** Commits of other processes that were pending at the last look. */
  #suspects: ReadonlySet<string> = new Set();
  #rounds: (() => void)[] = [];
  #looking: NodeJS.Timeout | undefined;
  #resume: (() => void) | undefined;

  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  #tickets = 0;

  /** `now` is in epoch ms; `onError` is told why a round failed; the round is tried again. */
  constructor(
    connection: Connection,
    stored: StoredCommits,
    now: () => number,
    onError: (error: unknown) => void = () => undefined,
  ) {
    this.#connection = connection;
    this.#stored = stored;
    this.#now = now;
    this.#onError = onError;
  }

  /** Has these commits, which are in the journal, shown soon; `since` is when they came, in epoch ms. */
  enqueue(commits: readonly Unprojected[], since = this.#now()): void {
    for (const commit of commits) {
      const key = jobKey(commit.ref);
      let changes = this.#waiting.get(key);
      if (changes === undefined) {
        changes = new JobChanges(commit.ref, ++this.#tickets, since);
        this.#waiting.set(key, changes);
      }
      changes.add(commit);
    }
    if (this.#waiting.size > 0) this.#running ??= this.#run();
  }

  /** Resolves when everything enqueued so far is shown, or the projector is closed. */
  settled(): Promise<void> {
    return this.caughtUp(Infinity);
  }

  /**
   * Resolves when what this process has committed of a job (of all jobs, without `ref`) is shown, or
   * when `patience` ms have passed: reads then answer with what there is.
   */
  async caughtUp(patience: number, ref?: JobRef): Promise<void> {
    const last = this.#tickets;
    const ends = performance.now() + patience;
    while (!this.#closing && this.#unshown(ref).some(({ ticket }) => ticket <= last)) {
      const remaining = ends - performance.now();
      if (remaining <= 0) return;
      await this.#nextRound(remaining);
    }
  }

  /** Shows what was left behind by processes that died, as it stands now. */
  async catchUp(): Promise<void> {
    const pending = await this.#connection.call(() => this.#stored.pending(Infinity));
    await this.#catchUpOn(pending);
  }

  /** Has a job shown whose commits may have been left behind; answers whether there is such a job. */
  async catchUpJob(ref: JobRef): Promise<boolean> {
    const commits = await this.#stored.pendingOf(ref);
    if (commits === undefined) return false;
    this.enqueue(commits, LONG_AGO);
    return true;
  }

  /** Shows which jobs an instance drives by what is committed now, also when it cannot show so itself. */
  async catchUpDriver(instanceId: string): Promise<void> {
    const before = this.#unshown();
    const pending = await this.#stored.pendingBy(instanceId);
    const mine = new Set([...before, ...this.#unshown()].flatMap(({ commits }) => commits));
    if (pending.every((commit) => mine.has(commit))) return;
    // All commits that this process does not show already: the first one of a job may be another's.
    const all = await this.#connection.call(() => this.#stored.pending(Infinity));
    await this.#catchUpOn(all.filter((commit) => !mine.has(commit)));
  }

  /** Looks for what other processes left behind, every `interval` ms. */
  lookEvery(interval: number): void {
    const look = (): void => {
      this.#looking = setTimeout(() => {
        void this.#lookOnce().finally(() => {
          if (!this.#closing) look();
        });
      }, interval);
      this.#looking.unref();
    };
    look();
  }

  /** Shows what is waiting, for `patience` ms at most; the rest is done at the next opening. */
  async close(patience: number): Promise<void> {
    clearTimeout(this.#looking);
    await this.caughtUp(patience);
    this.#closing = true;
    this.#resume?.();
    await this.#running;
    for (const resolve of this.#rounds.splice(0)) resolve();
  }

  /** What is pending at two looks in a row is nobody's work in progress. */
  async #lookOnce(): Promise<void> {
    try {
      const pending = await this.#connection.call(() => this.#stored.pending(LOOKED_AT));
      const mine = new Set(this.#unshown().flatMap(({ commits }) => commits));
      const others = pending.filter((commit) => !mine.has(commit));
      const left = others.filter((commit) => this.#suspects.has(commit));
      this.#suspects = new Set(others);
      await this.#catchUpOn(left);
    } catch (error) {
      this.#onError(error);
    }
  }

  async #catchUpOn(pending: readonly string[]): Promise<void> {
    for (let at = 0; at < pending.length; at += CAUGHT_UP_AT_ONCE) {
      const some = pending.slice(at, at + CAUGHT_UP_AT_ONCE);
      this.enqueue(await this.#connection.call(() => this.#stored.read(some)), LONG_AGO);
      await this.settled();
    }
  }

  #unshown(ref?: JobRef): JobChanges[] {
    if (ref === undefined) return [...this.#writing.values(), ...this.#waiting.values()];
    const key = jobKey(ref);
    return [this.#writing.get(key), this.#waiting.get(key)].filter(
      (changes) => changes !== undefined,
    );
  }

  async #run(): Promise<void> {
    // What is committed in the same turn goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.size > 0 && !this.#closing) {
      this.#takeRound();
      try {
        await this.#connection.call(() => this.#write([...this.#writing.values()]));
        this.#backoff = 0;
        this.#writing = new Map();
      } catch (error) {
        this.#onError(error);
        this.#putBack();
        this.#backoff = Math.min(LONGEST_BACKOFF, this.#backoff * 2 || FIRST_BACKOFF);
        await this.#pause(this.#backoff);
      }
      for (const resolve of this.#rounds.splice(0)) resolve();
    }
    this.#running = undefined;
  }

  #takeRound(): void {
    let size = 0;
    for (const [key, changes] of this.#waiting) {
      if (size >= DOCUMENTS_A_ROUND) break;
      this.#waiting.delete(key);
      this.#writing.set(key, changes);
      size += changes.size;
    }
  }

  /** In front of what has come since; newer states win in the database whatever the order. */
  #putBack(): void {
    const newer = this.#waiting;
    this.#waiting = this.#writing;
    this.#writing = new Map();
    for (const [key, changes] of newer) {
      const older = this.#waiting.get(key);
      if (older === undefined) this.#waiting.set(key, changes);
      else older.merge(changes);
    }
  }

  async #write(round: readonly JobChanges[]): Promise<void> {
    const { nodes, jobs, commits } = this.#connection;
    let shown = await this.#withoutDiscarded(round);
    const nodeWrites = shown.flatMap((changes) => changes.nodeWrites());
    if (nodeWrites.length > 0) {
      await retryRace(() => nodes.bulkWrite(nodeWrites, { ordered: false }));
    }
    await this.#writeLetters(shown.filter(({ letters }) => letters.length > 0));
    shown = await this.#withoutDiscarded(shown);
    const jobWrites = shown.flatMap((changes) => changes.jobWrites());
    if (jobWrites.length > 0) {
      await retryRace(() => jobs.bulkWrite(jobWrites, { ordered: false }));
    }
    await this.#writePriorities(shown);
    const done = round.flatMap((changes) => changes.commits);
    await commits.bulkWrite(
      inSlices(done, KEYS_A_FILTER).map((some) => ({
        updateMany: { filter: { _id: { $in: some } }, update: { $unset: { pending: 1 } } },
      })),
      { ordered: false },
    );
  }

  /** What is to be said of the jobs is in their first commits, which may be long past. */
  async #writeLetters(changed: readonly JobChanges[]): Promise<void> {
    if (changed.length === 0) return;
    const unknown = changed.filter(({ header }) => header === undefined);
    const headers = await this.#stored.headersOf(unknown.map(({ ref }) => ref));
    const writes = changed.flatMap(({ ref, header = headers.get(jobKey(ref)), letters }) =>
      header === undefined ? [] : letterWrites(letters.map((seed) => letterOf(header, seed))),
    );
    if (writes.length === 0) return;
    await retryRace(() => this.#connection.deadLetters.bulkWrite(writes, { ordered: false }));
  }

  /**
   * Creations set the priority of the header. One that comes late may undo a change, which is seen in
   * the state and made again.
   */
  async #writePriorities(round: readonly JobChanges[]): Promise<void> {
    const { jobs } = this.#connection;
    const writes = round.flatMap((changes) => changes.priorityWrites());
    const late = round.filter(
      ({ header, since }) => header !== undefined && this.#now() - since > OVERTAKEN,
    );
    for (const some of inSlices(late, KEYS_A_FILTER)) {
      const keys = some.map(({ ref }) => jobKey(ref));
      const found = jobs
        .find({ _id: { $in: keys } })
        .project<{ readonly _id: string; readonly state: StoredJobState }>({ state: 1 });
      for await (const { _id, state } of found) {
        const { version, priority } = decodeProgress(state.progress);
        if (priority !== undefined) writes.push(priorityWrite(_id, version, priority));
      }
    }
    if (writes.length > 0) await jobs.bulkWrite(writes, { ordered: false });
  }

  /** A process that was stopped for long must not bring back a job that retention has taken out. */
  async #withoutDiscarded(round: readonly JobChanges[]): Promise<readonly JobChanges[]> {
    const late = round.filter(({ since }) => this.#now() - since > LATE);
    if (late.length === 0) return round;
    const discarded = await this.#stored.discardedOf(late.map(({ ref }) => ref));
    return round.filter(({ ref }) => !discarded.has(jobKey(ref)));
  }

  #nextRound(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = within === Infinity ? undefined : setTimeout(resolve, within);
      this.#rounds.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function inSlices<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}
