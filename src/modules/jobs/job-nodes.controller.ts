import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { ORCHESTRATION } from '../paths.js';
import { EventListResponse, NodeDetailResponse, NodeListResponse } from './dto/node-responses.js';
import { GraphQuery, ListEventsQuery, ListNodesQuery, LogQuery } from './dto/queries.js';
import { EventReader } from './event-reader.js';
import { GraphRenderer } from './graph-renderer.js';
import { NodeReader } from './node-reader.js';
import type { Answer } from '../answer.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { JOB_ID, NODE_ID } from './dto/route-params.js';

const READ_PROBLEMS = [
  ...TOKEN_PROBLEMS,
  'job_not_found',
  'invalid_query',
  'store_unavailable',
] as const;

@ApiTags('nodes')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class JobNodesController {
  constructor(
    private readonly reader: NodeReader,
    private readonly eventReader: EventReader,
    private readonly renderer: GraphRenderer,
  ) {}

  @Get('job/:job_id/nodes')
  @ApiOperation({
    operationId: 'listNodes',
    summary: "List a job's nodes",
    description: 'In definition order, page by page, where wanted those of one status.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: NodeListResponse })
  @ApiProblems(...READ_PROBLEMS)
  nodes(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Query() query: ListNodesQuery,
  ): Promise<Answer<NodeListResponse>> {
    return this.reader.list(principal, jobId, query);
  }

  @Get('job/:job_id/nodes/:node_id')
  @ApiOperation({
    operationId: 'getNode',
    summary: 'Get a node',
    description: 'With its output, its attempts, their errors and links to their logs.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiOkResponse({ type: NodeDetailResponse })
  @ApiProblems(...READ_PROBLEMS, 'node_not_found')
  node(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
  ): Promise<Answer<NodeDetailResponse>> {
    return this.reader.show(principal, jobId, nodeId);
  }

  @Get('job/:job_id/nodes/:node_id/logs')
  @ApiOperation({
    operationId: 'getNodeLogs',
    summary: "Read a node's log",
    description:
      'What an attempt printed, from `offset` on. To follow it, ask again with offset = X-Next-Offset.',
  })
  @ApiParam(JOB_ID)
  @ApiParam(NODE_ID)
  @ApiProduces('text/plain')
  @ApiOkResponse({
    schema: { type: 'string', example: '3 passed, 0 failed\n' },
    headers: {
      'X-Next-Offset': { description: 'Where this part ends.', schema: { type: 'integer' } },
      'X-Total-Bytes': { description: 'How long the log is by now.', schema: { type: 'integer' } },
    },
  })
  @ApiProblems(...READ_PROBLEMS, 'node_not_found', 'log_not_found')
  async logs(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Param('node_id') nodeId: string,
    @Query() query: LogQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const { bytes, size } = await this.reader.log(principal, jobId, nodeId, query);
    void reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('x-next-offset', String(query.offset + bytes.length))
      .header('x-total-bytes', String(size));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  @Get('job/:job_id/events')
  @ApiOperation({
    operationId: 'listEvents',
    summary: "List a job's events",
    description:
      'All that was committed about it, oldest first, in whole versions. Go on with `after` = next_after.',
  })
  @ApiParam(JOB_ID)
  @ApiOkResponse({ type: EventListResponse })
  @ApiProblems(...READ_PROBLEMS)
  events(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Query() query: ListEventsQuery,
  ): Promise<Answer<EventListResponse>> {
    return this.eventReader.list(principal, jobId, query);
  }

  @Get('job/:job_id/graph')
  @ApiOperation({
    operationId: 'getGraph',
    summary: "Draw a job's graph",
    description: 'As Mermaid or Graphviz DOT, each node with its status.',
  })
  @ApiParam(JOB_ID)
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string', example: 'flowchart TD\n  n0["test1"]\n' } })
  @ApiProblems(...READ_PROBLEMS, 'graph_too_large')
  async graph(
    @CurrentPrincipal() principal: Principal,
    @Param('job_id') jobId: string,
    @Query() query: GraphQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const text = await this.renderer.render(principal, jobId, query.format);
    void reply.header('content-type', 'text/plain; charset=utf-8');
    return text;
  }
}
