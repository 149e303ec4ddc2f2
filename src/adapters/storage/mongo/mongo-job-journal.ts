import type { DefinitionChunk, JobRef } from '../../../core/job/job-record.js';
import type {
  CommitRequest,
  CommitResult,
  JobJournal,
  JournalRecord,
} from '../../../ports/job-journal.js';
import { StoreUnavailable } from '../../../ports/store-errors.js';
import { CommitWriter, type Draft } from './commit-writer.js';
import type { Definitions } from './definitions.js';
import type { JobProjector } from './job-projector.js';
import { claimKey, commitKey, jobKey } from './keys.js';
import { KNOWN_FOR, type KnownVersions } from './known-versions.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { duplicatesIn } from './mongo-errors.js';
import type { StoredCommits } from './stored-commits.js';

export interface JournalParts {
  readonly writer: CommitWriter;
  readonly stored: StoredCommits;
  readonly definitions: Definitions;
  readonly projector: JobProjector;
  readonly known: KnownVersions;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

type Claim = { readonly jobId: string; readonly bodyHash: string };

/**
 * The journal in MongoDB: a call of `commit` is one unordered `insertMany` for all of its records,
 * acknowledged by most members and in their logs. Whether a record went in is told by the key of its
 * document alone, so nothing is known of a record whose answer was lost, until it is offered again.
 */
export class MongoJobJournal implements JobJournal {
  readonly #connection: Connection;
  readonly #parts: JournalParts;
  /** When records that create jobs were first offered. */
  readonly #offered = new WeakMap<CommitRequest, number>();

  constructor(connection: Connection, parts: JournalParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  async commit(batch: readonly CommitRequest[]): Promise<readonly CommitResult[]> {
    if (batch.length === 0) return [];
    return this.#connection.call(async () => {
      const results = new Map<CommitRequest, CommitResult>();
      for (const wave of waves(batch)) await this.#commitTogether(wave, results);
      return batch.map((record) => results.get(record) as CommitResult);
    });
  }

  stage(ref: JobRef, chunk: DefinitionChunk): Promise<void> {
    return this.#connection.call(() => this.#parts.definitions.write(ref, [chunk]));
  }

  sweepStaged(): Promise<void> {
    return this.#parts.definitions.sweep();
  }

