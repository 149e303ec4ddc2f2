import type { JobRef } from '../../../core/job/job-record.js';
import { unstartedNodeStatus } from '../../../core/job/status.js';
import type {
  JobPage,
  JobProjections,
  JobQuery,
  JobView,
  NodeQuery,
  NodeView,
  UnfinishedJob,
} from '../../../ports/job-projections.js';
import type { NodeStanding } from '../../../core/why/dependencies.js';
import { InvalidCursor } from '../../../ports/store-errors.js';
import type { Definitions } from './definitions.js';
import type { JobList } from './job-list.js';
import type { JobProjector } from './job-projector.js';
import { viewOf } from './job-view.js';
import { jobKey } from './keys.js';
import type { Connection } from './mongo-connection.js';
import type { NodePages } from './node-pages.js';

export interface ProjectionParts {
  readonly definitions: Definitions;
  readonly projector: JobProjector;
  readonly list: JobList;
  readonly pages: NodePages;
}

/**
 * Projections in MongoDB. They follow the journal: what this process committed is waited for, up to a
 * bound; what others committed may be seen a moment late.
 */
export class MongoJobProjections implements JobProjections {
  readonly #connection: Connection;
  readonly #parts: ProjectionParts;
  /** ms that a read waits for this process's own commits. */
  readonly #patience: number;

  constructor(connection: Connection, parts: ProjectionParts, patience: number) {
    this.#connection = connection;
    this.#parts = parts;
    this.#patience = patience;
  }

  job(ref: JobRef): Promise<JobView | undefined> {
    return this.#connection.call(async () => (await this.#find(ref))?.view);
  }

  nodes(ref: JobRef, query: NodeQuery): Promise<readonly NodeView[]> {
    return this.#connection.call(async () => {
      const job = await this.#find(ref);
      if (job === undefined || query.limit < 1) return [];
      const { header, progress } = job.view;
      const unstarted = unstartedNodeStatus(progress.status);
      const page = job.inline
        ? this.#parts.pages.ofSmall(ref, query, unstarted)
        : this.#parts.pages.ofLarge(ref, query, unstarted, header.nodeCount);
      return page.catch((error: unknown) => this.#goneOr(error, ref, []));
    });
  }

  node(ref: JobRef, nodeId: string): Promise<NodeView | undefined> {
    return this.#connection.call(async () => {
      const job = await this.#find(ref);
      if (job === undefined) return undefined;
      const node = job.inline
        ? this.#parts.pages.oneOfSmall(ref, nodeId)
        : this.#parts.pages.oneOfLarge(ref, nodeId, job.view.header.nodeCount);
      return node.catch((error: unknown) => this.#goneOr(error, ref, undefined));
    });
  }

  standings(ref: JobRef, nodeIds: readonly string[]): Promise<ReadonlyMap<string, NodeStanding>> {
    return this.#connection.call(async () => {
      const job = await this.#find(ref);
      if (job === undefined) return new Map<string, NodeStanding>();
      const { header, progress } = job.view;
      const unstarted = unstartedNodeStatus(progress.status);
      const standings = job.inline
        ? this.#parts.pages.standingsOfSmall(ref, nodeIds, unstarted)
        : this.#parts.pages.standingsOfLarge(ref, nodeIds, unstarted, header.nodeCount);
      return standings.catch((error: unknown) => this.#goneOr(error, ref, new Map()));
    });
  }

  list(query: JobQuery): Promise<JobPage> {
    return this.#connection.call(async () => {
      await this.#parts.projector.caughtUp(this.#patience);
      return this.#parts.list.page(query);
    });
  }

  unfinished(after: UnfinishedJob | undefined, limit: number): Promise<readonly UnfinishedJob[]> {
    return this.#connection.call(async () => {
      await this.#parts.projector.caughtUp(this.#patience);
      const { jobs } = this.#connection;
      let from = '';
      if (after !== undefined) {
        const order = await this.#orderOf(after);
        if (order === undefined) throw new InvalidCursor();
        from = order;
      }
      if (limit < 1) return [];
      const open = await jobs
        .find({ 'state.open': true, order: { $gt: from } })
        .sort({ order: 1 })
        .limit(limit)
        .project<Pick<OpenJob, 'tenant' | 'job' | 'priority' | 'createdAt' | 'dueBy' | 'state'>>({
          tenant: 1,
          job: 1,
          priority: 1,
          createdAt: 1,
          dueBy: 1,
          'state.status': 1,
        })
        .toArray();
      return open.map(({ tenant, job, priority, createdAt, dueBy, state }) => ({
        tenantId: tenant,
        jobId: job,
        priority,
        createdAt,
        ...(dueBy === undefined ? {} : { deadline: dueBy }),
        status: state.status,
      }));
    });
  }

  /** A job that is discarded while it is read is no longer there. */
  async #goneOr<T>(error: unknown, ref: JobRef, nothing: T): Promise<T> {
    if ((await this.#shown(ref)) === undefined) return nothing;
    throw error;
  }

  /** Also of a job that has been discarded since. */
  async #orderOf(ref: JobRef): Promise<string | undefined> {
    const { jobs, discarded } = this.#connection;
    const [_id, projection] = [jobKey(ref), { projection: { order: 1 } }] as const;
    const job =
      (await jobs.findOne({ _id }, projection)) ?? (await discarded.findOne({ _id }, projection));
    return job?.order;
  }

  async #find(ref: JobRef): Promise<FoundJob | undefined> {
    await this.#parts.projector.caughtUp(this.#patience, ref);
    const shown = await this.#shown(ref);
    if (shown !== undefined) return shown;
    // Another process may have accepted the job and not projected it yet, or died before it could.
    if (!(await this.#parts.projector.catchUpJob(ref))) return undefined;
    await this.#parts.projector.caughtUp(this.#patience, ref);
    return this.#shown(ref);
  }

  async #shown(ref: JobRef): Promise<FoundJob | undefined> {
    const job = await this.#connection.jobs.findOne({ _id: jobKey(ref) });
    if (job === null) return undefined;
    const view = viewOf(job);
    return view === undefined ? undefined : { view, inline: job.inline === true };
  }
}

interface FoundJob {
  readonly view: JobView;
  /** Its definition is in its first record. */
  readonly inline: boolean;
}

/** A job whose header has been projected, as far as recovery wants to know it. */
interface OpenJob {
  readonly tenant: string;
  readonly job: string;
  readonly priority: number;
  readonly createdAt: number;
  readonly dueBy?: number;
  readonly state: { readonly status: UnfinishedJob['status'] };
}
