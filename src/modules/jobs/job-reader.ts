import { Injectable } from '@nestjs/common';
import { isAdmin } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { JobProjections, JobQuery, JobView, NodeView } from '../../ports/job-projections.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import { API } from '../paths.js';
import type { JobListResponse, OrchestrationJobResponse } from './dto/job-responses.js';
import type { ListJobsQuery } from './dto/queries.js';
import { showForecast } from './forecast-views.js';
import { NODES_SHOWN, showJob, showJobWithNodes } from './job-views.js';
import type { Answer } from '../answer.js';

const MOST_LOOKED_AT = 100;

/** Reads jobs for a principal: a job that is not for its eyes is as good as none. */
@Injectable()
export class JobReader {
  constructor(
    @Use('projections') private readonly projections: JobProjections,
    @Use('forecaster') private readonly forecaster: Dependencies['forecaster'],
    @Use('clock') private readonly clock: Clock,
  ) {}

  /** Rejects with `job_not_found`, the same for another user's job as for none. */
  async find(principal: Principal, jobId: string): Promise<JobView> {
    const view = await this.projections.job({ tenantId: principal.tenantId, jobId });
    if (view === undefined || !isFor(principal, view)) throw jobNotFound();
    return view;
  }

  /** Which of these jobs the principal may see; looks at the first hundred at most. */
  async visible(principal: Principal, jobIds: readonly string[]): Promise<ReadonlySet<string>> {
    const visible = new Set<string>();
    for (const jobId of [...new Set(jobIds)].slice(0, MOST_LOOKED_AT)) {
      const view = await this.projections.job({ tenantId: principal.tenantId, jobId });
      if (view !== undefined && isFor(principal, view)) visible.add(jobId);
    }
    return visible;
  }

  /**
   * The job and one of its nodes. Rejects with `job_not_found` or `node_not_found`.
   *
   * @param alsoFor whether somebody to whom the job does not belong may know of this node
   */
  async findNode(
    principal: Principal,
    jobId: string,
    nodeId: string,
    alsoFor: (node: NodeView) => boolean = () => false,
  ): Promise<{ readonly job: JobView; readonly node: NodeView }> {
    const ref = { tenantId: principal.tenantId, jobId };
    const job = await this.projections.job(ref);
    if (job === undefined) throw jobNotFound();
    const node = await this.projections.node(ref, nodeId);
    if (!isFor(principal, job) && (node === undefined || !alsoFor(node))) throw jobNotFound();
    if (node === undefined) {
      throw new RequestProblem(
        'node_not_found',
        'The job has no node with this id. List its nodes at GET /api/v1/orchestration/job/{id}/nodes.',
      );
    }
    return { job, node };
  }

  async show(principal: Principal, jobId: string): Promise<Answer<OrchestrationJobResponse>> {
    return this.withNodes(await this.find(principal, jobId));
  }

  async withNodes(view: JobView): Promise<Answer<OrchestrationJobResponse>> {
    const nodes = await this.projections.nodes(view.header, { after: -1, limit: NODES_SHOWN });
    const forecast = await this.forecaster.ofJob(view, nodes);
    return showJobWithNodes(
      view,
      nodes,
      forecast && showForecast(forecast, this.clock.now(), view.progress.status),
    );
  }

  async list(principal: Principal, query: ListJobsQuery): Promise<Answer<JobListResponse>> {
    const page = await this.projections.list(toJobQuery(principal, query));
    return {
      jobs: page.jobs.map(showJob),
      total: page.total,
      total_is_lower_bound: page.totalIsLowerBound,
      limit: query.limit,
      ...(page.next === undefined ? {} : { next_cursor: page.next }),
      links: page.next === undefined ? {} : { next: nextLink(query, page.next) },
    };
  }
}

function isFor(principal: Principal, { header }: JobView): boolean {
  return header.owner === principal.user || isAdmin(principal);
}

function jobNotFound(): RequestProblem {
  return new RequestProblem(
    'job_not_found',
    'You have no job with this id. List yours at GET /api/v1/orchestration/jobs.',
  );
}

function toJobQuery(principal: Principal, query: ListJobsQuery): JobQuery {
  const { status, name, type, priority, created_from, created_to, sort, limit } = query;
  const labels = labelsOf(query);
  return {
    tenantId: principal.tenantId,
    ...(isAdmin(principal) ? {} : { owner: principal.user }),
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
    ...(labels === undefined ? {} : { labels }),
    ...(type === undefined ? {} : { type }),
    ...(priority === undefined ? {} : { priority }),
    ...(created_from === undefined ? {} : { createdFrom: Date.parse(created_from) }),
    ...(created_to === undefined ? {} : { createdTo: Date.parse(created_to) }),
    sort,
    limit,
    start: startOf(query),
  };
}

function startOf({ cursor, page, offset, limit }: ListJobsQuery): JobQuery['start'] {
  const given = Object.entries({ cursor, page, offset }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const message = 'Give one of cursor, page and offset, not several.';
    throw new RequestProblem('invalid_query', message, {
      errors: given.map(([name]) => ({
        in: 'query',
        pointer: `/${name}`,
        code: 'exclusive',
        message,
      })),
    });
  }
  if (cursor !== undefined) return { cursor };
  return { offset: page === undefined ? (offset ?? 0) : (page - 1) * limit };
}

function labelsOf({ label }: ListJobsQuery): Record<string, string> | undefined {
  if (label === undefined) return undefined;
  const labels = new Map<string, string>();
  for (const each of label) {
    const split = each.indexOf('=');
    const key = each.slice(0, split);
    const value = each.slice(split + 1);
    if ((labels.get(key) ?? value) !== value) {
      const message = `No job has two values of the label ${key}. Ask for one of them.`;
      throw new RequestProblem('invalid_query', message, {
        errors: [{ in: 'query', pointer: '/label', code: 'contradiction', message }],
      });
    }
    labels.set(key, value);
  }
  return Object.fromEntries(labels);
}

function nextLink(query: ListJobsQuery, cursor: string): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (name === 'cursor' || name === 'page' || name === 'offset') continue;
    for (const each of [value].flat()) {
      if (each !== undefined) params.append(name, String(each));
    }
  }
  params.append('cursor', cursor);
  return `${API}/jobs?${params.toString()}`;
}
