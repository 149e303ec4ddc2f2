/** Examples of the documented bodies. */
export const PUT_EXAMPLES = {
  nightly: {
    summary: 'A job with a choice of browser',
    value: {
      description: 'All suites, every night',
      parameters: {
        type: 'object',
        properties: {
          browser: { enum: ['chrome', 'firefox'], default: 'chrome' },
          shards: { type: 'integer', minimum: 1, maximum: 16, default: 4 },
        },
        additionalProperties: false,
      },
      definition: {
        name: 'Nightly',
        labels: { kind: 'nightly' },
        dag_definition: {
          nodes: [
            { id: 'build', type: 'shell', config: { script: 'npm run build' } },
            { id: 'unit', type: 'process', config: { command: 'npm', args: ['test'] } },
          ],
          edges: [{ from: 'build', to: 'unit' }],
        },
      },
    },
  },
};

export const RUN_EXAMPLES = {
  latest: { summary: 'The latest revision with its defaults', value: {} },
  chosen: {
    summary: 'A revision with other inputs',
    value: {
      revision: 3,
      inputs: { browser: 'firefox' },
      labels: { branch: 'main' },
      priority: 'high',
    },
  },
};

export const TEXT_DIFF_EXAMPLE = [
  'nightly: revision 1 -> 2',
  '+ parameter shards',
  '~ parameter browser: default "chrome" -> "firefox"',
  '+ node report (shell)',
  '~ node unit: config/args ["test"] -> ["test","--ci"]',
  '',
].join('\n');
