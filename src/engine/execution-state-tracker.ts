import type { JobEvent } from '../core/job/events.js';
import type { JobHeader, JobProgress, NodeProjection } from '../core/job/job-record.js';
import type { Plan } from '../core/plan/plan.js';
import type { Logger } from '../ports/logger.js';

/** A commit that is durable. */
export interface CommittedChange {
  readonly header: JobHeader;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly events: readonly JobEvent[];
  readonly progress: JobProgress;
  /** What the store shows from then on of the nodes that it moved. */
  readonly nodes: readonly NodeProjection[];
  readonly plan: Plan;
}

export type StateObserver = (change: CommittedChange) => void;

/**
 * Tells observers what has happened to jobs: after the commit that says so is durable, never
 * before, each job's changes in the order of their versions. An observer that throws hurts nobody.
 */
export class ExecutionStateTracker {
  readonly #observers = new Set<StateObserver>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Answers a function that ends the subscription. */
  subscribe(observer: StateObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  committed(change: CommittedChange): void {
    for (const observer of this.#observers) {
      try {
        observer(change);
      } catch (error) {
        this.#logger.error({ err: error }, 'an observer of job states failed');
      }
    }
  }
}
