import type { NodeStatus } from '../job/status.js';

export interface DrawnNode {
  readonly id: string;
  readonly name?: string;
  readonly type: string;
  readonly status?: NodeStatus;
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
}

export type Rendering =
  | { readonly ok: true; readonly text: string }
  /** More than a picture can show; `limit` is how many there may be. */
  | {
      readonly ok: false;
      readonly code: 'too_many_nodes' | 'too_many_edges';
      readonly count: number;
      readonly limit: number;
    };

export const MAX_DRAWN_NODES = 2000;
export const MAX_DRAWN_EDGES = 10_000;

/** Fill and border; each status differs in lightness too, for those who do not tell the colours apart. */
const COLOURS: Readonly<Record<NodeStatus, readonly [fill: string, border: string]>> = {
  pending: ['#f5f5f5', '#9e9e9e'],
  ready: ['#e3f2fd', '#64b5f6'],
  running: ['#90caf9', '#1565c0'],
  waiting: ['#e1bee7', '#7b1fa2'],
  retrying: ['#ffe0b2', '#ef6c00'],
  completed: ['#c8e6c9', '#2e7d32'],
  failed: ['#ef9a9a', '#b71c1c'],
  cancelled: ['#cfd8dc', '#455a64'],
  skipped: ['#ffffff', '#bdbdbd'],
};

/**
 * The graph as a Mermaid flowchart, a class for each status. Names and ids are shown as they are and
 * never read as Mermaid or HTML. Edges to nodes that are not drawn are left out. Mermaid itself draws
 * 500 edges unless its `maxEdges` says otherwise.
 */
export function renderMermaid(nodes: readonly DrawnNode[], edges: readonly DrawnEdge[]): Rendering {
  return render(nodes, edges, (keyOf) => {
    const lines = ['flowchart TD'];
    const used = new Set<NodeStatus>();
    for (const node of nodes) {
      const label = labelLines(node).map(mermaidText).join('<br/>');
      const status = node.status === undefined ? '' : `:::${node.status}`;
      if (node.status !== undefined) used.add(node.status);
      lines.push(`  ${keyOf.get(node.id) ?? ''}["${label}"]${status}`);
    }
    for (const [from, to] of drawnEdges(edges, keyOf)) lines.push(`  ${from} --> ${to}`);
    for (const status of used) {
      const [fill, border] = COLOURS[status];
      lines.push(`  classDef ${status} fill:${fill},stroke:${border},color:#212121`);
    }
    return lines;
  });
}

/** The graph in Graphviz' DOT language, a colour for each status. Otherwise as {@link renderMermaid}. */
export function renderDot(nodes: readonly DrawnNode[], edges: readonly DrawnEdge[]): Rendering {
  return render(nodes, edges, (keyOf) => {
    const lines = [
      'digraph job {',
      '  rankdir=TB;',
      '  node [shape=box, style="rounded,filled", fontname="Helvetica"];',
    ];
    for (const node of nodes) {
      const label = labelLines(node).map(dotText).join('\\n');
      const [fill, border] = COLOURS[node.status ?? 'pending'];
      const status = node.status === undefined ? '' : `, class="${node.status}"`;
      lines.push(
        `  ${keyOf.get(node.id) ?? ''} [id="${dotText(node.id)}", label="${label}", fillcolor="${fill}", color="${border}"${status}];`,
      );
    }
    for (const [from, to] of drawnEdges(edges, keyOf)) lines.push(`  ${from} -> ${to};`);
    lines.push('}');
    return lines;
  });
}

function render(
  nodes: readonly DrawnNode[],
  edges: readonly DrawnEdge[],
  draw: (keyOf: ReadonlyMap<string, string>) => readonly string[],
): Rendering {
  if (nodes.length > MAX_DRAWN_NODES) {
    return { ok: false, code: 'too_many_nodes', count: nodes.length, limit: MAX_DRAWN_NODES };
  }
  if (edges.length > MAX_DRAWN_EDGES) {
    return { ok: false, code: 'too_many_edges', count: edges.length, limit: MAX_DRAWN_EDGES };
  }
  // Keys of our own, since an id such as `end` means something to the languages.
  const keyOf = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  return { ok: true, text: `${draw(keyOf).join('\n')}\n` };
}

function* drawnEdges(
  edges: readonly DrawnEdge[],
  keyOf: ReadonlyMap<string, string>,
): Generator<readonly [string, string]> {
  for (const edge of edges) {
    const from = keyOf.get(edge.from);
    const to = keyOf.get(edge.to);
    if (from !== undefined && to !== undefined) yield [from, to];
  }
}

function labelLines({ id, name, type, status }: DrawnNode): readonly string[] {
  return [name ?? id, status === undefined ? type : `${type}, ${status}`];
}

/** Characters that could mean something become Mermaid's entity codes, such as `#35;`. */
function mermaidText(text: string): string {
  return printable(text).replace(
    /[^\p{L}\p{M}\p{N} _.,:/()-]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
}

function dotText(text: string): string {
  return printable(text).replace(/["\\]/g, '\\$&');
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ');
}
