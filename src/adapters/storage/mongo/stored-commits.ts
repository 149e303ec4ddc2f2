import type { JobHeader, JobRef } from '../../../core/job/job-record.js';
import type { JournalRecord } from '../../../ports/job-journal.js';
import { letterSeeds } from '../letters-of.js';
import { commitKey, jobKey, partKey } from './keys.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { duplicatesIn } from './mongo-errors.js';
import type { Unprojected } from './projection-changes.js';
import { decodeRecordBody } from '../record-body.js';
import { decodeHeader, decodeProgress } from './record-codec.js';
import type { JobCommitDocument } from './schemas/job-commit.schema.js';

/** Versions asked for in one round trip. */
const VERSIONS_A_TRIP = 256;

/** Reads commits of the journal, of which a job's are numbered without gaps. */
export class StoredCommits {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Records after a version, oldest first, at most `limit`; none when the job has been discarded. */
  async records(ref: JobRef, afterVersion: number, limit: number): Promise<JournalRecord[]> {
    if (afterVersion <= 0) return this.#records(ref, 0, limit);
    const [records, gone] = await Promise.all([
      this.#records(ref, afterVersion, limit),
      this.isDiscarded(ref),
    ]);
    return gone ? [] : records;
  }

  /** Whether the place of the job's first commit was taken so that there can be no such job. */
  async isDiscarded(ref: JobRef): Promise<boolean> {
    const first = await this.#connection.commits.findOne(
      { _id: commitKey(jobKey(ref), 1) },
      { projection: { swept: 1 } },
    );
    return first?.swept === true;
  }

  /** The keys of those of the jobs that have been discarded. */
  async discardedOf(refs: readonly JobRef[]): Promise<ReadonlySet<string>> {
    const firsts = refs.map((ref) => commitKey(jobKey(ref), 1));
    const found = await this.#connection.commits
      .find({ _id: { $in: firsts }, swept: true }, { projection: { tenant: 1, job: 1 } })
      .toArray();
    return new Set(found.map(({ tenant, job }) => jobKey({ tenantId: tenant, jobId: job })));
  }

  /** The headers of jobs by their keys; none of a job that has been discarded. */
  async headersOf(refs: readonly JobRef[]): Promise<ReadonlyMap<string, JobHeader>> {
    const firsts = refs.map((ref) => commitKey(jobKey(ref), 1));
    const found = await this.#connection.commits
      .find({ _id: { $in: firsts } }, { projection: { tenant: 1, job: 1, header: 1 } })
      .toArray();
    return new Map(
      found.flatMap(({ tenant, job, header }) =>
        header === undefined
          ? []
          : [[jobKey({ tenantId: tenant, jobId: job }), decodeHeader(header)] as const],
      ),
    );
  }

  async #records(ref: JobRef, afterVersion: number, limit: number): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    let after = afterVersion;
    while (records.length < limit) {
      const wanted = Math.min(VERSIONS_A_TRIP, limit - records.length);
      const found = await this.#versions(ref, after, wanted);
      for (const commit of found) {
        const events = decodeRecordBody(await this.body(commit)).events;
        records.push({ version: commit.version, at: commit.at, events });
      }
      if (found.length < wanted) break;
      after += wanted;
    }
    return records;
  }

  /** The newest version of a job, which has at least `known`; 0 when there is no such job. */
  async lastVersion(ref: JobRef, known: number): Promise<number> {
    const job = jobKey(ref);
    let last = known;
    for (;;) {
      const keys = versionKeys(job, last, VERSIONS_A_TRIP);
      const found = await this.#connection.commits
        .find({ _id: { $in: keys } }, { projection: { version: 1, swept: 1 } })
        .toArray();
      if (found.some(({ swept }) => swept === true)) return 0;
      for (const { version } of found) last = Math.max(last, version);
      if (found.length < VERSIONS_A_TRIP) return last;
    }
  }

  /** The `_id`s of commits that the projections may not show yet. */
  async pending(limit: number): Promise<readonly string[]> {
    const cursor = this.#connection.commits.find({ pending: true }, { projection: { _id: 1 } });
    if (limit !== Infinity) cursor.limit(limit);
    return (await cursor.toArray()).map(({ _id }) => _id);
  }

  /** Those of them that name this instance as the job's driver. */
  async pendingBy(instanceId: string): Promise<readonly string[]> {
    const found = await this.#connection.commits
      .find({ pending: true }, { projection: { progress: 1 } })
      .toArray();
    return found
      .filter(
        ({ progress }) => progress !== undefined && decodeProgress(progress).driver === instanceId,
      )
      .map(({ _id }) => _id);
  }

  /** Those of the commits that are still pending. */
  async read(keys: readonly string[]): Promise<readonly Unprojected[]> {
    const found = await this.#connection.commits.find({ _id: { $in: [...keys] } }).toArray();
    return Promise.all(
      found.filter(({ pending }) => pending === true).map((commit) => this.#unprojected(commit)),
    );
  }

  /** What is pending of a job; `undefined` when there is no such job. */
  async pendingOf(ref: JobRef): Promise<readonly Unprojected[] | undefined> {
    const job = jobKey(ref);
    const first = await this.#connection.commits.findOne(
      { _id: commitKey(job, 1) },
      { projection: { header: 1 } },
    );
    return first?.header === undefined
      ? undefined
      : this.read(versionKeys(job, 0, VERSIONS_A_TRIP));
  }

  /** Writes the pieces of a body that is too large for one document. Doing it again changes nothing. */
  async writeParts(commit: string, commitId: string, parts: readonly Buffer[]): Promise<void> {
    try {
      await this.#connection.parts.insertMany(
        parts.map((bytes, part) => ({ _id: partKey(commit, commitId, part), bytes })),
        { ordered: false, ...DURABLE },
      );
    } catch (error) {
      duplicatesIn(error);
    }
  }

  /** For a commit that lost against another. */
  async dropParts(commit: string, commitId: string, parts: number): Promise<void> {
    const keys = Array.from({ length: parts }, (_, part) => partKey(commit, commitId, part));
    await this.#connection.parts.deleteMany({ _id: { $in: keys } });
  }

  async #versions(ref: JobRef, after: number, count: number): Promise<JobCommitDocument[]> {
    const keys = versionKeys(jobKey(ref), after, count);
    const found = await this.#connection.commits.find({ _id: { $in: keys } }).toArray();
    if (found.some(({ swept }) => swept === true)) return [];
    return found.sort((a, b) => a.version - b.version);
  }

  async #unprojected(commit: JobCommitDocument): Promise<Unprojected> {
    const { tenant, job, version, progress, header, order } = commit;
    if (progress === undefined) throw new Error(`Commit ${commit._id} has no progress.`);
    const { events, intents, nodes } = decodeRecordBody(await this.body(commit));
    return {
      commit: commit._id,
      ref: { tenantId: tenant, jobId: job },
      version,
      progress: decodeProgress(progress),
      progressText: progress,
      nodes,
      letters: letterSeeds({ at: commit.at, events, intents }),
      ...(header === undefined || order === undefined
        ? {}
        : {
            creation: {
              header: decodeHeader(header),
              headerText: header,
              order,
              inline: commit.definition !== undefined,
            },
          }),
    };
  }

  /** The body of a commit, put together from its parts where it has any. */
  async body({ _id, commitId, body, parts }: JobCommitDocument): Promise<string> {
    if (body !== undefined) return body;
    const pieces: Buffer[] = [];
    for (let part = 0; part < (parts ?? 0); part += 1) {
      const found = await this.#connection.parts.findOne(
        { _id: partKey(_id, commitId, part) },
        { promoteBuffers: true },
      );
      if (found === null) throw new Error(`Part ${part} of commit ${_id} is missing.`);
      pieces.push(found.bytes);
    }
    return Buffer.concat(pieces).toString();
  }
}

function versionKeys(job: string, after: number, count: number): string[] {
  return Array.from({ length: count }, (_, step) => commitKey(job, after + 1 + step));
}
