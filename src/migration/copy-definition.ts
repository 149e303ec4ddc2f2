import type { DefinitionChunk, JobHeader } from '../core/job/job-record.js';
import { definitionChunks } from '../engine/definition-chunks.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore } from './movable-store.js';
import { named } from './pages.js';

const CHUNKS_A_READ = 4;

/**
 * Stages the definition of a large job in the target, as the engine does; answers what is left to go
 * with the job's creation.
 */
export async function copyDefinition(
  source: MovableStore,
  target: MovableStore,
  header: JobHeader,
): Promise<readonly DefinitionChunk[]> {
  const { nodeCount } = header;
  let first = 0;
  while (first < nodeCount) {
    const start = first;
    const read = await source.journal.readDefinition(header, start, CHUNKS_A_READ);
    const nodes = read.flatMap((chunk) => chunk.nodes.slice(Math.max(0, start - chunk.first)));
    if (nodes.length === 0) {
      throw new MigrationStopped(
        `The definition of ${named(header)} ends after ${start} of ${nodeCount} nodes in the ` +
          'source. Restore the source from a copy that is whole.',
      );
    }
    for (const chunk of definitionChunks(nodes)) {
      if (chunk.nodes.length === nodeCount) return [chunk];
      await target.journal.stage(header, { first: start + chunk.first, nodes: chunk.nodes });
    }
    first += nodes.length;
  }
  return [];
}
