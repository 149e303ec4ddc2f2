import type { JobRef, NodeProjection } from '../../../core/job/job-record.js';
import type { Schedule } from '../../../core/schedule/schedule.js';
import type { Json } from '../../../core/json.js';
import type {
  PlacedSchedule,
  RecordPage,
  StoreContents,
  StoredJob,
  StoredRecord,
  StoredTemplateName,
  StoredTestCase,
  StoredToken,
} from '../../../ports/store-contents.js';
import type { DeadLetter } from '../../../ports/dead-letters.js';
import type { TestCase } from '../../../ports/test-catalogue.js';
import { range } from './definitions.js';
import type { JobProjector } from './job-projector.js';
import { commitKey, jobKey, nodeKey } from './keys.js';
import { letterFrom } from './letter-documents.js';
import { LETTERS_THERE } from './mongo-dead-letters.js';
import type { Connection } from './mongo-connection.js';
import { decodeRecordBody } from '../record-body.js';
import { decodeHeader, decodeProgress } from './record-codec.js';
import type { JobCommitDocument } from './schemas/job-commit.schema.js';
import type { StoredCommits } from './stored-commits.js';

/** Characters of records in a page, about; the last record of a page may go beyond. */
const PAGE_SIZE = 512 * 1024;
const RECORDS_A_TRIP = 64;

interface PlacedJob {
  readonly tenant: string;
  readonly job: string;
  readonly order: string;
  readonly state: { readonly version: number; readonly status: StoredJob['status'] };
}

/** Everything in a MongoDB store, in pages that its indexes serve. */
export class MongoStoreContents implements StoreContents {
  readonly #connection: Connection;
  readonly #stored: StoredCommits;
  readonly #projector: JobProjector;
  /** ms that a read waits for this process's own commits. */
  readonly #patience: number;

  constructor(
    connection: Connection,
    stored: StoredCommits,
    projector: JobProjector,
    patience: number,
  ) {
    this.#connection = connection;
    this.#stored = stored;
    this.#projector = projector;
    this.#patience = patience;
  }

