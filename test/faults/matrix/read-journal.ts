import type { NodeDefinition } from '../../../src/core/graph/definition.js';
import { initialState } from '../../../src/core/job/initial-state.js';
import type { JobHeader } from '../../../src/core/job/job-record.js';
import type { JobState } from '../../../src/core/job/job-state.js';
import { replay } from '../../../src/core/job/step.js';
import { planSteps } from '../../../src/core/plan/build-plan.js';
import { runSteps } from '../../../src/core/plan/run-steps.js';
import type { JobJournal, JournalRecord } from '../../../src/ports/job-journal.js';

/** More than the jobs of the workload have. */
const ALL = 1_000;
const DEFAULTS = { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };

export interface ReplayedJob {
  readonly nodes: readonly NodeDefinition[];
  readonly records: readonly JournalRecord[];
  /** What follows from the records, and from nothing else. */
  readonly state: JobState;
}

/** Reads a job's definition and records, and replays them; throws where one does not follow. */
export async function readJournal(journal: JobJournal, header: JobHeader): Promise<ReplayedJob> {
  const chunks = await journal.readDefinition(header, 0, ALL);
  const nodes = chunks.flatMap((chunk) => chunk.nodes);
  const plan = runSteps(planSteps(nodes, header, DEFAULTS));
  const state = initialState(plan);
  const records = await journal.read(header, 0, ALL);
  for (const record of records) replay(plan, state, record);
  return { nodes, records, state };
}
