import { compensationSteps } from '../core/graph/compensations.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import { compensationIdOf } from '../core/job/child-ids.js';
import type { JobHeader, JobRef } from '../core/job/job-record.js';
import type { Plan } from '../core/plan/plan.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { ChildJobs } from './child-jobs.js';
import { recordsOf } from './journal-records.js';
import type { Recovery } from './recovery.js';
import { runInSlices } from './slices.js';

/** How a job would be undone, or is. */
export interface CompensationPlan {
  /** The job that undoes it, whether or not there is one yet. */
  readonly job: JobRef;
  /** In the order in which they may start; each waits for those that it needs. */
  readonly actions: readonly NodeDefinition[];
}

/** Undoes what jobs did, when it is asked for, and says beforehand in what order. */
export class Compensations {
  readonly #journal: JobJournal;
  readonly #recovery: Recovery;
  readonly #childJobs: ChildJobs;

  constructor(parts: {
    readonly journal: JobJournal;
    readonly recovery: Recovery;
    readonly childJobs: ChildJobs;
  }) {
    this.#journal = parts.journal;
    this.#recovery = parts.recovery;
    this.#childJobs = parts.childJobs;
  }

  /** Of the nodes that have completed by now. */
  async plan(header: JobHeader): Promise<CompensationPlan> {
    const { plan } = await this.#recovery.plan(header);
    const completed = await this.#completed(header, plan);
    const actions = await runInSlices(compensationSteps(plan, (node) => completed.has(node)));
    return { job: this.#jobOf(header), actions };
  }

  /**
   * Makes the job that undoes one that has ended, unless it is there; answers which it is, or
   * `undefined` when there is nothing to undo. Rejects with {@link StoreUnavailable}; to be asked again
   * then.
   */
  async start(header: JobHeader): Promise<JobRef | undefined> {
    const { plan } = await this.#recovery.plan(header);
    const completed = await this.#completed(header, plan);
    const canUndo = plan.nodes.some(
      ({ definition }, node) => definition.compensate !== undefined && completed.has(node),
    );
    if (!canUndo) return undefined;
    await this.#childJobs.compensate({ header, plan }, (node) => completed.has(node));
    return this.#jobOf(header);
  }

  #jobOf(header: JobHeader): JobRef {
    return { tenantId: header.tenantId, jobId: compensationIdOf(header) };
  }

  async #completed(header: JobHeader, plan: Plan): Promise<ReadonlySet<number>> {
    const completed = new Set<number>();
    for await (const { events } of recordsOf(this.#journal, header)) {
      for (const event of events) {
        if (event.type !== 'node_completed' && event.type !== 'node_reused') continue;
        const node = plan.indexOf.get(event.node);
        if (node !== undefined) completed.add(node);
      }
    }
    return completed;
  }
}