  size(): Promise<{ readonly jobs: number; readonly records: number }> {
    return this.#connection.call(async () => ({
      jobs: await this.#connection.jobs.estimatedDocumentCount(),
      records: await this.#connection.commits.estimatedDocumentCount(),
    }));
  }

  jobs(after: string | undefined, limit: number): Promise<readonly StoredJob[]> {
    return this.#connection.call(async () => {
      await this.#projector.caughtUp(this.#patience);
      // No job is open again once it has ended: asked for in this order, none is missed.
      const open = await this.#placed(true, after, limit);
      const ended = await this.#placed(false, after, limit);
      const jobs = new Map([...open, ...ended].map((job) => [job.order, job]));
      return [...jobs.values()]
        .sort((a, b) => (a.order < b.order ? -1 : 1))
        .slice(0, limit)
        .map(({ tenant, job, order, state }) => ({
          tenantId: tenant,
          jobId: job,
          version: state.version,
          status: state.status,
          place: order,
        }));
    });
  }

  versions(refs: readonly JobRef[]): Promise<readonly number[]> {
    return this.#connection.call(async () => {
      await this.#projector.caughtUp(this.#patience);
      const keys = refs.map(jobKey);
      const found = await this.#connection.jobs
        .find({ _id: { $in: keys } })
        .project<Pick<PlacedJob, 'state'> & { readonly _id: string }>({ 'state.version': 1 })
        .toArray();
      const versions = new Map(found.map(({ _id, state }) => [_id, state.version]));
      return keys.map((key) => versions.get(key) ?? 0);
    });
  }

  async records(ref: JobRef, afterVersion: number, limit: number): Promise<RecordPage> {
    const inOrder = Math.min(limit, sameDigits(afterVersion + 1));
    if (inOrder < limit) {
      // Most jobs have few records, which are had at once; only then does their order not matter.
      const { records, cut } = await this.#read(ref, afterVersion, limit);
      if (!cut) return { records, end: records.length < limit };
    }
    const { records, cut } = await this.#read(ref, afterVersion, inOrder);
    return { records, end: !cut && records.length < inOrder };
  }

  states(ref: JobRef, first: number, end: number): Promise<readonly NodeProjection[]> {
    return this.#connection.call(async () => {
      const job = jobKey(ref);
      const keys = range(first, end).map((index) => nodeKey(job, index));
      const found = await this.#connection.nodes
        .find({ _id: { $in: keys } }, { projection: { state: 1 } })
        .toArray();
      return found
        .flatMap(({ state }) => {
          if (state === undefined) return [];
          const node = JSON.parse(state.node) as NodeProjection;
          if (state.output === undefined) return [node];
          return [{ ...node, output: JSON.parse(state.output) as Json }];
        })
        .sort((a, b) => a.index - b.index);
    });
  }

  testCases(after: string | undefined, limit: number): Promise<readonly StoredTestCase[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.testCases
        .find({ _id: { $gt: after ?? '' } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, tenant, body }) => ({
        tenantId: tenant,
        testCase: JSON.parse(body) as TestCase,
        place: _id,
      }));
    });
  }

  templates(after: string | undefined, limit: number): Promise<readonly StoredTemplateName[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.templates
        .find({ _id: { $gt: after ?? '' } }, { projection: { tenant: 1, name: 1 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, tenant, name }) => ({ tenantId: tenant, name, place: _id }));
    });
  }

  deadLetters(after: string | undefined, limit: number): Promise<readonly DeadLetter[]> {
    return this.#connection.call(async () => {
      await this.#projector.caughtUp(this.#patience);
      const found = await this.#connection.deadLetters
        .find({ _id: { $gt: after ?? '' }, ...LETTERS_THERE })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(letterFrom);
    });
  }

  schedules(after: string | undefined, limit: number): Promise<readonly PlacedSchedule[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.schedules
        .find({ _id: { $gt: after ?? '' } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, body }) => ({ schedule: JSON.parse(body) as Schedule, place: _id }));
    });
  }

  tokens(after: string | undefined, limit: number): Promise<readonly StoredToken[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.tokens
        .find({ _id: { $gt: after ?? '' } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, expiresAt }) => ({ id: _id, expiresAt }));
    });
  }

  #placed(open: boolean, after: string | undefined, limit: number): Promise<PlacedJob[]> {
    return this.#connection.jobs
      .find({ 'state.open': open, order: { $gt: after ?? '' } })
      .sort({ order: 1 })
      .limit(limit)
      .project<PlacedJob>({
        tenant: 1,
        job: 1,
        order: 1,
        'state.version': 1,
        'state.status': 1,
      })
      .toArray();
  }

  /**
   * The records of a range of versions, cut off where they become too large for a page: then these
   * are the first ones if all versions of the range have as many digits.
   */
  #read(
    ref: JobRef,
    after: number,
    count: number,
  ): Promise<{ readonly records: readonly StoredRecord[]; readonly cut: boolean }> {
    return this.#connection.call(async () => {
      const job = jobKey(ref);
      const keys = range(after + 1, after + 1 + count).map((version) => commitKey(job, version));
      const records: StoredRecord[] = [];
      let size = 0;
      const cursor = this.#connection.commits
        .find({ _id: { $in: keys } })
        .sort({ _id: 1 })
        .batchSize(RECORDS_A_TRIP);
      try {
        for await (const commit of cursor) {
          if (commit.swept === true) continue;
          const record = decode(commit, await this.#stored.body(commit));
          records.push(record);
          size += record.size;
          if (size >= PAGE_SIZE) break;
        }
      } finally {
        await cursor.close();
      }
      return { records: records.sort((a, b) => a.version - b.version), cut: size >= PAGE_SIZE };
    });
  }
}

/** How many versions from this one on have as many digits, and so sort as text as they do as numbers. */
function sameDigits(version: number): number {
  return 10 ** String(version).length - version;
}

function decode(commit: JobCommitDocument, body: string): StoredRecord {
  const { _id, version, commitId, at, progress } = commit;
  if (progress === undefined) throw new Error(`Commit ${_id} has no progress.`);
  return {
    version,
    commitId,
    at,
    ...decodeRecordBody(body),
    progress: decodeProgress(progress),
    ...(version === 1 ? { creation: creationOf(commit) } : {}),
    size: body.length + progress.length,
  };
}

function creationOf({
  _id,
  header,
  claim,
  bodyHash = '',
}: JobCommitDocument): NonNullable<StoredRecord['creation']> {
  if (header === undefined) throw new Error(`Commit ${_id} creates a job and has no header.`);
  if (claim === undefined) return { header: decodeHeader(header) };
  const [, , key] = JSON.parse(claim) as [tenant: string, owner: string, key: string];
  return { header: decodeHeader(header), idempotency: { key, bodyHash } };
}
