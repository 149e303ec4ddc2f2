import type { NodeDefinition } from '../core/graph/definition.js';
import type { DefinitionChunk } from '../core/job/job-record.js';

const NODES_A_CHUNK = 256;
const BYTES_A_CHUNK = 256 * 1024;

/** Cuts a definition into runs of nodes that are each a small document, by number and by size. */
export function* definitionChunks(nodes: readonly NodeDefinition[]): Generator<DefinitionChunk> {
  let first = 0;
  let bytes = 0;
  for (let at = 0; at < nodes.length; at++) {
    const size = roughSize(nodes[at] as NodeDefinition);
    if (at > first && (at - first >= NODES_A_CHUNK || bytes + size > BYTES_A_CHUNK)) {
      yield { first, nodes: nodes.slice(first, at) };
      first = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (first < nodes.length) yield { first, nodes: nodes.slice(first) };
}

function roughSize(node: NodeDefinition): number {
  const needs = node.needs?.reduce((sum, id) => sum + id.length + 3, 0) ?? 0;
  return 100 + needs + (node.config === undefined ? 0 : JSON.stringify(node.config).length);
}
