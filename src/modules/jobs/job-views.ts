import { isTerminalNode, unstartedNodeStatus } from '../../core/job/status.js';
import type { JobStatus } from '../../core/job/status.js';
import type { AttemptError, CachedFrom } from '../../core/job/attempt.js';
import { priorityOf, type ParentLink, type RerunOrigin } from '../../core/job/job-record.js';
import type { ScheduleOrigin } from '../../core/schedule/schedule.js';
import type { JobView, NodeView } from '../../ports/job-projections.js';
import type { ShownForecast } from './forecast-views.js';
import { nodeDeadline } from '../../core/plan/deadlines.js';
import { jobPath, nodePath } from '../paths.js';
import type {
  CachedFromResponse,
  ErrorResponse,
  JobSummaryResponse,
  NodeResponse,
  OrchestrationJobResponse,
  ParentResponse,
  RerunOriginResponse,
  ScheduleOriginResponse,
} from './dto/job-responses.js';
import type { Answer } from '../answer.js';

/** Nodes that a job's own answer carries. */
export const NODES_SHOWN = 1000;

/** Epoch milliseconds as ISO 8601 in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function showJob({ header, progress }: JobView): Answer<JobSummaryResponse> {
  const path = jobPath(header.jobId);
  return {
    id: header.jobId,
    name: header.name,
    ...(header.description === undefined ? {} : { description: header.description }),
    status: progress.status,
    progress: share({ header, progress }),
    ...(progress.reason === undefined ? {} : { reason: progress.reason }),
    counts: progress.counts,
    node_count: header.nodeCount,
    types: header.types,
    priority: priorityOf({ header, progress }),
    labels: header.labels,
    owner: header.owner,
    tenant: header.tenantId,
    concurrency: header.concurrency,
    timeout: header.timeout,
    ...optionalTime('deadline', header.deadline),
    on_failure: header.onFailure,
    correlation_id: header.correlationId,
    version: progress.version,
    ...(header.template === undefined ? {} : { template: header.template }),
    ...(header.schedule === undefined ? {} : { schedule: showSchedule(header.schedule) }),
    ...(header.rerunOf === undefined ? {} : { rerun_of: showOrigin(header.rerunOf) }),
    ...(header.parent === undefined ? {} : { parent: showParent(header.parent) }),
    warnings: header.warnings ?? [],
    created_at: isoTime(header.createdAt),
    updated_at: isoTime(progress.updatedAt),
    ...optionalTime('started_at', progress.startedAt),
    ...optionalTime('finished_at', progress.finishedAt),
    links: {
      self: path,
      nodes: `${path}/nodes`,
      events: `${path}/events`,
      graph: `${path}/graph`,
    },
  };
}

function showParent({ jobId, kind, nodeId }: ParentLink): Answer<ParentResponse> {
  return { job_id: jobId, kind, ...(nodeId === undefined ? {} : { node_id: nodeId }) };
}

function showSchedule({
  name,
  firedFor,
  backfill,
}: ScheduleOrigin): Answer<ScheduleOriginResponse> {
  return {
    name,
    fired_for: isoTime(firedFor),
    ...(backfill === undefined ? {} : { backfill }),
  };
}

function showOrigin({ jobId, from }: RerunOrigin): Answer<RerunOriginResponse> {
  return { job_id: jobId, ...(from === undefined ? {} : { from }) };
}

/** A job with its nodes, of which `nodes` are the first {@link NODES_SHOWN}. */
export function showJobWithNodes(
  view: JobView,
  nodes: readonly NodeView[],
  forecast?: ShownForecast,
): Answer<OrchestrationJobResponse> {
  const { inputs } = view.header;
  return {
    ...showJob(view),
    ...(inputs === undefined ? {} : { inputs }),
    nodes: nodes.map((node) => showNode(view, node)),
    nodes_truncated: view.header.nodeCount > nodes.length,
    ...forecast,
  };
}

export function showNode(job: JobView, node: NodeView): Answer<NodeResponse> {
  const { definition, state } = node;
  const path = nodePath(job.header.jobId, definition.id);
  return {
    id: definition.id,
    type: definition.type,
    ...(definition.name === undefined ? {} : { name: definition.name }),
    status: statusOf(job.progress.status, node),
    attempt: state?.attempt ?? 0,
    ...optionalTime('started_at', state?.startedAt),
    ...optionalTime('finished_at', state?.finishedAt),
    ...optionalTime('until', state?.until),
    ...optionalTime('deadline', nodeDeadline(definition, job.progress.startedAt)),
    ...(state?.iteration === undefined ? {} : { iteration: state.iteration }),
    ...(state?.awaits === undefined ? {} : { awaits: state.awaits }),
    ...(state?.child === undefined ? {} : { child_job_id: state.child }),
    ...(state?.reused === true ? { reused: true } : {}),
    ...(state?.cached === undefined ? {} : { cached: showCached(state.cached) }),
    ...(state?.passedOnRetry === true ? { passed_on_retry: true } : {}),
    ...(state?.skipReason === undefined ? {} : { skip_reason: state.skipReason }),
    ...(state?.error === undefined ? {} : { error: showError(state.error) }),
    links: {
      self: path,
      logs: `${path}/logs`,
      ...(state?.child === undefined ? {} : { child_job: jobPath(state.child) }),
    },
  };
}

export function showCached({ job_id, node_id, at }: CachedFrom): Answer<CachedFromResponse> {
  return { job_id, node_id, at: isoTime(at) };
}

export function showError(error: AttemptError): Answer<ErrorResponse> {
  return {
    class: error.class,
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: error.details }),
  };
}

export function statusOf(job: JobStatus, node: NodeView): NodeResponse['status'] {
  return node.state?.status ?? unstartedNodeStatus(job);
}

export function optionalTime<K extends string>(
  name: K,
  ms: number | undefined,
): Partial<Record<K, string>> {
  return ms === undefined ? {} : ({ [name]: isoTime(ms) } as Partial<Record<K, string>>);
}

/** Percent of the nodes that have ended; 100 only when all have. */
function share({ header, progress }: JobView): number {
  const { counts } = progress;
  const statuses = Object.keys(counts) as (keyof typeof counts)[];
  const ended = statuses.filter(isTerminalNode).reduce((sum, status) => sum + counts[status], 0);
  return header.nodeCount === 0 ? 100 : Math.floor((100 * ended) / header.nodeCount);
}