  read(ref: JobRef, afterVersion: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#connection.call(async () => {
      const records = await this.#parts.stored.records(ref, afterVersion, limit);
      const last = records.at(-1);
      if (last !== undefined) this.#parts.known.atLeast(jobKey(ref), last.version);
      return records;
    });
  }

  readDefinition(ref: JobRef, first: number, limit: number): Promise<readonly DefinitionChunk[]> {
    return this.#connection.call(() => this.#parts.definitions.read(ref, first, limit));
  }

  findClaim(tenantId: string, owner: string, key: string): Promise<Claim | undefined> {
    return this.#connection.call(() => this.#claimed(claimKey(tenantId, owner, key)));
  }

  /** Records of different jobs that claim different keys: no one's fate depends on another's. */
  async #commitTogether(
    wave: readonly CommitRequest[],
    results: Map<CommitRequest, CommitResult>,
  ): Promise<void> {
    const { writer, projector, known, now } = this.#parts;
    const began = now();
    const ready = await this.#withPredecessor(wave, results);
    const drafts: Draft[] = [];
    for (const record of ready) drafts.push(await writer.draft(record));
    if (drafts.length === 0) return;
    if (now() - began > KNOWN_FOR) {
      throw new StoreUnavailable(
        'The process was stopped in the middle of a commit. The call may be repeated.',
      );
    }
    let refused: readonly Draft[] = [];
    try {
      await this.#connection.commits.insertMany(
        drafts.map(({ document }) => document),
        { ordered: false, ...DURABLE },
      );
    } catch (error) {
      const duplicates = new Set(duplicatesIn(error));
      refused = drafts.filter((_, at) => duplicates.has(at));
    }
    const inserted = refused.length === 0 ? drafts : without(drafts, refused);
    for (const { record } of inserted) {
      const version = record.expectedVersion + 1;
      known.atLeast(jobKey(record), version);
      results.set(record, { status: 'committed', version });
      if (version === 1) this.#parts.definitions.settled(jobKey(record));
    }
    projector.enqueue(inserted.map(({ unprojected }) => unprojected));
    if (refused.length > 0) await this.#judge(refused, results);
  }

  /** Refuses records of jobs that are not there, and of versions that do not follow the last. */
  async #withPredecessor(
    wave: readonly CommitRequest[],
    results: Map<CommitRequest, CommitResult>,
  ): Promise<readonly CommitRequest[]> {
    const { known, stored } = this.#parts;
    const unsure = wave.filter((record) =>
      record.expectedVersion === 0
        ? this.#isOldCreation(record)
        : !known.has(jobKey(record), record.expectedVersion),
    );
    if (unsure.length === 0) return wave;
    const keys = unsure.map((record) => commitKey(jobKey(record), record.expectedVersion || 1));
    const found = await this.#connection.commits
      .find({ _id: { $in: keys } }, { projection: { swept: 1 } })
      .toArray();
    const there = new Set(found.filter(({ swept }) => swept !== true).map(({ _id }) => _id));
    const refused = new Set<CommitRequest>();
    for (const [at, record] of unsure.entries()) {
      if (there.has(keys[at] ?? '')) {
        known.atLeast(jobKey(record), record.expectedVersion);
        continue;
      }
      refused.add(record);
      const actualVersion = await stored.lastVersion(record, 0);
      results.set(record, { status: 'conflict', actualVersion });
    }
    return wave.filter((record) => !refused.has(record));
  }

  /**
   * A job whose creation was first offered long ago may have been created then, have ended and be
   * gone for good: it is not created now.
   */
  #isOldCreation(record: CommitRequest): boolean {
    const { now } = this.#parts;
    const first = this.#offered.get(record) ?? now();
    this.#offered.set(record, first);
    return now() - first > KNOWN_FOR;
  }

  /** Tells a record that was committed before from one that came too late. */
  async #judge(
    refused: readonly Draft[],
    results: Map<CommitRequest, CommitResult>,
  ): Promise<void> {
    const { definitions, known, projector, stored, writer } = this.#parts;
    const keys = refused.map(({ document }) => document._id);
    // What became of the first says whether the job has been discarded.
    const firsts = refused.map(({ record }) => commitKey(jobKey(record), 1));
    const found = await this.#connection.commits
      .find(
        { _id: { $in: [...new Set([...keys, ...firsts])] } },
        { projection: { commitId: 1, order: 1, pending: 1, swept: 1 } },
      )
      .toArray();
    const there = new Map(found.map((commit) => [commit._id, commit]));
    for (const draft of refused) {
      const { record, document } = draft;
      const first = there.get(document._id);
      const version = record.expectedVersion + 1;
      const gone = there.get(commitKey(jobKey(record), 1))?.swept === true;
      if (version === 1) definitions.settled(jobKey(record));
      if (first === undefined) {
        results.set(record, await this.#duplicateKey(draft));
        await writer.discard(draft);
      } else if (!gone && first.commitId === record.commitId) {
        known.atLeast(jobKey(record), version);
        results.set(record, { status: 'committed', version });
        if (first.pending === true) projector.enqueue([writer.asStored(draft, first.order)]);
      } else {
        const actualVersion = gone ? 0 : await stored.lastVersion(record, version);
        results.set(record, { status: 'conflict', actualVersion });
        await writer.discard(draft);
      }
    }
  }

  async #duplicateKey({ document }: Draft): Promise<CommitResult> {
    const claimed = document.claim === undefined ? undefined : await this.#claimed(document.claim);
    if (claimed !== undefined) return { status: 'duplicate_key', ...claimed };
    throw new StoreUnavailable(
      'MongoDB refused a record for another that most of its members do not show yet. ' +
        'The call may be repeated.',
    );
  }

  async #claimed(claim: string): Promise<Claim | undefined> {
    const first = await this.#connection.commits.findOne(
      { claim },
      { projection: { job: 1, bodyHash: 1 } },
    );
    return first === null ? undefined : { jobId: first.job, bodyHash: first.bodyHash ?? '' };
  }
}

function without(drafts: readonly Draft[], refused: readonly Draft[]): readonly Draft[] {
  const out = new Set(refused);
  return drafts.filter((draft) => !out.has(draft));
}

/** The records in order, those of one job, or with one key, in different waves; nearly always one. */
function waves(batch: readonly CommitRequest[]): readonly (readonly CommitRequest[])[] {
  const all: CommitRequest[][] = [];
  const next = new Map<string, number>();
  for (const record of batch) {
    const names = [jobKey(record)];
    const { creation } = record;
    if (creation?.idempotency !== undefined) {
      const { owner } = creation.header;
      names.push(`claim ${claimKey(record.tenantId, owner, creation.idempotency.key)}`);
    }
    const wave = Math.max(...names.map((name) => next.get(name) ?? 0));
    for (const name of names) next.set(name, wave + 1);
    (all[wave] ??= []).push(record);
  }
  return all;
}
