import { unstartedNodeStatus, isTerminalJob } from '../../src/core/job/status.js';
import { standingOf, type NodeStanding } from '../../src/core/why/dependencies.js';
import {
  priorityOf,
  withoutOutput,
  type DefinitionChunk,
  type JobRef,
  type NodeProjection,
} from '../../src/core/job/job-record.js';
import type {
  CommitRequest,
  CommitResult,
  JobJournal,
  JournalRecord,
} from '../../src/ports/job-journal.js';
import type {
  JobPage,
  JobProjections,
  JobView,
  NodeQuery,
  NodeView,
  UnfinishedJob,
} from '../../src/ports/job-projections.js';
import { MemoryDeadLetters } from './memory-dead-letters.js';

interface StoredJob {
  view: JobView;
  readonly records: (JournalRecord & {
    readonly commitId: string;
    readonly request: CommitRequest;
  })[];
  readonly chunks: DefinitionChunk[];
  readonly nodes: Map<number, NodeProjection>;
}

/**
 * A store in memory that keeps what was committed when the engine above it is thrown away: for
 * simulations, which crash thousands of times.
 */
export class MemoryStore implements JobJournal, JobProjections {
  readonly jobs = new Map<string, StoredJob>();
  readonly #staged = new Map<string, DefinitionChunk[]>();
  readonly deadLetters = new MemoryDeadLetters();
  commits = 0;

  async commit(batch: readonly CommitRequest[]): Promise<readonly CommitResult[]> {
    await Promise.resolve();
    this.commits++;
    return batch.map((request) => this.#commitOne(structuredClone(request)));
  }

  /** The store as one process sees it, with commits going through a function of the test's. */
  connect(commit: JobJournal['commit']): JobJournal & JobProjections {
    return {
      commit,
      stage: (ref, chunk) => this.stage(ref, chunk),
      sweepStaged: () => this.sweepStaged(),
      read: (ref, after, limit) => this.read(ref, after, limit),
      readDefinition: (ref, first, limit) => this.readDefinition(ref, first, limit),
      findClaim: () => this.findClaim(),
      job: (ref) => this.job(ref),
      nodes: (ref, query) => this.nodes(ref, query),
      node: (ref, nodeId) => this.node(ref, nodeId),
      standings: (ref, nodeIds) => this.standings(ref, nodeIds),
      list: () => this.list(),
      unfinished: (after, limit) => this.unfinished(after, limit),
    };
  }

  #commitOne(request: CommitRequest): CommitResult {
    const key = keyOf(request);
    const job = this.jobs.get(key);
    const version = request.expectedVersion + 1;
    const actualVersion = job?.view.progress.version ?? 0;
    if (job?.records[version - 1]?.commitId === request.commitId)
      return { status: 'committed', version };
    if (actualVersion !== request.expectedVersion) return { status: 'conflict', actualVersion };
    const { commitId, at, events, progress } = request;
    const record = { version, at, events, commitId, request };
    if (job !== undefined) {
      job.records.push(record);
      job.view = { header: job.view.header, progress };
      for (const node of request.nodes) job.nodes.set(node.index, node);
    } else if (request.creation !== undefined) {
      const { header, chunks } = request.creation;
      this.jobs.set(key, {
        view: { header, progress },
        records: [record],
        chunks: [...(this.#staged.get(key) ?? []), ...chunks],
        nodes: new Map(request.nodes.map((node) => [node.index, node])),
      });
      this.#staged.delete(key);
    }
    const header = this.jobs.get(key)?.view.header;
    if (header !== undefined) this.deadLetters.committed(header, request);
    return { status: 'committed', version };
  }

  stage(ref: JobRef, chunk: DefinitionChunk): Promise<void> {
    const key = keyOf(ref);
    this.#staged.set(key, [...(this.#staged.get(key) ?? []), structuredClone(chunk)]);
    return Promise.resolve();
  }

  sweepStaged(): Promise<void> {
    this.#staged.clear();
    return Promise.resolve();
  }

  read(ref: JobRef, afterVersion: number, limit: number): Promise<readonly JournalRecord[]> {
    const records = this.jobs.get(keyOf(ref))?.records ?? [];
    return Promise.resolve(records.slice(afterVersion, afterVersion + limit));
  }

  readDefinition(ref: JobRef, first: number, limit: number): Promise<readonly DefinitionChunk[]> {
    const chunks = this.jobs.get(keyOf(ref))?.chunks ?? [];
    return Promise.resolve(
      chunks.filter((chunk) => chunk.first + chunk.nodes.length > first).slice(0, limit),
    );
  }

  findClaim(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  job(ref: JobRef): Promise<JobView | undefined> {
    return Promise.resolve(this.jobs.get(keyOf(ref))?.view);
  }

  nodes(ref: JobRef, query: NodeQuery): Promise<readonly NodeView[]> {
    const job = this.jobs.get(keyOf(ref));
    if (job === undefined) return Promise.resolve([]);
    const views = job.chunks.flatMap((chunk) =>
      chunk.nodes.map((definition, at): NodeView => {
        const index = chunk.first + at;
        const state = job.nodes.get(index);
        return {
          index,
          definition,
          ...(state === undefined ? {} : { state: withoutOutput(state) }),
        };
      }),
    );
    const unstarted = unstartedNodeStatus(job.view.progress.status);
    return Promise.resolve(
      views
        .filter((view) => view.index > query.after)
        .filter(
          (view) =>
            query.status === undefined || (view.state?.status ?? unstarted) === query.status,
        )
        .slice(0, query.limit),
    );
  }

  async node(ref: JobRef, nodeId: string): Promise<NodeView | undefined> {
    const all = await this.nodes(ref, { after: -1, limit: Infinity });
    const view = all.find(({ definition }) => definition.id === nodeId);
    const state = this.jobs.get(keyOf(ref))?.nodes.get(view?.index ?? -1);
    return view === undefined || state === undefined ? view : { ...view, state };
  }

  async standings(
    ref: JobRef,
    nodeIds: readonly string[],
  ): Promise<ReadonlyMap<string, NodeStanding>> {
    const wanted = new Set(nodeIds);
    const unstarted = unstartedNodeStatus((await this.job(ref))?.progress.status ?? 'queued');
    const all = await this.nodes(ref, { after: -1, limit: Infinity });
    return new Map(
      all
        .filter(({ definition }) => wanted.has(definition.id))
        .map(({ definition, state }) => [definition.id, standingOf(state, unstarted)]),
    );
  }

  list(): Promise<JobPage> {
    const jobs = Array.from(this.jobs.values(), (job) => job.view);
    return Promise.resolve({ jobs, total: jobs.length, totalIsLowerBound: false });
  }

  unfinished(after: UnfinishedJob | undefined, limit: number): Promise<readonly UnfinishedJob[]> {
    const all = Array.from(this.jobs.values(), ({ view: { header, progress } }): UnfinishedJob => {
      const { tenantId, jobId, createdAt, deadline } = header;
      const priority = priorityOf({ header, progress });
      return {
        tenantId,
        jobId,
        priority,
        createdAt,
        status: progress.status,
        ...(deadline === undefined ? {} : { deadline }),
      };
    });
    const from = all.findIndex((job) => job.jobId === after?.jobId) + 1;
    return Promise.resolve(
      all
        .slice(from)
        .filter((job) => !isTerminalJob(job.status))
        .slice(0, limit),
    );
  }
}

function keyOf(ref: JobRef): string {
  return `${ref.tenantId}/${ref.jobId}`;
}
