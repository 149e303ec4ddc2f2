import type { JobRef } from '../../../core/job/job-record.js';
import {
  FENCE_MS,
  type DiscardedJobs,
  type DiscardQuery,
  type ErasedJobs,
  type Retention,
} from '../../../ports/retention.js';
import { hide, JobEraser } from './job-eraser.js';
import type { JobProjector } from './job-projector.js';
import { commitKey, jobKey } from './keys.js';
import type { Connection } from './mongo-connection.js';
import { retryRace } from './mongo-errors.js';
import { decodeProgress } from './record-codec.js';
import type { DiscardedJobDocument } from './schemas/discarded-job.schema.js';
import type { OrchestrationJobDocument } from './schemas/orchestration-job.schema.js';

/** Jobs discarded in one call. */
const MOST_JOBS = 100;

type EndedJob = Required<
  Pick<OrchestrationJobDocument, '_id' | 'tenant' | 'job' | 'order' | 'state'>
>;

/**
 * Retention in MongoDB, without transactions. Of each job a note is made first, by which everything
 * that follows is found and finished; then its key is freed; then its projection goes, and with it the
 * job for every reader; then its first commit is emptied, and with it the job for the journal. Doing
 * any of it again changes nothing, whoever does it.
 */
export class MongoRetention implements Retention {
  readonly #connection: Connection;
  readonly #projector: JobProjector;
  readonly #eraser: JobEraser;

  constructor(connection: Connection, projector: JobProjector) {
    this.#connection = connection;
    this.#projector = projector;
    this.#eraser = new JobEraser(connection);
  }

  discard(query: DiscardQuery): Promise<DiscardedJobs> {
    return this.#connection.call(async () => {
      await this.#projector.caughtUp(this.#connection.timeout / 2);
      const skip = Number(query.cursor ?? 0);
      const limit = Math.min(query.limit, MOST_JOBS);
      const ended = await this.#ended(query, skip, limit);
      const settled = await this.#settled(ended);
      if (settled.length > 0) await this.#discard(settled, query.now);
      return {
        jobs: settled.map(({ tenant, job }) => ({ tenantId: tenant, jobId: job })),
        ...(ended.length < limit ? {} : { next: String(skip + ended.length - settled.length) }),
      };
    });
  }

  discarded(now: number, skip: number, limit: number): Promise<readonly JobRef[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.discarded
        .find({ due: { $lte: now } }, { projection: { tenant: 1, job: 1 } })
        .sort({ due: 1, _id: 1 })
        .skip(skip)
        .limit(limit)
        .toArray();
      return found.map(({ tenant, job }) => ({ tenantId: tenant, jobId: job }));
    });
  }

  erase(jobs: readonly JobRef[], now: number): Promise<boolean> {
    return this.#connection.call(() => this.#eraser.erase(jobs, now));
  }

  erased(since: number, limit: number, cursor?: string): Promise<ErasedJobs> {
    return this.#connection.call(async () => {
      const [due, key] =
        cursor === undefined
          ? [since + FENCE_MS, '']
          : (JSON.parse(cursor) as readonly [number, string]);
      const found = await this.#connection.discarded
        .find({
          erased: true,
          due: { $gte: due },
          $or: [{ due: { $gt: due } }, { _id: { $gt: key } }],
        })
        .sort({ due: 1, _id: 1 })
        .limit(limit)
        .toArray();
      const last = found.at(-1);
      return {
        jobs: found.map(({ tenant, job }) => ({ tenantId: tenant, jobId: job })),
        ...(last === undefined || found.length < limit
          ? {}
          : { next: JSON.stringify([last.due, last._id]) }),
      };
    });
  }

  #ended(query: DiscardQuery, skip: number, limit: number): Promise<EndedJob[]> {
    return this.#connection.jobs
      .find({
        ...(query.tenantId === undefined ? {} : { tenant: query.tenantId }),
        'state.endedAt': { $lt: query.endedBefore },
        // It is absent while the first commit is not projected.
        order: { $gt: '' },
      })
      .sort({ 'state.endedAt': 1 })
      .skip(skip)
      .limit(limit)
      .project<EndedJob>({ tenant: 1, job: 1, order: 1, state: 1 })
      .toArray();
  }

  /** Those of which no process has a commit left to project: it would bring the job back. */
  async #settled(jobs: readonly EndedJob[]): Promise<readonly EndedJob[]> {
    if (jobs.length === 0) return jobs;
    const pending = await this.#connection.commits
      .find(
        { pending: true, job: { $in: jobs.map(({ job }) => job) } },
        { projection: { tenant: 1, job: 1 } },
      )
      .toArray();
    const unsettled = new Set(
      pending.map(({ tenant, job }) => jobKey({ tenantId: tenant, jobId: job })),
    );
    return jobs.filter(({ _id }) => !unsettled.has(_id));
  }

  async #discard(ended: readonly EndedJob[], now: number): Promise<void> {
    const { commits, discarded } = this.#connection;
    const notes = ended.map((job) => noteOf(job, now));
    const writes = notes.map(({ _id, ...note }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: note }, upsert: true },
    }));
    await retryRace(() => discarded.bulkWrite(writes, { ordered: false }));
    const firsts = ended.map(({ _id }) => commitKey(_id, 1));
    await commits.updateMany({ _id: { $in: firsts } }, { $unset: { claim: 1, bodyHash: 1 } });
    await hide(this.#connection, notes);
  }
}

function noteOf({ _id, tenant, job, order, state }: EndedJob, now: number): DiscardedJobDocument {
  const counts = Object.values(decodeProgress(state.progress).counts);
  return {
    _id,
    tenant,
    job,
    order,
    due: now,
    erased: false,
    done: 0,
    // With the barrier behind the last.
    versions: state.version + 1,
    nodes: counts.reduce((sum, count) => sum + count, 0),
  };
}
