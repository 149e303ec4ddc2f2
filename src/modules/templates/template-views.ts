import type { FoundTemplate, TemplateRevisionInfo } from '../../ports/template-store.js';
import type { Answer } from '../answer.js';
import { templatePath } from '../paths.js';
import type { TemplateRevisionResponse } from './templates.dto.js';

export function showRevision(info: TemplateRevisionInfo): Answer<TemplateRevisionResponse> {
  const path = templatePath(info.name);
  return {
    name: info.name,
    revision: info.revision,
    hash: info.hash,
    ...(info.description === undefined ? {} : { description: info.description }),
    node_count: info.nodeCount,
    created_at: new Date(info.createdAt).toISOString(),
    created_by: info.createdBy,
    links: {
      self: templatePath(info.name, info.revision),
      revisions: `${path}/revisions`,
      run: `${path}/run`,
    },
  };
}

/**
 * A `TemplateResponse` as JSON text. What the revision says is JSON text already, of megabytes at
 * times: it is taken over as it is.
 */
export function templateText({ revision, archived }: FoundTemplate): string {
  const shown: Partial<Answer<TemplateRevisionResponse>> = { ...showRevision(revision) };
  // The content has it too.
  delete (shown as { description?: string }).description;
  return `${JSON.stringify({ ...shown, archived }).slice(0, -1)},${revision.content.slice(1)}`;
}
