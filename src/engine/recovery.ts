import { initialState } from '../core/job/initial-state.js';
import type { JobHeader, JobProgress, JobRef } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import { isTerminalJob } from '../core/job/status.js';
import { replay } from '../core/job/step.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import { planSteps } from '../core/plan/build-plan.js';
import type { Plan, PlanDefaults } from '../core/plan/plan.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections, UnfinishedJob } from '../ports/job-projections.js';
import { recordsOf } from './journal-records.js';
import { breathe, runInSlices } from './slices.js';

export interface LoadedJob {
  readonly header: JobHeader;
  readonly plan: Plan;
  readonly state: JobState;
  /** As the projections show it, which may lag behind the state. */
  readonly progress: JobProgress;
}

const CHUNKS_A_READ = 8;
const JOBS_A_READ = 1_000;

/** Reads jobs back from the store: which have not ended, and the state of each from its journal. */
export class Recovery {
  readonly #journal: JobJournal;
  readonly #projections: JobProjections;
  readonly #defaults: PlanDefaults;

  constructor(journal: JobJournal, projections: JobProjections, defaults: PlanDefaults) {
    this.#journal = journal;
    this.#projections = projections;
    this.#defaults = defaults;
  }

  /** All unfinished jobs, oldest first, a page at a time. */
  async *unfinished(): AsyncGenerator<UnfinishedJob> {
    let after: UnfinishedJob | undefined;
    for (;;) {
      const page = await this.#projections.unfinished(after, JOBS_A_READ);
      yield* page;
      after = page.at(-1);
      if (page.length < JOBS_A_READ) return;
      await breathe();
    }
  }

  /**
   * Rebuilds a job from its definition and journal, in slices that let the event loop breathe.
   * `undefined` when there is no such job, or it has ended.
   */
  async load(ref: JobRef): Promise<LoadedJob | undefined> {
    const view = await this.#projections.job(ref);
    if (view === undefined || isTerminalJob(view.progress.status)) return undefined;
    const { header, progress } = view;
    const { plan } = await this.plan(header);
    const state = initialState(plan);
    for await (const record of recordsOf(this.#journal, ref)) replay(plan, state, record);
    return isTerminalJob(state.status) ? undefined : { header, plan, state, progress };
  }

  /** The definition of a job and its plan. */
  async plan(
    header: JobHeader,
  ): Promise<{ readonly nodes: readonly NodeDefinition[]; readonly plan: Plan }> {
    const nodes = await this.#readDefinition(header, header.nodeCount);
    const { concurrency, timeout, onFailure, priority } = header;
    const plan = await runInSlices(
      planSteps(nodes, { concurrency, timeout, onFailure, priority }, this.#defaults),
    );
    return { nodes, plan };
  }

  async #readDefinition(ref: JobRef, count: number): Promise<NodeDefinition[]> {
    const nodes: NodeDefinition[] = [];
    while (nodes.length < count) {
      const chunks = await this.#journal.readDefinition(ref, nodes.length, CHUNKS_A_READ);
      if (chunks.length === 0) {
        throw new Error(
          `the definition of ${ref.jobId} ends after ${nodes.length} of ${count} nodes`,
        );
      }
      for (const chunk of chunks) nodes.push(...chunk.nodes);
      if (nodes.length < count) await breathe();
    }
    return nodes;
  }
}
