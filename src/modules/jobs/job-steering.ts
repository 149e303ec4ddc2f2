import { Injectable } from '@nestjs/common';
import { jsonBytes } from '../../core/graph/json-size.js';
import { priorityNumber } from '../../core/graph/normalize.js';
import type { Rejection, SteeringCommand } from '../../core/job/commands.js';
import type { JobRef } from '../../core/job/job-record.js';
import { isAdmin, type Principal } from '../../platform/auth/index.js';
import { RequestProblem, type ProblemCode } from '../../platform/errors/index.js';
import type { NodeView } from '../../ports/job-projections.js';
import type { Answer } from '../answer.js';
import { checkedBody } from '../checked-body.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import type { OrchestrationJobResponse } from './dto/job-responses.js';
import type { NodeDetailResponse } from './dto/node-responses.js';
import type {
  ChangePriorityRequest,
  JudgeNodeRequest,
  SignalNodeRequest,
} from './dto/steering-requests.js';
import {
  JUDGEMENT_SHAPE,
  MAX_PAYLOAD_BYTES,
  PRIORITY_SHAPE,
  SIGNAL_SHAPE,
} from './dto/steering-shapes.js';
import { JobReader } from './job-reader.js';
import { NodeReader } from './node-reader.js';

const ROLE_PREFIX = 'role:';

/** How a refusal is answered. */
const PROBLEM_OF: Readonly<Record<Rejection['code'], ProblemCode | undefined>> = {
  job_finished: 'job_already_finished',
  already_ending: 'job_already_ending',
  not_running: 'job_not_running',
  not_paused: 'job_not_paused',
  node_ended: 'node_already_finished',
  attempts_live: 'node_running',
  not_awaiting: 'node_not_awaiting',
  signalled_already: 'already_signalled',
  not_queued: undefined,
  stale_attempt: undefined,
  not_held: undefined,
  not_driven: undefined,
};

/** Carries out what people ask of jobs that have not ended. */
@Injectable()
export class JobSteering {
  constructor(
    @Use('engine') private readonly engine: Dependencies['engine'],
    private readonly jobs: JobReader,
    private readonly nodes: NodeReader,
  ) {}

  /** Answers the job as it stands then. Rejects with `job_not_found` or `job_already_finished`. */
  async cancel(
    principal: Principal,
    jobId: string,
    reason?: string,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const command = {
      type: 'cancel',
      by: principal.user,
      ...(reason === undefined ? {} : { reason }),
    } as const;
    // To ask again for what is under way already is no mistake.
    return this.steerJob(principal, jobId, command, 'already_ending');
  }

  /** Rejects with `job_not_found`, or with why a job in its state cannot be paused. */
  pause(principal: Principal, jobId: string): Promise<Answer<OrchestrationJobResponse>> {
    return this.steerJob(principal, jobId, { type: 'pause', by: principal.user });
  }

  /** Rejects with `job_not_found`, or with why a job in its state cannot be resumed. */
  resume(principal: Principal, jobId: string): Promise<Answer<OrchestrationJobResponse>> {
    return this.steerJob(principal, jobId, { type: 'resume', by: principal.user });
  }

  /** Rejects with `job_not_found`, `invalid_request`, or when the job has ended or is ending. */
  async changePriority(
    principal: Principal,
    jobId: string,
    body: unknown,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const given = checkedBody(PRIORITY_SHAPE, body, 'invalid_request') as ChangePriorityRequest;
    const priority = priorityNumber(given.priority) as number;
    return this.steerJob(principal, jobId, {
      type: 'change_priority',
      by: principal.user,
      priority,
    });
  }

  async skip(
    principal: Principal,
    jobId: string,
    nodeId: string,
  ): Promise<Answer<NodeDetailResponse>> {
    const { node } = await this.jobs.findNode(principal, jobId, nodeId);
    const command = { type: 'skip_node', node: node.index, by: principal.user } as const;
    await this.steer({ tenantId: principal.tenantId, jobId }, command);
    return this.nodes.show(principal, jobId, nodeId);
  }

  /** Rejects with `not_an_approver` when the node says who may decide, and it is somebody else. */
  async judge(
    principal: Principal,
    jobId: string,
    nodeId: string,
    approved: boolean,
    body: unknown,
  ): Promise<Answer<NodeDetailResponse>> {
    const { comment } = checkedBody(JUDGEMENT_SHAPE, body, 'invalid_request') as JudgeNodeRequest;
    // Whoever may decide about a node may know of it, whosever job it is.
    const isNamed = (node: NodeView): boolean => names(approversOf(node), principal);
    const { node } = await this.jobs.findNode(principal, jobId, nodeId, isNamed);
    const approvers = approversOf(node);
    if (approvers !== undefined && !isNamed(node) && !isAdmin(principal)) {
      throw new RequestProblem(
        'not_an_approver',
        `Node ${nodeId} says who may decide, and you are not among them. Ask one of: ${approvers.join(', ')}.`,
      );
    }
    await this.steer(
      { tenantId: principal.tenantId, jobId },
      {
        type: 'judge_node',
        node: node.index,
        approved,
        by: principal.user,
        ...(comment === undefined ? {} : { comment }),
      },
    );
    return this.nodes.show(principal, jobId, nodeId, isNamed);
  }

  async signal(
    principal: Principal,
    jobId: string,
    nodeId: string,
    body: unknown,
  ): Promise<Answer<NodeDetailResponse>> {
    const { payload } = checkedBody(SIGNAL_SHAPE, body, 'invalid_request') as SignalNodeRequest;
    if (jsonBytes(payload ?? null, MAX_PAYLOAD_BYTES) > MAX_PAYLOAD_BYTES) {
      const message = `The payload is larger than ${MAX_PAYLOAD_BYTES} bytes. Send a reference to the data instead.`;
      throw new RequestProblem('invalid_request', message, {
        errors: [{ in: 'body', pointer: '/payload', code: 'too_large', message }],
      });
    }
    const { node } = await this.jobs.findNode(principal, jobId, nodeId);
    await this.steer(
      { tenantId: principal.tenantId, jobId },
      {
        type: 'signal_node',
        node: node.index,
        by: principal.user,
        ...(payload === undefined ? {} : { payload }),
      },
    );
    return this.nodes.show(principal, jobId, nodeId);
  }

  private async steerJob(
    principal: Principal,
    jobId: string,
    command: SteeringCommand,
    harmless?: Rejection['code'],
  ): Promise<Answer<OrchestrationJobResponse>> {
    const { header } = await this.jobs.find(principal, jobId);
    await this.steer(header, command, harmless);
    return this.jobs.show(principal, jobId);
  }

  private async steer(
    ref: JobRef,
    command: SteeringCommand,
    harmless?: Rejection['code'],
  ): Promise<void> {
    const outcome = await this.engine.steer(ref, command);
    if (outcome.status !== 'refused' || outcome.rejection.code === harmless) return;
    const { code, message } = outcome.rejection;
    throw new RequestProblem(PROBLEM_OF[code] ?? 'internal_error', message);
  }
}

function approversOf({ definition }: NodeView): readonly string[] | undefined {
  if (definition.type !== 'approval') return undefined;
  return (definition.config as { readonly approvers?: readonly string[] } | undefined)?.approvers;
}

function names(approvers: readonly string[] | undefined, { user, roles }: Principal): boolean {
  return (
    approvers?.some(
      (name) =>
        name === user ||
        (name.startsWith(ROLE_PREFIX) && roles.includes(name.slice(ROLE_PREFIX.length))),
    ) ?? false
  );
}
