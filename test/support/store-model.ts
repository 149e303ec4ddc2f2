import { priorityOf } from '../../src/core/job/job-record.js';
import type {
  JobHeader,
  JobProgress,
  JobRef,
  NodeProjection,
} from '../../src/core/job/job-record.js';
import { isTerminalJob, unstartedNodeStatus } from '../../src/core/job/status.js';
import type { CommitRequest, CommitResult } from '../../src/ports/job-journal.js';
import type { JobQuery, NodeQuery } from '../../src/ports/job-projections.js';

interface ModelJob {
  readonly header: JobHeader;
  progress: JobProgress;
  readonly commitIds: string[];
  readonly states: Map<number, NodeProjection>;
}

/** A store as plain as can be, to say what the real ones should answer. */
export class StoreModel {
  readonly jobs: ModelJob[] = [];
  readonly #discarded = new Set<string>();
  readonly #claims = new Map<string, { readonly jobId: string; readonly bodyHash: string }>();

  commit(request: CommitRequest): CommitResult {
    const { creation, expectedVersion, commitId } = request;
    const existing = this.find(request.tenantId, request.jobId);
    const version = expectedVersion + 1;
    if (this.#discarded.has(nameOf(request))) return { status: 'conflict', actualVersion: 0 };
    if (existing !== undefined && existing.commitIds.length !== expectedVersion) {
      return existing.commitIds[expectedVersion] === commitId
        ? { status: 'committed', version }
        : { status: 'conflict', actualVersion: existing.commitIds.length };
    }
    if (existing === undefined && creation === undefined) {
      return { status: 'conflict', actualVersion: 0 };
    }
    if (creation?.idempotency !== undefined) {
      const { key, bodyHash } = creation.idempotency;
      const claim = JSON.stringify([request.tenantId, creation.header.owner, key]);
      const claimed = this.#claims.get(claim);
      if (claimed !== undefined) return { status: 'duplicate_key', ...claimed };
      this.#claims.set(claim, { jobId: request.jobId, bodyHash });
    }
    const job = existing ?? this.#add(request);
    job.progress = request.progress;
    job.commitIds.push(commitId);
    for (const node of request.nodes) job.states.set(node.index, node);
    return { status: 'committed', version };
  }

  /** Takes out the jobs that ended before a time; answers which. */
  discard(endedBefore: number, tenantId?: string): JobRef[] {
    const gone = this.jobs.filter(
      ({ header, progress }) =>
        isTerminalJob(progress.status) &&
        (progress.finishedAt ?? Infinity) < endedBefore &&
        (tenantId ?? header.tenantId) === header.tenantId,
    );
    for (const job of gone) {
      this.jobs.splice(this.jobs.indexOf(job), 1);
      this.#discarded.add(nameOf(job.header));
      for (const [claim, { jobId }] of this.#claims) {
        if (jobId === job.header.jobId) this.#claims.delete(claim);
      }
    }
    return gone.map(({ header: { tenantId: tenant, jobId } }) => ({ tenantId: tenant, jobId }));
  }

  find(tenantId: string, jobId: string): ModelJob | undefined {
    return this.jobs.find((job) => job.header.tenantId === tenantId && job.header.jobId === jobId);
  }

  /** All jobs that match, in the order of the list. */
  list(query: JobQuery): ModelJob[] {
    const inOrder = this.jobs.filter((job) => matches(job, query));
    if (query.sort !== 'created_at') inOrder.reverse();
    if (query.sort === 'priority') inOrder.sort((a, b) => priorityOf(a) - priorityOf(b));
    if (query.sort === '-priority') inOrder.sort((a, b) => priorityOf(b) - priorityOf(a));
    return inOrder;
  }

  /** The indexes of the nodes on a page. */
  nodes(tenantId: string, jobId: string, query: NodeQuery): number[] {
    const job = this.find(tenantId, jobId);
    if (job === undefined) return [];
    const unstarted = unstartedNodeStatus(job.progress.status);
    return Array.from({ length: job.header.nodeCount }, (_, index) => index)
      .filter((index) => index > query.after)
      .filter(
        (index) =>
          query.status === undefined ||
          (job.states.get(index)?.status ?? unstarted) === query.status,
      )
      .slice(0, query.limit);
  }

  #add(request: CommitRequest): ModelJob {
    const { creation } = request;
    if (creation === undefined) throw new Error('no creation');
    const job: ModelJob = {
      header: creation.header,
      progress: request.progress,
      commitIds: [],
      states: new Map(),
    };
    this.jobs.push(job);
    return job;
  }
}

function nameOf({ tenantId, jobId }: JobRef): string {
  return JSON.stringify([tenantId, jobId]);
}

function matches({ header, progress }: ModelJob, query: JobQuery): boolean {
  return (
    header.tenantId === query.tenantId &&
    (query.owner ?? header.owner) === header.owner &&
    (query.status ?? [progress.status]).includes(progress.status) &&
    (query.name ?? header.name) === header.name &&
    (query.type === undefined || header.types.includes(query.type)) &&
    (query.priority === undefined || query.priority === priorityOf({ header, progress })) &&
    header.createdAt >= (query.createdFrom ?? -Infinity) &&
    header.createdAt < (query.createdTo ?? Infinity) &&
    Object.entries(query.labels ?? {}).every(([key, value]) => header.labels[key] === value)
  );
}
