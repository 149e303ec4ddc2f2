import { Body, Controller, Delete, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { BodyOptional } from '../../platform/http/index.js';
import type { Answer } from '../answer.js';
import { ORCHESTRATION } from '../paths.js';
import { OrchestrationJobResponse } from './dto/job-responses.js';
import { NodeDetailResponse } from './dto/node-responses.js';
import { CancelQuery } from './dto/queries.js';
import {
  ChangePriorityRequest,
  JudgeNodeRequest,
  SignalNodeRequest,
} from './dto/steering-requests.js';
import { JobSteering } from './job-steering.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { JOB_ID, NODE_ID } from './dto/route-params.js';

const STEERING_PROBLEMS = [
  ...TOKEN_PROBLEMS,
  'malformed_json',
  'unsupported_content_type',
  'job_not_found',
  'job_already_finished',
  'store_unavailable',
] as const;
const NODE_PROBLEMS = [
  ...STEERING_PROBLEMS,
  'job_already_ending',
  'node_not_found',
  'node_already_finished',
] as const;
const BODY_PROBLEMS = ['forbidden_key', 'body_too_large', 'invalid_request'] as const;

/** What people ask of jobs that have not ended. */
@ApiTags('steering')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class JobSteeringController {
  constructor(private readonly steering: JobSteering) {}

  @Delete('job/:job_id')
  @ApiOperation({
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    description:
      'Asks a queued or running job to end. Nodes under way are ended; the job is `cancelling` until they have.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: OrchestrationJobResponse })
  @ApiProblems(...STEERING_PROBLEMS, 'invalid_query')
  cancel(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Query() query: CancelQuery,
  ): Promise<Answer<OrchestrationJobResponse>> {
    return this.steering.cancel(principal, jobId, query.reason);
  }

  @Post('job/:job_id/pause')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'pauseJob',
    summary: 'Pause a job',
    description:
      'Nothing new starts; what runs goes on to its end. The time-out of the job goes on, too.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: OrchestrationJobResponse })
  @ApiProblems(...STEERING_PROBLEMS, 'job_already_ending', 'job_not_running')
  pause(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
  ): Promise<Answer<OrchestrationJobResponse>> {
    return this.steering.pause(principal, jobId);
  }

  @Post('job/:job_id/resume')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'resumeJob',
    summary: 'Resume a job',
    description: 'A paused job goes on where it was.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: OrchestrationJobResponse })
  @ApiProblems(...STEERING_PROBLEMS, 'job_already_ending', 'job_not_paused')
  resume(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
  ): Promise<Answer<OrchestrationJobResponse>> {
    return this.steering.resume(principal, jobId);
  }

  @Post('job/:job_id/priority')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'changeJobPriority',
    summary: 'Change the priority of a job',
    description:
      'From then on the job waits in the queue, and seeks free slots, by this priority. Which of its own nodes come first stays as its definition says. Jobs that it waits for are raised with it.',
  })
  @ApiParam(JOB_ID)
  @ApiBody({ type: ChangePriorityRequest })
  @ApiOkResponse({ type: OrchestrationJobResponse })
  @ApiProblems(...STEERING_PROBLEMS, ...BODY_PROBLEMS, 'job_already_ending')
  changePriority(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Body() body: unknown,
  ): Promise<Answer<OrchestrationJobResponse>> {
    return this.steering.changePriority(principal, jobId, body);
  }

  @Post('job/:job_id/nodes/:node_id/skip')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'skipNode',
    summary: 'Skip a node',
    description:
      'A node that has not started, or waits, is not to run. The trigger rules of those that need it decide what becomes of them.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiOkResponse({ type: NodeDetailResponse })
  @ApiProblems(...NODE_PROBLEMS, 'node_running')
  skip(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
  ): Promise<Answer<NodeDetailResponse>> {
    return this.steering.skip(principal, jobId, nodeId);
  }

  @Post('job/:job_id/nodes/:node_id/approve')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'approveNode',
    summary: 'Approve',
    description:
      'A node of type approval completes, with who approved it and why as its output. By whom, its approvers say; left out, by the owner of the job and admins.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiBody({ type: JudgeNodeRequest, required: false })
  @ApiOkResponse({ type: NodeDetailResponse })
  @ApiProblems(...NODE_PROBLEMS, ...BODY_PROBLEMS, 'node_not_awaiting', 'not_an_approver')
  approve(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
    @Body() body: unknown,
  ): Promise<Answer<NodeDetailResponse>> {
    return this.steering.judge(principal, jobId, nodeId, true, body);
  }

  @Post('job/:job_id/nodes/:node_id/reject')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rejectNode',
    summary: 'Reject',
    description: 'A node of type approval fails, and is not tried again.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiBody({ type: JudgeNodeRequest, required: false })
  @ApiOkResponse({ type: NodeDetailResponse })
  @ApiProblems(...NODE_PROBLEMS, ...BODY_PROBLEMS, 'node_not_awaiting', 'not_an_approver')
  reject(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
    @Body() body: unknown,
  ): Promise<Answer<NodeDetailResponse>> {
    return this.steering.judge(principal, jobId, nodeId, false, body);
  }

  @Post('job/:job_id/nodes/:node_id/signal')
  @BodyOptional()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'signalNode',
    summary: 'Send a signal',
    description:
      'A node of type signal completes with the payload as its output. A signal that comes before the node waits for it is kept; each node takes one.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiBody({ type: SignalNodeRequest, required: false })
  @ApiOkResponse({ type: NodeDetailResponse })
  @ApiProblems(...NODE_PROBLEMS, ...BODY_PROBLEMS, 'node_not_awaiting', 'already_signalled')
  signal(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
    @Body() body: unknown,
  ): Promise<Answer<NodeDetailResponse>> {
    return this.steering.signal(principal, jobId, nodeId, body);
  }
}
