import { jobSchema } from '../../core/graph/job-shape.js';
import type { NodeExecutor } from '../../ports/node-executor.js';

/** The JSON Schema of a job, as it is published; at most `maxNodes` nodes, 100,000 unless given. */
export function publishedJobSchema(
  executors: ReadonlyMap<string, NodeExecutor>,
  maxNodes?: number,
): object {
  const limits = maxNodes === undefined ? undefined : { maxNodes };
  return jobSchema(executors, '/schemas/job.schema.json', limits);
}
