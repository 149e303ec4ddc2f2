import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Open } from '../../platform/auth/index.js';
import type { Config } from '../../platform/config/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import type { NodeExecutor } from '../../ports/node-executor.js';
import { Use } from '../dependencies.js';
import { publishedJobSchema } from './published-job-schema.js';

@ApiTags('schemas')
@Controller('schemas')
export class SchemasController {
  private readonly job: string;

  constructor(
    @Use('executors') executors: ReadonlyMap<string, NodeExecutor>,
    @Use('config') config: Config,
  ) {
    this.job = JSON.stringify(publishedJobSchema(executors, config.maxNodesPerJob));
  }

  @Open()
  @Get('job.schema.json')
  @ApiOperation({
    operationId: 'getJobSchema',
    summary: 'The JSON Schema of a job',
    description: 'JSON Schema 2020-12 of what a submission may hold, for editors and for clients.',
  })
  @ApiProduces('application/schema+json')
  @ApiOkResponse({ schema: { type: 'object' } })
  @ApiProblems()
  jobSchema(@Res({ passthrough: true }) reply: FastifyReply): string {
    void reply
      .header('content-type', 'application/schema+json; charset=utf-8')
      .header('cache-control', 'public, max-age=300');
    return this.job;
  }
}
