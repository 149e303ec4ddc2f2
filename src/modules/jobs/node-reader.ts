import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { ArtifactSlice, ArtifactStore } from '../../ports/artifact-store.js';
import type { JobProjections, NodeView } from '../../ports/job-projections.js';
import { Use } from '../dependencies.js';
import type { NodeDetailResponse, NodeListResponse } from './dto/node-responses.js';
import type { ListNodesQuery, LogQuery } from './dto/queries.js';
import { JobReader } from './job-reader.js';
import { showNode } from './job-views.js';
import { showNodeDetail } from './node-views.js';
import type { Answer } from '../answer.js';

/** The artifact that holds what an attempt printed. */
const LOG = 'output.log';

/** Reads the nodes of a job and their logs. */
@Injectable()
export class NodeReader {
  constructor(
    private readonly jobs: JobReader,
    @Use('projections') private readonly projections: JobProjections,
    @Use('artifacts') private readonly artifacts: ArtifactStore,
  ) {}

  async list(
    principal: Principal,
    jobId: string,
    query: ListNodesQuery,
  ): Promise<Answer<NodeListResponse>> {
    const job = await this.jobs.find(principal, jobId);
    const { status, limit, cursor } = query;
    const found = await this.projections.nodes(job.header, {
      after: cursor === undefined ? -1 : Number(cursor.slice(1)),
      limit: limit + 1,
      ...(status === undefined ? {} : { status }),
    });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      nodes: page.map((node) => showNode(job, node)),
      total: status === undefined ? job.header.nodeCount : job.progress.counts[status],
      ...(found.length > limit && last !== undefined ? { next_cursor: `n${last.index}` } : {}),
    };
  }

  async show(
    principal: Principal,
    jobId: string,
    nodeId: string,
    alsoFor?: (node: NodeView) => boolean,
  ): Promise<Answer<NodeDetailResponse>> {
    const { job, node } = await this.jobs.findNode(principal, jobId, nodeId, alsoFor);
    const artifacts = new Map<number, readonly string[]>();
    for (const attempt of attemptNumbers(node)) {
      const ref = { tenantId: principal.tenantId, jobId, nodeId, attempt };
      artifacts.set(attempt, await this.artifacts.list(ref));
    }
    return showNodeDetail(job, node, artifacts);
  }

  /** Part of what an attempt printed. Rejects with `log_not_found` when it printed nothing. */
  async log(
    principal: Principal,
    jobId: string,
    nodeId: string,
    query: LogQuery,
  ): Promise<ArtifactSlice> {
    const { node } = await this.jobs.findNode(principal, jobId, nodeId);
    const attempt = query.attempt ?? node.state?.attempt ?? 0;
    const ref = { tenantId: principal.tenantId, jobId, nodeId, attempt, name: LOG };
    const slice =
      attempt === 0 ? undefined : await this.artifacts.read(ref, query.offset, query.limit);
    if (slice === undefined) {
      throw new RequestProblem(
        'log_not_found',
        attempt === 0
          ? 'The node has not started yet. Ask again when it has.'
          : `Attempt ${attempt} of the node printed nothing, or there was no such attempt. The node itself lists its attempts.`,
      );
    }
    return slice;
  }
}

function attemptNumbers({ state }: NodeView): readonly number[] {
  return Array.from({ length: state?.attempt ?? 0 }, (_, index) => index + 1);
}
