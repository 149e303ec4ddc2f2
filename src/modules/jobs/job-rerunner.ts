import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { NODE_ID } from '../../core/graph/shape-parts.js';
import type { Shape } from '../../core/graph/shape.js';
import { ID_RANDOM_BYTES, jobId as newJobId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import type { JobHeader, RerunOrigin } from '../../core/job/job-record.js';
import { withoutPastDeadlines } from '../../core/plan/without-past-deadlines.js';
import { isTerminalJob } from '../../core/job/status.js';
import type { DagExecutionEngine, Submission } from '../../engine/dag-execution-engine.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { JobView } from '../../ports/job-projections.js';
import { checkedBody } from '../checked-body.js';
import { Use } from '../dependencies.js';
import type { SubmissionContext } from '../submissions.js';
import { ChangedDefinition, type NodeChange } from './changed-definition.js';
import { JobReader } from './job-reader.js';
import { JobSubmitter, type SubmitAnswer } from './job-submitter.js';

const MAX_FROM = 1_000;
const RERUN_SHAPE: Shape = {
  type: 'object',
  properties: {
    from: {
      description: 'Nodes that run again, with all that follows from them.',
      type: 'array',
      items: NODE_ID,
      minItems: 1,
      maxItems: MAX_FROM,
    },
  },
  additionalProperties: false,
};

export type { NodeChange };

export interface Rerun extends SubmissionContext {
  readonly principal: Principal;
  readonly jobId: string;
  readonly body: unknown;
}

/** A rerun from one node on, which may be changed. */
export interface ChangedRerun extends Omit<Rerun, 'body'> {
  /** What kind of request it is, and of what: by which a repeat is known. */
  readonly what: string;
  readonly nodeId: string;
  /** JSON pointers of what is wrong with it are as if it were the request's body. */
  readonly change: NodeChange;
  /** In place of those of the job. */
  readonly inputs?: JsonObject;
  /** Called when all has been checked, with the id of the job that is about to be submitted. */
  readonly ready: (jobId: string) => Promise<void>;
}

/** Runs jobs that have ended again, as new jobs. */
@Injectable()
export class JobRerunner {
  constructor(
    @Use('engine') private readonly engine: Pick<DagExecutionEngine, 'planOf'>,
    @Use('clock') private readonly clock: Clock,
    private readonly jobs: JobReader,
    private readonly submitter: JobSubmitter,
    private readonly changed: ChangedDefinition,
  ) {}

  /** Keeps what had succeeded. Rejects with `job_not_finished` and `nothing_to_retry`, among others. */
  retry(request: Rerun): Promise<SubmitAnswer> {
    return this.again(request, 'retry', (view) => {
      if (view.progress.status === 'completed') {
        throw new RequestProblem(
          'nothing_to_retry',
          'The job has completed: nothing of it failed. Run it again with POST job/{id}/rerun.',
        );
      }
      return { jobId: request.jobId, from: [] };
    });
  }

  /** Runs everything again, or `from` some nodes on. Rejects with `job_not_finished`, among others. */
  rerun(request: Rerun): Promise<SubmitAnswer> {
    const body = checkedBody(RERUN_SHAPE, request.body, 'invalid_request');
    const { from } = body as { readonly from?: readonly string[] };
    return this.again(request, 'rerun', (_, submission) => {
      const unknown = from?.find((id) => !submission.plan.indexOf.has(id));
      if (unknown !== undefined) {
        const message = `The job has no node ${unknown}. List its nodes at GET /api/v1/orchestration/job/{id}/nodes.`;
        throw new RequestProblem('invalid_request', message, {
          errors: [{ in: 'body', pointer: '/from', code: 'unknown_node', message }],
        });
      }
      return { jobId: request.jobId, ...(from === undefined ? {} : { from }) };
    });
  }

  /** Rejects with `job_not_finished`, and with `invalid_request` for what it cannot be changed to. */
  rerunChanged(request: ChangedRerun): Promise<SubmitAnswer> {
    const { principal, jobId, nodeId, change, inputs, ready } = request;
    const rerun = { ...request, body: undefined };
    return this.again(
      rerun,
      request.what,
      () => ({ jobId, from: [nodeId] }),
      async (submission) => {
        const changed = await this.changed.with(principal.tenantId, submission, {
          nodeId,
          change,
          ...(inputs === undefined ? {} : { inputs }),
        });
        await ready(changed.header.jobId);
        return changed;
      },
    );
  }

  private again(
    { principal, jobId, rawBody, idempotencyKey, correlation }: Rerun,
    what: string,
    originOf: (view: JobView, submission: Omit<Submission, 'header'>) => RerunOrigin,
    adjust: (submission: Submission) => Promise<Submission> = (same) => Promise.resolve(same),
  ): Promise<SubmitAnswer> {
    const content = [what, jobId, ...(rawBody === undefined ? [] : [rawBody])];
    return this.submitter.accept({ principal, content, idempotencyKey }, async (idempotency) => {
      const view = await this.jobs.find(principal, jobId);
      if (!isTerminalJob(view.progress.status)) {
        throw new RequestProblem(
          'job_not_finished',
          `The job is ${view.progress.status}. It can be run again when it has ended; cancel it to end it now.`,
        );
      }
      const now = this.clock.now();
      const definition = withoutPastDeadlines(await this.engine.planOf(view.header), now);
      const origin = originOf(view, definition);
      const { deadline, ...given } = view.header;
      const header: JobHeader = {
        ...unscheduled(withoutWaiter(given)),
        ...(deadline === undefined || deadline <= now ? {} : { deadline }),
        jobId: newJobId(now, randomBytes(ID_RANDOM_BYTES)),
        owner: principal.user,
        createdAt: now,
        rerunOf: origin,
        correlationId: correlation.correlationId,
        traceparent: correlation.traceparent,
      };
      const submission = await adjust({ header, ...definition });
      return { ...submission, ...(idempotency === undefined ? {} : { idempotency }) };
    });
  }
}

/** A job that is run again by itself is no part of another, though its nodes may still read it. */
function withoutWaiter({ parent, ...header }: JobHeader): JobHeader {
  return parent === undefined || parent.kind === 'sub_job' ? header : { ...header, parent };
}

/** It is a user who runs a job again, whatever made it the first time. */
function unscheduled(header: JobHeader): JobHeader {
  const rest: { -readonly [K in keyof JobHeader]: JobHeader[K] } = { ...header };
  delete rest.schedule;
  return rest;
}
