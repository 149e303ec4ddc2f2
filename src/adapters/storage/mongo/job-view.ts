import type { JobView } from '../../../ports/job-projections.js';
import { decodeHeader, decodeProgress } from './record-codec.js';
import type {
  OrchestrationJobDocument,
  StoredJobState,
} from './schemas/orchestration-job.schema.js';

/** What of a job's document is read to show it. */
export interface ViewedJob extends Pick<OrchestrationJobDocument, 'header'> {
  readonly state: Pick<StoredJobState, 'progress'>;
}

/** `undefined` while the job's first commit is not projected. */
export function viewOf({ header, state }: ViewedJob): JobView | undefined {
  if (header === undefined) return undefined;
  return { header: decodeHeader(header), progress: decodeProgress(state.progress) };
}
