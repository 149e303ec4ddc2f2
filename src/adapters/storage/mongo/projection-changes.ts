import type { mongo } from 'mongoose';
import type {
  JobHeader,
  JobProgress,
  JobRef,
  NodeProjection,
} from '../../../core/job/job-record.js';
import { withoutOutput } from '../../../core/job/job-record.js';
import { isTerminalJob } from '../../../core/job/status.js';
import { facetsOf } from './job-facets.js';
import { jobKey, nodeKey } from './keys.js';
import { encodeProgress } from './record-codec.js';
import type { JobNodeDocument, StoredNodeState } from './schemas/job-node.schema.js';
import type {
  OrchestrationJobDocument,
  StoredJobState,
} from './schemas/orchestration-job.schema.js';

/** What a job's first commit settles about it. */
export interface Creation {
  readonly header: JobHeader;
  readonly headerText: string;
  readonly order: string;
  readonly inline: boolean;
}

/** A commit of the journal that the projections do not show yet. */
export interface Unprojected {
  /** The `_id` of the commit. */
  readonly commit: string;
  readonly ref: JobRef;
  readonly version: number;
  readonly progress: JobProgress;
  readonly nodes: readonly NodeProjection[];
  readonly creation?: Creation;
}

/** What commits of one job change in its projections, gathered so that each document is written once. */
export class JobChanges {
  readonly ref: JobRef;
  /** Tells it from what was enqueued before and after; grows. */
  readonly ticket: number;
  /** Epoch milliseconds at which the first of the commits came. */
  readonly since: number;
  readonly commits: string[] = [];
  readonly #nodes = new Map<number, StoredNodeState>();
  #state: StoredJobState | undefined;
  #creation: Creation | undefined;

  constructor(ref: JobRef, ticket: number, since: number) {
    this.ref = ref;
    this.ticket = ticket;
    this.since = since;
  }

  /** How many documents are written. */
  get size(): number {
    return this.#nodes.size + 1;
  }

  add({ commit, version, progress, nodes, creation }: Unprojected): void {
    this.commits.push(commit);
    this.#creation ??= creation;
    const open = !isTerminalJob(progress.status);
    this.#setState({
      version,
      status: progress.status,
      open,
      ...(open
        ? { driver: progress.driver ?? '' }
        : { endedAt: progress.finishedAt ?? progress.updatedAt }),
      progress: encodeProgress(progress),
    });
    for (const node of nodes) {
      this.#setNode(node.index, {
        version,
        status: node.status,
        node: JSON.stringify(withoutOutput(node)),
        ...(node.output === undefined ? {} : { output: JSON.stringify(node.output) }),
      });
    }
  }

  /** Takes over what came later. */
  merge(later: JobChanges): void {
    this.commits.push(...later.commits);
    this.#creation ??= later.#creation;
    if (later.#state !== undefined) this.#setState(later.#state);
    for (const [index, state] of later.#nodes) this.#setNode(index, state);
  }

  nodeWrites(): mongo.AnyBulkWriteOperation<JobNodeDocument>[] {
    const { tenantId: tenant, jobId: job } = this.ref;
    const key = jobKey(this.ref);
    return [...this.#nodes].map(([index, state]) => ({
      updateOne: {
        filter: { _id: nodeKey(key, index) },
        // MongoDB compares documents field by field, and the version is the first.
        update: { $max: { state }, $setOnInsert: { tenant, job, index } },
        upsert: true,
      },
    }));
  }

  jobWrites(): mongo.AnyBulkWriteOperation<OrchestrationJobDocument>[] {
    const state = this.#state;
    if (state === undefined) return [];
    return [
      {
        updateOne: {
          filter: { _id: jobKey(this.ref) },
          update: {
            $max: { state },
            ...(this.#creation === undefined ? {} : { $set: headerFields(this.#creation) }),
          },
          upsert: true,
        },
      },
    ];
  }

  #setState(state: StoredJobState): void {
    if (this.#state === undefined || this.#state.version < state.version) this.#state = state;
  }

  #setNode(index: number, state: StoredNodeState): void {
    const before = this.#nodes.get(index);
    if (before === undefined || before.version <= state.version) this.#nodes.set(index, state);
  }
}

function headerFields({
  header,
  headerText,
  order,
  inline,
}: Creation): Partial<OrchestrationJobDocument> {
  return {
    tenant: header.tenantId,
    job: header.jobId,
    owner: header.owner,
    priority: header.priority,
    createdAt: header.createdAt,
    order,
    facets: facetsOf(header),
    header: headerText,
    inline,
  };
}
