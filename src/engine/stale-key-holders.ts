import { isTerminalJob, isTerminalNode } from '../core/job/status.js';
import type { KeyHolder } from '../ports/concurrency-keys.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections } from '../ports/job-projections.js';

/**
 * Tells holders of concurrency keys that were left behind: by an instance that died before it could
 * let go, say. Only what can never change again counts: the node or its job has ended, or is gone.
 * A node that may still run will ask for its key again, and let go of it then.
 */
export class StaleKeyHolders {
  readonly #journal: JobJournal;
  readonly #projections: JobProjections;

  constructor(journal: JobJournal, projections: JobProjections) {
    this.#journal = journal;
    this.#projections = projections;
  }

  /** Rejects with `StoreUnavailable` when the store cannot be reached. */
  async isStale(holder: KeyHolder): Promise<boolean> {
    const job = await this.#projections.job(holder);
    // What was created a moment ago may not be shown yet; the journal has it.
    if (job === undefined) return (await this.#journal.read(holder, 0, 1)).length === 0;
    if (isTerminalJob(job.progress.status)) return true;
    const node = await this.#projections.node(holder, holder.nodeId);
    return node?.state !== undefined && isTerminalNode(node.state.status);
  }
}
