import { Injectable } from '@nestjs/common';
import { concurrencyKeyOf } from '../../core/graph/concurrency-key.js';
import type { NodeStatus } from '../../core/job/status.js';
import type { NodeToExplain } from '../../core/why/explain-node.js';
import type { Principal } from '../../platform/auth/index.js';
import type { ConcurrencyKeys } from '../../ports/concurrency-keys.js';
import type { JobView, NodeView } from '../../ports/job-projections.js';
import { Use } from '../dependencies.js';
import { JobReader } from './job-reader.js';

/** Holders that a gate names. */
const MOST_NAMED = 20;

/** Says who holds the concurrency key that a node waits for, as far as a principal may know. */
@Injectable()
export class KeyReader {
  constructor(
    private readonly jobs: JobReader,
    @Use('keys') private readonly keys: ConcurrencyKeys,
  ) {}

  /** The key that a node needs to start and does not hold; `undefined` when there is none. */
  async missing(
    principal: Principal,
    { header }: JobView,
    { definition }: NodeView,
    status: NodeStatus,
  ): Promise<NodeToExplain['key']> {
    const wanted = concurrencyKeyOf(definition);
    if (wanted === undefined || (status !== 'pending' && status !== 'ready')) return undefined;
    const all = await this.keys.holders(principal.tenantId, wanted.key);
    const isOwn = all.some(
      ({ jobId, nodeId }) => jobId === header.jobId && nodeId === definition.id,
    );
    if (isOwn) return undefined;
    const visible = await this.jobs.visible(
      principal,
      all.map(({ jobId }) => jobId),
    );
    const holders = all
      .filter(({ jobId }) => visible.has(jobId))
      .slice(0, MOST_NAMED)
      .map(({ jobId, nodeId }) => ({ job_id: jobId, node_id: nodeId }));
    return { ...wanted, used: all.length, holders };
  }
}
