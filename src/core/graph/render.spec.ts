import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NODE_STATUSES } from '../job/status.js';
import { MAX_DRAWN_EDGES, MAX_DRAWN_NODES, renderDot, renderMermaid } from './render.js';
import type { DrawnNode, Rendering } from './render.js';

const nodes: DrawnNode[] = [
  { id: 'end', type: 'noop', status: 'completed' },
  { id: 'b', name: 'Say "hi" <b>#1</b> \\ `x`\n', type: 'process' },
];
const edges = [
  { from: 'end', to: 'b' },
  { from: 'b', to: 'elsewhere' },
];

function text(rendering: Rendering): string {
  if (!rendering.ok) throw new Error(rendering.code);
  return rendering.text;
}

describe('renderMermaid', () => {
  it('draws nodes, edges and the statuses in use', () => {
    expect(text(renderMermaid(nodes, edges))).toBe(
      [
        'flowchart TD',
        '  n0["end<br/>noop, completed"]:::completed',
        '  n1["Say #34;hi#34; #60;b#62;#35;1#60;/b#62; #92; #96;x#96; <br/>process"]',
        '  n0 --> n1',
        '  classDef completed fill:#c8e6c9,stroke:#2e7d32,color:#212121',
        '',
      ].join('\n'),
    );
  });
});

describe('renderDot', () => {
  it('draws nodes, edges and colours', () => {
    expect(text(renderDot(nodes, edges))).toBe(
      [
        'digraph job {',
        '  rankdir=TB;',
        '  node [shape=box, style="rounded,filled", fontname="Helvetica"];',
        '  n0 [id="end", label="end\\nnoop, completed", fillcolor="#c8e6c9", color="#2e7d32", class="completed"];',
        '  n1 [id="b", label="Say \\"hi\\" <b>#1</b> \\\\ `x` \\nprocess", fillcolor="#f5f5f5", color="#9e9e9e"];',
        '  n0 -> n1;',
        '}',
        '',
      ].join('\n'),
    );
  });
});

describe.each([
  ['renderMermaid', renderMermaid, 1],
  ['renderDot', renderDot, 4],
] as const)('%s', (_name, render, frame) => {
  it('lets no name out of its label', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...NODE_STATUSES),
        (name, status) => {
          const drawn = text(render([{ id: name, name, type: name, status }], []));
          const lines = drawn.trimEnd().split(/[\n\r\u2028\u2029]/);
          expect(lines).toHaveLength(frame + (render === renderDot ? 1 : 2));
          const unescaped = drawn.replace(/\\./g, '');
          expect((unescaped.match(/"/g) ?? []).length % 2).toBe(0);
        },
      ),
    );
  });

  it('says when there is more than a picture can show', () => {
    const many = Array.from({ length: MAX_DRAWN_NODES + 1 }, (_, i) => ({
      id: `n${i}`,
      type: 'noop',
    }));
    expect(render(many, [])).toEqual({
      ok: false,
      code: 'too_many_nodes',
      count: MAX_DRAWN_NODES + 1,
      limit: MAX_DRAWN_NODES,
    });
    expect(
      render(many.slice(1), Array(MAX_DRAWN_EDGES + 1).fill({ from: 'n1', to: 'n2' })),
    ).toMatchObject({
      ok: false,
      code: 'too_many_edges',
    });
    expect(render(many.slice(1), []).ok).toBe(true);
  });
});
