import pLimit from 'p-limit';
import { initialState } from '../core/job/initial-state.js';
import type { JobHeader, JobProgress, NodeProjection } from '../core/job/job-record.js';
import { projectJob } from '../core/job/project.js';
import { replayNodes } from '../core/job/step.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import type { Plan } from '../core/plan/plan.js';
import type { JobJournal } from '../ports/job-journal.js';
import { recordsOf } from './journal-records.js';
import { runInSlices } from './slices.js';

export interface JobHistoryParts {
  readonly journal: JobJournal;
  readonly planOf: (
    header: JobHeader,
  ) => Promise<{ readonly nodes: readonly NodeDefinition[]; readonly plan: Plan }>;
}

/** A job as it stood after one of its commits. */
export interface PastJob {
  readonly nodes: readonly NodeDefinition[];
  /** Who drove the job then is not told. */
  readonly progress: JobProgress;
}

/** Takes what a commit made of nodes; outputs are with them, and gone with the next commit. */
export type NodeVisitor = (nodes: readonly NodeProjection[]) => Generator<void, void>;

/** A replay holds the plan and the state of its job; further ones wait. */
const REPLAYS_AT_ONCE = 2;

/**
 * Looks back at jobs by replaying their journals, in slices that let the event loop breathe. Costs
 * what the job had done by then; nothing is kept of a commit but what the visitor keeps.
 */
export class JobHistory {
  readonly #parts: JobHistoryParts;
  readonly #limit = pLimit(REPLAYS_AT_ONCE);

  constructor(parts: JobHistoryParts) {
    this.#parts = parts;
  }

  /** Replays a job up to a version, that included; `undefined` when it has no such version. */
  replay(header: JobHeader, version: number, visit: NodeVisitor): Promise<PastJob | undefined> {
    return this.#limit(() => this.#replay(header, version, visit));
  }

  async #replay(
    header: JobHeader,
    version: number,
    visit: NodeVisitor,
  ): Promise<PastJob | undefined> {
    const { journal, planOf } = this.#parts;
    const [there] = version < 1 ? [] : await journal.read(header, version - 1, 1);
    if (there?.version !== version) return undefined;
    const { nodes, plan } = await planOf(header);
    const state = initialState(plan);
    for await (const record of recordsOf(journal, header)) {
      await runInSlices(visit(replayNodes(plan, state, record)));
      if (state.version === version) return { nodes, progress: projectJob(state) };
    }
    // It was deleted meanwhile.
    return undefined;
  }
}
