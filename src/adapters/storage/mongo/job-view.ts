import type { JobView } from '../../../ports/job-projections.js';
import { decodeHeader, decodeProgress } from './record-codec.js';
import type { OrchestrationJobDocument } from './schemas/orchestration-job.schema.js';

/** `undefined` while the job's first commit is not projected. */
export function viewOf({ header, state }: OrchestrationJobDocument): JobView | undefined {
  if (header === undefined) return undefined;
  return { header: decodeHeader(header), progress: decodeProgress(state.progress) };
}
