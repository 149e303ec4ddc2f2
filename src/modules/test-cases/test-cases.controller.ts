import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { ORCHESTRATION, testCasePath } from '../paths.js';
import {
  ListTestCasesQuery,
  PutTestCaseRequest,
  TestCaseListResponse,
  TestCaseResponse,
} from './test-cases.dto.js';
import { TestCasesService } from './test-cases.service.js';
import type { Answer } from '../answer.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';

const NAME = { name: 'name', example: 'test1' };
const READ_PROBLEMS = [...TOKEN_PROBLEMS, 'store_unavailable'] as const;

@ApiTags('test cases')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class TestCasesController {
  constructor(private readonly service: TestCasesService) {}

  @Get('test-cases')
  @ApiOperation({
    operationId: 'listTestCases',
    summary: 'List test cases',
    description: 'The catalogue of the tenant, by name.',
  })
  @ApiOkResponse({ type: TestCaseListResponse })
  @ApiProblems(...READ_PROBLEMS, 'invalid_query', 'invalid_cursor')
  list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: ListTestCasesQuery,
  ): Promise<Answer<TestCaseListResponse>> {
    return this.service.list(principal, query);
  }

  @Get('test-cases/:name')
  @ApiOperation({
    operationId: 'getTestCase',
    summary: 'Get a test case',
    description: 'What a node of type test_case with this name runs.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: TestCaseResponse })
  @ApiProblems(...READ_PROBLEMS, 'test_case_not_found')
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
  ): Promise<Answer<TestCaseResponse>> {
    return this.service.get(principal, name);
  }

  @Put('test-cases/:name')
  @ApiOperation({
    operationId: 'putTestCase',
    summary: 'Create or replace a test case',
    description:
      'Shared by the users of the tenant. Nodes that start from then on run the new one.',
  })
  @ApiParam(NAME)
  @ApiBody({ type: PutTestCaseRequest })
  @ApiOkResponse({ type: TestCaseResponse, description: 'It was replaced.' })
  @ApiCreatedResponse({
    type: TestCaseResponse,
    description: 'It was created.',
    headers: { Location: { description: 'Where it is.', schema: { type: 'string' } } },
  })
  @ApiProblems(
    ...READ_PROBLEMS,
    'malformed_json',
    'unsupported_content_type',
    'forbidden_key',
    'body_too_large',
    'invalid_test_case',
  )
  async put(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<TestCaseResponse>> {
    const { created, testCase } = await this.service.put(principal, name, body);
    if (created) void reply.status(201).header('location', testCasePath(name));
    else void reply.status(200);
    return testCase;
  }

  @Delete('test-cases/:name')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteTestCase',
    summary: 'Delete a test case',
    description: 'Nodes that start from then on fail for want of it.',
  })
  @ApiParam(NAME)
  @ApiNoContentResponse({ description: 'It is gone.' })
  @ApiProblems(
    ...READ_PROBLEMS,
    'malformed_json',
    'unsupported_content_type',
    'test_case_not_found',
  )
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
  ): Promise<void> {
    await this.service.delete(principal, name);
  }
}
