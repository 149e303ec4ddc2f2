import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import type { Answer } from '../answer.js';
import { ORCHESTRATION } from '../paths.js';
import { WhyJobResponse, WhyNodeResponse } from './dto/why-responses.js';
import { WhyReader } from './why-reader.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { JOB_ID } from './dto/route-params.js';

const NODE_ID = { name: 'node_id', example: 'deploy' };
const WHY_PROBLEMS = [...TOKEN_PROBLEMS, 'job_not_found', 'store_unavailable'] as const;

/** What jobs and nodes wait for. */
@ApiTags('why')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class WhyController {
  constructor(private readonly reader: WhyReader) {}

  @Get('job/:job_id/why')
  @ApiOperation({
    operationId: 'whyJob',
    summary: 'Ask why a job waits',
    description:
      'Every gate that holds the job back, and what its nodes wait for now, each for programs and as a sentence.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: WhyJobResponse })
  @ApiProblems(...WHY_PROBLEMS)
  job(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
  ): Promise<Answer<WhyJobResponse>> {
    return this.reader.job(principal, jobId);
  }

  @Get('job/:job_id/nodes/:node_id/why')
  @ApiOperation({
    operationId: 'whyNode',
    summary: 'Ask why a node waits',
    description:
      'Every gate that holds the node back, each for programs and as a sentence; of a node that runs or has ended, how that came.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiOkResponse({ type: WhyNodeResponse })
  @ApiProblems(...WHY_PROBLEMS, 'node_not_found')
  node(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
  ): Promise<Answer<WhyNodeResponse>> {
    return this.reader.node(principal, jobId, nodeId);
  }
}
