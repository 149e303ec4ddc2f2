import type { NodeDefinition } from '../core/graph/definition.js';
import type { JobHeader, JobRef } from '../core/job/job-record.js';
import type { JobProjections } from '../ports/job-projections.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { OuterJob } from './node-inputs.js';
import { keyOf } from './job-scheduler.js';
import { remember } from './remember.js';

/** Jobs of which it is remembered what was read of them. */
const REMEMBERED = 50;

/**
 * What the nodes of one job read of another, which they were made of: children of a node, and
 * compensations. It is read once for all of them.
 */
export class OuterJobs {
  readonly #projections: JobProjections;
  readonly #known = new Map<string, Promise<OuterJob>>();

  constructor(projections: JobProjections) {
    this.#projections = projections;
  }

  /**
   * `undefined` for a node that reads its own job. Rejects with {@link StoreUnavailable} when the
   * other job cannot be read.
   */
  async of(header: JobHeader, definition: NodeDefinition): Promise<OuterJob | undefined> {
    const { parent, tenantId } = header;
    if (parent === undefined || parent.kind === 'sub_job') return undefined;
    const ref = { tenantId, jobId: parent.jobId };
    // A compensation is named as the node that it undoes.
    const node = parent.nodeId ?? definition.id;
    const key = `${keyOf(ref)}/${node}`;
    const known = this.#known.get(key) ?? this.#read(ref, node, parent.nodeId === undefined);
    remember(this.#known, key, known, REMEMBERED);
    known.catch(() => this.#known.delete(key));
    return known;
  }

  async #read(ref: JobRef, nodeId: string, readsItself: boolean): Promise<OuterJob> {
    const [job, node] = await Promise.all([
      this.#projections.job(ref),
      this.#projections.node(ref, nodeId),
    ]);
    if (job === undefined || node === undefined) {
      throw new StoreUnavailable(`Job ${ref.jobId}, which this one is a part of, cannot be read.`);
    }
    const needs = node.definition.needs ?? [];
    return {
      header: job.header,
      readable: readsItself ? [...needs, nodeId] : needs,
      seen: new Map(),
    };
  }
}
