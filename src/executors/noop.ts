import type { AttemptResult } from '../core/job/attempt.js';
import type { NodeExecutor } from '../ports/node-executor.js';

const COMPLETED: AttemptResult = Object.freeze({ status: 'completed' });

/** Does nothing and completes at once, with the output it was given. */
export const noopExecutor: NodeExecutor = {
  type: 'noop',
  inline: true,
  summary: 'Does nothing; joins or fans out branches, and can hand on a fixed output.',
  configShape: {
    type: 'object',
    properties: { output: { description: "Any JSON value: the node's output." } },
    additionalProperties: false,
    examples: [{}, { output: { ready: true } }],
  },
  // Synchronous, and without a look at `signal`: this is the path on which the engine is measured.
  execute({ config }): AttemptResult {
    const output = config['output'];
    return output === undefined ? COMPLETED : { status: 'completed', output };
  },
};
