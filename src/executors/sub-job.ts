import { SUB_JOB } from '../core/graph/definition.js';
import { TEMPLATE_NAME } from '../core/template/template.js';
import type { NodeExecutor } from '../ports/node-executor.js';

/** Runs a job of its own; the engine makes it, waits for it without a slot, and ends it. */
export const subJobExecutor: NodeExecutor = {
  type: SUB_JOB,
  inline: true,
  summary:
    'Runs another job, of a template or of a definition given here, and ends as that job does; it waits without a slot, and cancel, pause and time-out go down to it.',
  configShape: {
    type: 'object',
    properties: {
      template: { ...TEMPLATE_NAME, description: 'The name of the template to run.' },
      revision: {
        type: 'integer',
        minimum: 1,
        description: 'Of the template; the latest when left out.',
      },
      definition: {
        type: 'object',
        description:
          'A job as it is submitted, `name` may be left out. Its expressions are evaluated in that job.',
      },
      inputs: {
        type: 'object',
        description: 'The inputs of the job; expressions here are evaluated in this job.',
      },
    },
    additionalProperties: false,
    oneOf: [{ required: ['template'] }, { required: ['definition'] }],
    examples: [
      { template: 'nightly', inputs: { browser: '{% inputs.browser %}' } },
      {
        definition: {
          dag_definition: {
            nodes: [{ id: 'unit', type: 'shell', config: { script: 'make test' } }],
          },
        },
      },
    ],
  },
  execute: () => {
    throw new Error('nodes of type sub_job are run by the engine');
  },
};
