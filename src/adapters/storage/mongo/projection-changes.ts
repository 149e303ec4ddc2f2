import type { mongo } from 'mongoose';
import type {
  JobHeader,
  JobProgress,
  JobRef,
  NodeProjection,
} from '../../../core/job/job-record.js';
import { withoutOutput } from '../../../core/job/job-record.js';
import { isTerminalJob } from '../../../core/job/status.js';
import type { LetterSeed } from '../letters-of.js';
import { facetsOf } from './job-facets.js';
import { jobKey, nodeKey } from './keys.js';
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
  /** The progress as the commit keeps it. */
  readonly progressText: string;
  readonly nodes: readonly NodeProjection[];
  /** Dead letters that follow from it. */
  readonly letters: readonly LetterSeed[];
  readonly creation?: Creation;
}

/** A node as a commit left it; made text only when it is written, since most are followed by others. */
interface NodeChange {
  readonly version: number;
  readonly node: NodeProjection;
}

/** What commits of one job change in its projections, gathered so that each document is written once. */
export class JobChanges {
  readonly ref: JobRef;
  /** Tells it from what was enqueued before and after; grows. */
  readonly ticket: number;
  /** Epoch milliseconds at which the first of the commits came. */
  readonly since: number;
  readonly commits: string[] = [];
  readonly letters: LetterSeed[] = [];
  readonly #nodes = new Map<number, NodeChange>();
  #state: StoredJobState | undefined;
  /** In force at the version of the state, where it has been changed. */
  #priority: number | undefined;
  #creation: Creation | undefined;

  constructor(ref: JobRef, ticket: number, since: number) {
    this.ref = ref;
    this.ticket = ticket;
    this.since = since;
  }

  /** How many documents are written. */
  get size(): number {
    return this.#nodes.size + this.letters.length + 1;
  }

  add({ commit, version, progress, progressText, nodes, letters, creation }: Unprojected): void {
    this.commits.push(commit);
    this.letters.push(...letters);
    this.#creation ??= creation;
    const open = !isTerminalJob(progress.status);
    this.#setState(
      {
        version,
        status: progress.status,
        open,
        ...(open
          ? { driver: progress.driver ?? '' }
          : { endedAt: progress.finishedAt ?? progress.updatedAt }),
        progress: progressText,
      },
      progress.priority,
    );
    for (const node of nodes) this.#setNode({ version, node });
  }

  /** Takes over what came later. */
  merge(later: JobChanges): void {
    this.commits.push(...later.commits);
    this.letters.push(...later.letters);
    this.#creation ??= later.#creation;
    if (later.#state !== undefined) this.#setState(later.#state, later.#priority);
    for (const change of later.#nodes.values()) this.#setNode(change);
  }

  /** The header of the job, when its first commit is among these. */
  get header(): JobHeader | undefined {
    return this.#creation?.header;
  }

  nodeWrites(): mongo.AnyBulkWriteOperation<JobNodeDocument>[] {
    const { tenantId: tenant, jobId: job } = this.ref;
    const key = jobKey(this.ref);
    return [...this.#nodes].map(([index, change]) => ({
      updateOne: {
        filter: { _id: nodeKey(key, index) },
        // MongoDB compares documents field by field, and the version is the first.
        update: { $max: { state: stateOf(change) }, $setOnInsert: { tenant, job, index } },
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
            // One that is shown late leaves it behind, which is of no consequence.
            ...(state.open ? {} : { $unset: { dueBy: 1 } }),
            ...(this.#creation === undefined
              ? {}
              : { $set: headerFields(this.#creation, state.open) }),
          },
          upsert: true,
        },
      },
    ];
  }

  /**
   * Makes a changed priority that of the job's document. For when {@link jobWrites} are done: what is
   * newer than this is left alone.
   */
  priorityWrites(): mongo.AnyBulkWriteOperation<OrchestrationJobDocument>[] {
    if (this.#state === undefined || this.#priority === undefined) return [];
    return [priorityWrite(jobKey(this.ref), this.#state.version, this.#priority)];
  }

  #setState(state: StoredJobState, priority: number | undefined): void {
    if (this.#state !== undefined && this.#state.version >= state.version) return;
    this.#state = state;
    this.#priority = priority;
  }

  #setNode(change: NodeChange): void {
    const { index } = change.node;
    const before = this.#nodes.get(index);
    if (before === undefined || before.version <= change.version) this.#nodes.set(index, change);
  }
}

/** Sets the priority that a job has as of a version, unless the document shows a later one. */
export function priorityWrite(
  _id: string,
  version: number,
  priority: number,
): mongo.AnyBulkWriteOperation<OrchestrationJobDocument> {
  const filter = { _id, 'state.version': { $lte: version } };
  return { updateOne: { filter, update: { $set: { priority } } } };
}

function stateOf({ version, node }: NodeChange): StoredNodeState {
  return {
    version,
    status: node.status,
    node: JSON.stringify(withoutOutput(node)),
    ...(node.output === undefined ? {} : { output: JSON.stringify(node.output) }),
  };
}

function headerFields(
  { header, headerText, order, inline }: Creation,
  open: boolean,
): Partial<OrchestrationJobDocument> {
  return {
    tenant: header.tenantId,
    job: header.jobId,
    owner: header.owner,
    priority: header.priority,
    createdAt: header.createdAt,
    ...(open && header.deadline !== undefined ? { dueBy: header.deadline } : {}),
    order,
    facets: facetsOf(header),
    header: headerText,
    inline,
  };
}
