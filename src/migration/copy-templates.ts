import type { NewTemplateRevision, TemplateRevision } from '../ports/template-store.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore } from './movable-store.js';
import { matchedTemplates } from './shared-things.js';

/**
 * Puts the revisions of each template that the target lacks there, in their order.
 *
 * @throws MigrationStopped when the target has other revisions
 */
export async function copyTemplates(source: MovableStore, target: MovableStore): Promise<void> {
  for await (const { tenantId, name, latest, there } of matchedTemplates(source, target)) {
    const last = latest.revision.revision;
    for (let number = (there?.revision.revision ?? 0) + 1; number <= last; number++) {
      const found = await source.templates.get(tenantId, name, number);
      if (found === undefined) {
        throw new MigrationStopped(
          `Revision ${number} of template ${name} of tenant ${tenantId} is missing in the source. ` +
            'Restore the source from a copy that is whole.',
        );
      }
      const put = await target.templates.put(tenantId, unnumbered(found.revision));
      if (put.revision.revision !== number) {
        throw new MigrationStopped(
          `Revision ${number} of template ${name} of tenant ${tenantId} is ` +
            `${put.revision.revision} in the target: others were put there. ` +
            'Name a target that has not been in use.',
        );
      }
    }
    // A revision that is put takes its name out of the archive.
    await target.templates.archive(tenantId, name, latest.archived);
  }
}

function unnumbered({ description, ...revision }: TemplateRevision): NewTemplateRevision {
  const { name, hash, nodeCount, createdAt, createdBy, content } = revision;
  return {
    name,
    hash,
    ...(description === undefined ? {} : { description }),
    nodeCount,
    createdAt,
    createdBy,
    content,
  };
}
