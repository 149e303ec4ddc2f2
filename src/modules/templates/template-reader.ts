import { Injectable } from '@nestjs/common';
import { diffText } from '../../core/template/diff-text.js';
import { diffTemplatesSteps } from '../../core/template/diff.js';
import type { TemplateDiff } from '../../core/template/diff.js';
import type { TemplateContent } from '../../core/template/template.js';
import { runInSlices } from '../../engine/slices.js';
import type { Principal } from '../../platform/auth/index.js';
import { parseInPieces } from '../../platform/http/index.js';
import type { FoundTemplate, TemplateStore } from '../../ports/template-store.js';
import { Use } from '../dependencies.js';
import type { Answer } from '../answer.js';
import { revisionNotFound, templateNotFound } from './template-problems.js';
import { showRevision, templateText } from './template-views.js';
import type {
  DiffQuery,
  ListRevisionsQuery,
  ListTemplatesQuery,
  RevisionListResponse,
  TemplateDiffResponse,
  TemplateListResponse,
} from './templates.dto.js';

interface Compared {
  readonly versions: { readonly name: string; readonly from: number; readonly to: number };
  readonly diff: TemplateDiff;
}

/** What the content of a stored revision says. */
export async function contentOf({ revision }: FoundTemplate): Promise<TemplateContent> {
  return (await parseInPieces(revision.content)) as TemplateContent;
}

/** Reads the templates of a tenant. */
@Injectable()
export class TemplateReader {
  constructor(@Use('templates') private readonly templates: TemplateStore) {}

  /** The latest revision unless told which. Rejects with `template_not_found`, or `…_revision_…`. */
  async find(principal: Principal, name: string, revision?: number): Promise<FoundTemplate> {
    const { tenantId } = principal;
    const found = await this.templates.get(tenantId, name, revision);
    if (found !== undefined) return found;
    const latest = revision === undefined ? undefined : await this.templates.get(tenantId, name);
    if (revision === undefined || latest === undefined) throw templateNotFound();
    throw revisionNotFound(revision, latest.revision.revision);
  }

  /** A `TemplateResponse` as JSON text. Rejects as {@link find} does. */
  async show(principal: Principal, name: string, revision?: number): Promise<string> {
    return templateText(await this.find(principal, name, revision));
  }

  async list(
    principal: Principal,
    { archived, limit, cursor }: ListTemplatesQuery,
  ): Promise<Answer<TemplateListResponse>> {
    const page = await this.templates.list(principal.tenantId, {
      archived: archived === 'true',
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return {
      templates: page.templates.map(showRevision),
      total: page.total,
      ...(page.next === undefined ? {} : { next_cursor: page.next }),
    };
  }

  /** Rejects with `template_not_found`. */
  async revisions(
    principal: Principal,
    name: string,
    { limit, cursor }: ListRevisionsQuery,
  ): Promise<Answer<RevisionListResponse>> {
    const page = await this.templates.revisions(principal.tenantId, name, limit, cursor);
    if (page.total === 0) throw templateNotFound();
    return {
      revisions: page.revisions.map(showRevision),
      total: page.total,
      ...(page.next === undefined ? {} : { next_cursor: page.next }),
    };
  }

  /** Rejects as {@link find} does. */
  async diff(
    principal: Principal,
    name: string,
    query: DiffQuery,
  ): Promise<Answer<TemplateDiffResponse>> {
    const { versions, diff } = await this.compare(principal, name, query);
    return { ...versions, ...diff };
  }

  /** {@link diff} for people. */
  async diffText(principal: Principal, name: string, query: DiffQuery): Promise<string> {
    const { versions, diff } = await this.compare(principal, name, query);
    return diffText(diff, versions);
  }

  private async compare(principal: Principal, name: string, query: DiffQuery): Promise<Compared> {
    const newer = await this.find(principal, name, query.to);
    const to = newer.revision.revision;
    const from = query.from ?? Math.max(1, to - 1);
    const older = from === to ? newer : await this.find(principal, name, from);
    const contents = [await contentOf(older), await contentOf(newer)] as const;
    const diff = await runInSlices(diffTemplatesSteps(...contents));
    return { versions: { name, from, to }, diff };
  }
}
