import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, SubmitLimit } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import { answerSubmitted, submissionContextOf } from '../submissions.js';
import { OrchestrationJobResponse } from '../jobs/index.js';
import { ORCHESTRATION } from '../paths.js';
import type { Answer } from '../answer.js';
import { PUT_EXAMPLES, RUN_EXAMPLES, TEXT_DIFF_EXAMPLE } from './template-examples.js';
import { TemplateReader } from './template-reader.js';
import { TemplateRunner } from './template-runner.js';
import { TemplateWriter } from './template-writer.js';
import {
  DiffQuery,
  ListRevisionsQuery,
  ListTemplatesQuery,
  PutTemplateRequest,
  PutTemplateResponse,
  RevisionListResponse,
  RevisionQuery,
  RunTemplateRequest,
  TemplateDiffResponse,
  TemplateListResponse,
  TemplateResponse,
} from './templates.dto.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';

const NAME = { name: 'name', example: 'nightly' };
const READ_PROBLEMS = [...TOKEN_PROBLEMS, 'store_unavailable'] as const;
const BODY_PROBLEMS = [
  'malformed_json',
  'unsupported_content_type',
  'forbidden_key',
  'body_too_large',
] as const;

@ApiTags('templates')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class TemplatesController {
  constructor(
    private readonly reader: TemplateReader,
    private readonly writer: TemplateWriter,
    private readonly runner: TemplateRunner,
  ) {}

  @Get('templates')
  @ApiOperation({
    operationId: 'listTemplates',
    summary: 'List templates',
    description: "The latest revision of each of the tenant's templates, by name.",
  })
  @ApiOkResponse({ type: TemplateListResponse })
  @ApiProblems(...READ_PROBLEMS, 'invalid_query', 'invalid_cursor')
  list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: ListTemplatesQuery,
  ): Promise<Answer<TemplateListResponse>> {
    return this.reader.list(principal, query);
  }

  @Put('templates/:name')
  @ApiOperation({
    operationId: 'putTemplate',
    summary: 'Put a template',
    description:
      'Makes the next revision, which never changes afterwards; when the latest says the same already, that one is answered. Also takes the name out of the archive. Shared by the users of the tenant.',
  })
  @ApiParam(NAME)
  @ApiBody({ type: PutTemplateRequest, examples: PUT_EXAMPLES })
  @ApiOkResponse({ type: PutTemplateResponse, description: 'The latest revision says the same.' })
  @ApiCreatedResponse({
    type: PutTemplateResponse,
    description: 'A revision was made.',
    headers: { Location: { description: 'Where it is.', schema: { type: 'string' } } },
  })
  @ApiProblems(...READ_PROBLEMS, ...BODY_PROBLEMS, 'invalid_template')
  async put(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<PutTemplateResponse>> {
    const { created, template } = await this.writer.put(principal, name, body);
    if (created) void reply.status(201).header('location', template.links.self);
    else void reply.status(200);
    return template;
  }

  @Get('templates/:name')
  @ApiOperation({
    operationId: 'getTemplate',
    summary: 'Get a template',
    description: 'One of its revisions as it was put, archived or not.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: TemplateResponse })
  @ApiProblems(
    ...READ_PROBLEMS,
    'template_not_found',
    'template_revision_not_found',
    'invalid_query',
  )
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() { revision }: RevisionQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const text = await this.reader.show(principal, name, revision);
    void reply.header('content-type', 'application/json; charset=utf-8');
    return text;
  }

  @Get('templates/:name/revisions')
  @ApiOperation({
    operationId: 'listTemplateRevisions',
    summary: "List a template's revisions",
    description: 'Newest first, who made each and when.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: RevisionListResponse })
  @ApiProblems(...READ_PROBLEMS, 'template_not_found', 'invalid_query', 'invalid_cursor')
  revisions(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() query: ListRevisionsQuery,
  ): Promise<Answer<RevisionListResponse>> {
    return this.reader.revisions(principal, name, query);
  }

  @Get('templates/:name/diff')
  @ApiOperation({
    operationId: 'diffTemplate',
    summary: 'Compare two revisions',
    description:
      'What differs by meaning: nodes, parameters and settings that were added, removed or changed. With `Accept: text/plain`, as a short text.',
  })
  @ApiParam(NAME)
  @ApiExtraModels(TemplateDiffResponse)
  @ApiOkResponse({
    description: 'The difference.',
    headers: { Vary: { description: 'Accept', schema: { type: 'string' } } },
    content: {
      'application/json': { schema: { $ref: getSchemaPath(TemplateDiffResponse) } },
      'text/plain': { schema: { type: 'string' }, example: TEXT_DIFF_EXAMPLE },
    },
  })
  @ApiProblems(
    ...READ_PROBLEMS,
    'template_not_found',
    'template_revision_not_found',
    'invalid_query',
  )
  async diff(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Query() query: DiffQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<TemplateDiffResponse> | string> {
    void reply.header('vary', 'Accept');
    if (!prefersText(accept)) return this.reader.diff(principal, name, query);
    const text = await this.reader.diffText(principal, name, query);
    void reply.header('content-type', 'text/plain; charset=utf-8');
    return text;
  }

  @Post('templates/:name/run')
  @HttpCode(202)
  @UseGuards(SubmitLimit)
  @ApiOperation({
    operationId: 'runTemplate',
    summary: 'Run a template',
    description:
      'Submits a job made from a revision and inputs. It is answered as a submission is, and counts as one.',
  })
  @ApiParam(NAME)
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      '1 to 255 printable characters. The same key with the same body answers with the job that the first request made, and makes no other, whatever has become of the template since.',
    example: 'nightly-2026-11-21',
  })
  @ApiBody({ type: RunTemplateRequest, required: false, examples: RUN_EXAMPLES })
  @ApiAcceptedResponse({
    type: OrchestrationJobResponse,
    headers: {
      Location: { description: 'Where the job is.', schema: { type: 'string' } },
      'Idempotency-Replayed': {
        description: '`true` when the job was made by an earlier request with this key.',
        schema: { type: 'string' },
      },
    },
  })
  @ApiProblems(
    ...READ_PROBLEMS,
    ...BODY_PROBLEMS,
    'template_not_found',
    'template_revision_not_found',
    'template_archived',
    'invalid_request',
    'invalid_definition',
    'idempotency_key_reused',
    'rate_limited',
    'stopping',
  )
  async run(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<OrchestrationJobResponse>> {
    const submitted = await this.runner.run({
      principal,
      name,
      body,
      ...submissionContextOf(request),
    });
    return answerSubmitted(reply, submitted);
  }

  @Delete('templates/:name')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'archiveTemplate',
    summary: 'Archive a template',
    description:
      'It can be read as before and no longer be run. Revisions are never deleted; to take the name out of the archive, put it again.',
  })
  @ApiParam(NAME)
  @ApiNoContentResponse({ description: 'It is archived.' })
  @ApiProblems(...READ_PROBLEMS, 'malformed_json', 'unsupported_content_type', 'template_not_found')
  async archive(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
  ): Promise<void> {
    await this.writer.archive(principal, name);
  }
}

/** Whether text is named before JSON, or JSON not at all. */
function prefersText(accept = ''): boolean {
  const kinds = accept.split(',').map((kind) => (kind.split(';')[0] ?? '').trim().toLowerCase());
  const text = kinds.indexOf('text/plain');
  const json = kinds.findIndex((kind) => kind === 'application/json' || kind === 'application/*');
  return text >= 0 && (json < 0 || text < json);
}
