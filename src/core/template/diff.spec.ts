import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../json.js';
import { diffTemplates, MAX_LISTED } from './diff.js';
import { diffText } from './diff-text.js';
import type { TemplateContent } from './template.js';

const template = (
  nodes: readonly JsonObject[],
  more: Partial<TemplateContent> = {},
  edges: Json = [],
): TemplateContent => ({
  ...more,
  definition: { name: 'n', ...more.definition, dag_definition: { nodes, edges } },
});
const VERSIONS = { name: 'nightly', from: 1, to: 2 };

const BEFORE = template(
  [
    { id: 'build', type: 'shell', config: { script: 'make', env: { A: '1', B: '2' } } },
    { id: 'unit', type: 'process', needs: ['build'], config: { args: ['a'] } },
    { id: 'old', type: 'noop' },
  ],
  {
    definition: { priority: 'high', labels: { branch: 'main' } },
    parameters: {
      properties: { browser: { default: 'chrome' }, gone: {} },
      additionalProperties: false,
    },
  },
);
const AFTER = template(
  [
    { id: 'unit', type: 'process', config: { args: ['a', 'b'] } },
    { id: 'build', type: 'shell', config: { script: 'make', env: { A: '1', C: '3' } } },
    { id: 'report', type: 'noop' },
  ],
  {
    description: 'Every night',
    definition: { priority: 4, labels: { branch: 'main' } },
    parameters: {
      properties: { browser: { default: 'firefox' }, shards: {} },
      required: ['browser'],
    },
  },
  [
    { from: 'build', to: 'unit' },
    { from: 'unit', to: 'report' },
  ],
);

describe('the difference of two revisions', () => {
  it('names nodes, parameters and settings, with what changed of them', () => {
    const diff = diffTemplates(BEFORE, AFTER);
    expect(diff).toMatchObject({ same: false, truncated: false });
    expect(diff.nodes).toEqual({
      added: [{ id: 'report', type: 'noop' }],
      removed: [{ id: 'old', type: 'noop' }],
      changed: [
        {
          id: 'unit',
          fields: [{ field: '/config/args', change: 'changed', before: ['a'], after: ['a', 'b'] }],
        },
        {
          id: 'build',
          fields: [
            { field: '/config/env/B', change: 'removed', before: '2' },
            { field: '/config/env/C', change: 'added', after: '3' },
          ],
        },
      ],
    });
    expect(diff.parameters).toEqual({
      added: ['shards'],
      removed: ['gone'],
      changed: [
        {
          name: 'browser',
          fields: [
            { field: '/default', change: 'changed', before: 'chrome', after: 'firefox' },
            { field: '/required', change: 'added', after: true },
          ],
        },
      ],
    });
    expect(diff.settings).toEqual([
      { field: '/parameters/additionalProperties', change: 'removed', before: false },
      { field: '/definition/priority', change: 'changed', before: 5, after: 4 },
      { field: '/description', change: 'added', after: 'Every night' },
    ]);
  });

  it('is a short text', () => {
    expect(diffText(diffTemplates(BEFORE, AFTER), VERSIONS)).toBe(
      [
        'nightly: revision 1 -> 2',
        '~ setting parameters/additionalProperties removed (was false)',
        '~ setting definition/priority 5 -> 4',
        '~ setting description added ("Every night")',
        '+ parameter shards',
        '- parameter gone',
        '~ parameter browser: default "chrome" -> "firefox", required added (true)',
        '+ node report (noop)',
        '- node old (noop)',
        '~ node unit: config/args ["a"] -> ["a","b"]',
        '~ node build: config/env/B removed (was "2"), config/env/C added ("3")',
        '',
      ].join('\n'),
    );
  });

  it('is none where only the writing differs', () => {
    const nodes = [
      { id: 'a', type: 'noop', priority: 'low' },
      { id: 'b', type: 'noop' },
    ];
    const one = template(nodes, {}, [{ from: 'a', to: 'b' }]);
    const other = template([
      { id: 'b', type: 'noop', needs: ['a'] },
      { id: 'a', type: 'noop', priority: 1 },
    ]);
    const diff = diffTemplates(one, other);
    expect(diff.same).toBe(true);
    expect(diffText(diff, VERSIONS)).toContain('no difference');
    expect(diffTemplates(AFTER, AFTER).same).toBe(true);
  });

  it('sees other dependencies, however they are written', () => {
    const nodes = [
      { id: 'a', type: 'noop' },
      { id: 'b', type: 'noop' },
    ];
    const { changed } = diffTemplates(
      template(nodes),
      template(nodes, {}, [{ from: 'a', to: 'b' }]),
    ).nodes;
    expect(changed).toEqual([
      { id: 'b', fields: [{ field: '/needs', change: 'added', after: ['a'] }] },
    ]);
  });

  it('is bounded: long lists are cut and counted, long values left out', () => {
    const nodes = Array.from({ length: 5_000 }, (_, at) => ({ id: `n${at}`, type: 'noop' }));
    const diff = diffTemplates(template([]), template(nodes));
    expect(diff).toMatchObject({ truncated: true, counts: { nodes_added: 5_000 } });
    expect(diff.nodes.added).toHaveLength(MAX_LISTED);
    expect(diffText(diff, VERSIONS)).toContain('… and 4900 more');
    const long = (text: string): TemplateContent =>
      template([{ id: 'a', type: 'shell', config: { script: text.repeat(5_000) } }]);
    const { changed } = diffTemplates(long('x'), long('y')).nodes;
    expect(changed[0]?.fields).toEqual([{ field: '/config/script', change: 'changed' }]);
    expect(diffText(diffTemplates(long('x'), long('y')), VERSIONS)).toContain(
      'config/script changed',
    );
  });

  it('carries no control characters into the text', () => {
    const named = (name: string): TemplateContent => template([{ id: 'a', type: 'noop', name }]);
    const text = diffText(diffTemplates(named('x'), named('\u001b[31m\u202e\u2028')), VERSIONS);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
  });
});
