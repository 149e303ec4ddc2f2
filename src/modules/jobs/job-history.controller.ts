import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import type { Answer } from '../answer.js';
import { ORCHESTRATION } from '../paths.js';
import {
  CompareJobsQuery,
  JobComparisonResponse,
  PastJobResponse,
} from './dto/history-responses.js';
import { JobHistorian } from './job-historian.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { JOB_ID } from './dto/route-params.js';

const VERSION = {
  name: 'version',
  schema: { type: 'integer', minimum: 1 },
  description: 'One of 1, the version that made the job, to its latest.',
  example: 4,
} as const;
const READ_PROBLEMS = [...TOKEN_PROBLEMS, 'job_not_found', 'store_unavailable'] as const;

/** How jobs stood, and how two of them differ. */
@ApiTags('history')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class JobHistoryController {
  constructor(private readonly historian: JobHistorian) {}

  @Get('job/:job_id/at/:version')
  @ApiOperation({
    operationId: 'getJobAtVersion',
    summary: 'Get a job as it stood',
    description:
      'The job and its first 1,000 nodes as they stood when a version was committed, by replaying the journal up to it. listEvents says what happened at which version.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(VERSION)
  @ApiOkResponse({ type: PastJobResponse })
  @ApiProblems(...READ_PROBLEMS, 'version_not_found')
  at(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('version') version: string,
  ): Promise<Answer<PastJobResponse>> {
    return this.historian.at(principal, jobId, version);
  }

  @Get('jobs/compare')
  @ApiOperation({
    operationId: 'compareJobs',
    summary: 'Compare two jobs',
    description:
      'What differs between two jobs, such as two runs of one template: settings, nodes, and of the nodes that both have how they ended, how long they took, and whether they handed on the same.',
  })
  @ApiOkResponse({ type: JobComparisonResponse })
  @ApiProblems(...READ_PROBLEMS, 'invalid_query')
  compare(
    @CurrentPrincipal() principal: Principal,
    @Query() query: CompareJobsQuery,
  ): Promise<Answer<JobComparisonResponse>> {
    return this.historian.compare(principal, query.a, query.b);
  }
}
