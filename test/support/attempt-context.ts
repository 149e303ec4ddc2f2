import type { JsonObject } from '../../src/core/json.js';
import type { AttemptContext } from '../../src/ports/node-executor.js';

/** What an executor is given, with values of a test's own. */
export function attemptContext(
  config: JsonObject,
  more: Partial<AttemptContext> = {},
): AttemptContext {
  return {
    tenantId: 'acme',
    jobId: 'job-1',
    nodeId: 'step',
    attempt: 1,
    attemptId: 'job-1/step/1',
    correlationId: 'corr-1',
    signal: new AbortController().signal,
    config,
    ...more,
  };
}
