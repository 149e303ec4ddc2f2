import type { ApiBodyOptions } from '@nestjs/swagger';

/** The component under which the OpenAPI document carries the published job schema. */
export const JOB_COMPONENT = 'CreateOrchestrationJobRequest';

/** How the body of a submission is documented: by the published job schema itself. */
export const API_JOB_BODY: ApiBodyOptions = {
  schema: { $ref: `#/components/schemas/${JOB_COMPONENT}` },
  required: true,
  examples: {
    'test case': {
      summary: 'One test case of the catalogue',
      value: {
        name: 'Test Suite Execution',
        description: 'Execute comprehensive test suite',
        dag_definition: { nodes: [{ id: 'test1', type: 'test_case' }], edges: [] },
      },
    },
    'fan out': {
      summary: 'A build, two tests side by side, a report',
      value: {
        name: 'Nightly',
        labels: { branch: 'main' },
        dag_definition: {
          nodes: [
            { id: 'build', type: 'shell', config: { script: 'npm run build' } },
            { id: 'unit', type: 'process', config: { command: 'npm', args: ['test'] } },
            {
              id: 'e2e',
              type: 'process',
              config: { command: 'npm', args: ['run', 'e2e'] },
              retry: { max_attempts: 2, strategy: 'fixed', delay: 5 },
              timeout: 600,
            },
            {
              id: 'report',
              type: 'shell',
              config: { script: 'npm run report' },
              trigger_rule: 'all_done',
            },
          ],
          edges: [
            { from: 'build', to: 'unit' },
            { from: 'build', to: 'e2e' },
            { from: 'unit', to: 'report' },
            { from: 'e2e', to: 'report' },
          ],
        },
      },
    },
  },
};
