import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { compareRunsSteps, outcomeOf } from '../../core/compare/compare-runs.js';
import type { ComparedRun, NodeOutcome, RunTotals } from '../../core/compare/compare-runs.js';
import { withoutOutput, type JobProgress, type NodeProjection } from '../../core/job/job-record.js';
import { unstartedNodeStatus } from '../../core/job/status.js';
import { canonicalJson } from '../../core/template/json-text.js';
import { JobHistory } from '../../engine/job-history.js';
import { isArtifact } from '../../engine/output-limit.js';
import { runInSlices } from '../../engine/slices.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { JobJournal } from '../../ports/job-journal.js';
import type { JobView } from '../../ports/job-projections.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import { jobPath } from '../paths.js';
import type {
  ComparedJobResponse,
  JobComparisonResponse,
  PastJobResponse,
} from './dto/history-responses.js';
import { JobReader } from './job-reader.js';
import { NODES_SHOWN, showJobWithNodes } from './job-views.js';

/** A job as it is compared. */
interface Run extends ComparedRun {
  readonly progress: JobProgress;
}

/** Tells how jobs stood at their versions, and how two of them differ. */
@Injectable()
export class JobHistorian {
  private readonly history: JobHistory;

  constructor(
    private readonly jobs: JobReader,
    @Use('journal') journal: JobJournal,
    @Use('engine') engine: Dependencies['engine'],
  ) {
    this.history = new JobHistory({ journal, planOf: (header) => engine.planOf(header) });
  }

  /** Rejects with `job_not_found` or `version_not_found`. */
  async at(principal: Principal, jobId: string, version: string): Promise<Answer<PastJobResponse>> {
    const job = await this.jobs.find(principal, jobId);
    const shown = new Map<number, NodeProjection>();
    const past = await this.history.replay(job.header, versionOf(version), function* (nodes) {
      for (const node of nodes) {
        if (node.index < NODES_SHOWN) shown.set(node.index, withoutOutput(node));
        yield;
      }
    });
    if (past === undefined) throw versionNotFound(job);
    const nodes = past.nodes.slice(0, NODES_SHOWN).map((definition, index) => {
      const state = shown.get(index);
      return { index, definition, ...(state === undefined ? {} : { state }) };
    });
    return {
      ...showJobWithNodes({ header: job.header, progress: past.progress }, nodes),
      latest_version: Math.max(job.progress.version, past.progress.version),
    };
  }

  /** Compares what b came to with what a came to. Rejects with `job_not_found`. */
  async compare(
    principal: Principal,
    idOfA: string,
    idOfB: string,
  ): Promise<Answer<JobComparisonResponse>> {
    const jobA = await this.jobs.find(principal, idOfA);
    const jobB = await this.jobs.find(principal, idOfB);
    const a = await this.run(jobA);
    const b = await this.run(jobB);
    const { totals, ...comparison } = await runInSlices(compareRunsSteps(a, b));
    const shownA = showRun(a, totals.a);
    const shownB = showRun(b, totals.b);
    const { duration_ms: before } = shownA;
    const { duration_ms: after } = shownB;
    return {
      a: shownA,
      b: shownB,
      ...(before === undefined || after === undefined || before === 0
        ? {}
        : { duration_ratio: Math.round((1000 * after) / before) / 1000 }),
      ...comparison,
    };
  }

  private async run(job: JobView): Promise<Run> {
    const { header, progress } = job;
    const found = new Map<number, NodeOutcome>();
    const past = await this.history.replay(header, progress.version, function* (nodes) {
      for (const node of nodes) {
        found.set(node.index, outcomeOf(node, digestOf(node)));
        yield;
      }
    });
    if (past === undefined) throw versionNotFound(job);
    const unstarted: NodeOutcome = { status: unstartedNodeStatus(progress.status), attempts: 0 };
    const outcomes = past.nodes.map((_, index) => found.get(index) ?? unstarted);
    return { header, nodes: past.nodes, outcomes, progress: past.progress };
  }
}

/** -1, which no version is, for what is not a whole number. */
function versionOf(text: string): number {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : -1;
}

function versionNotFound({ progress }: JobView): RequestProblem {
  return new RequestProblem(
    'version_not_found',
    `The job stands at version ${progress.version}. Ask for one from 1 to ${progress.version}; GET /api/v1/orchestration/job/{id}/events lists what happened at each.`,
  );
}

function digestOf({ output }: NodeProjection): Pick<NodeOutcome, 'output_hash' | 'output_unknown'> {
  if (output === undefined) return {};
  if (isArtifact(output)) return { output_unknown: true };
  return { output_hash: createHash('sha256').update(canonicalJson(output)).digest('base64url') };
}

function showRun(
  { header, progress }: Run,
  { attempts, node_ms }: RunTotals,
): Answer<ComparedJobResponse> {
  const { startedAt, finishedAt } = progress;
  return {
    id: header.jobId,
    version: progress.version,
    status: progress.status,
    node_count: header.nodeCount,
    counts: progress.counts,
    attempts,
    ...(startedAt === undefined || finishedAt === undefined
      ? {}
      : { duration_ms: finishedAt - startedAt }),
    node_ms,
    link: jobPath(header.jobId),
  };
}
