import type { ReusedNode } from '../core/job/commands.js';
import type { JobEvent } from '../core/job/events.js';
import type { JobRef, RerunOrigin } from '../core/job/job-record.js';
import { keptNodes, type FormerEnd } from '../core/job/kept-nodes.js';
import type { Plan } from '../core/plan/plan.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { JobDriver } from './job-driver.js';
import { recordsOf } from './journal-records.js';

/** Nodes kept in one commit; each may bring an output of 256 KiB. */
const NODES_A_COMMIT = 200;

/**
 * Gives a job that runs another again what is to be kept of it, before anything of it starts: read
 * from the journal of the other, in the order in which it happened, so that whatever a node needs
 * comes before it. A crash in the middle leaves the job queued, and what was kept is not kept twice.
 */
export class Reruns {
  readonly #journal: JobJournal;
  readonly #projections: JobProjections;

  constructor(journal: JobJournal, projections: JobProjections) {
    this.#journal = journal;
    this.#projections = projections;
  }

  /** Nothing for a job that runs no other again. Cancels the job when the other is gone. */
  async keep(driver: JobDriver): Promise<void> {
    const { header, plan } = driver;
    const origin = header.rerunOf;
    if (origin?.from === undefined) return;
    const former = { tenantId: header.tenantId, jobId: origin.jobId };
    if ((await this.#projections.job(former)) === undefined) {
      const reason = `Job ${origin.jobId}, which it was to run again, is gone.`;
      await driver.carryOut({ type: 'cancel', by: 'baton', reason });
      return;
    }
    const kept = keptNodes(plan, await this.#endsOf(former, plan), requested(plan, origin));
    let nodes: ReusedNode[] = [];
    for await (const event of this.#eventsOf(former)) {
      const reused = reusable(event, plan);
      if (reused === undefined || kept[reused.node] !== 1) continue;
      nodes.push(reused);
      if (nodes.length < NODES_A_COMMIT) continue;
      await driver.carryOut({ type: 'reuse', nodes });
      nodes = [];
    }
    if (nodes.length > 0) await driver.carryOut({ type: 'reuse', nodes });
  }

  async #endsOf(former: JobRef, plan: Plan): Promise<readonly FormerEnd[]> {
    const ends: FormerEnd[] = plan.nodes.map(() => 'none');
    for await (const event of this.#eventsOf(former)) {
      const reused = reusable(event, plan);
      if (reused === undefined) continue;
      ends[reused.node] = reused.skipped === undefined ? 'completed' : 'skipped';
    }
    return ends;
  }

  async *#eventsOf(job: JobRef): AsyncGenerator<JobEvent> {
    for await (const { events } of recordsOf(this.#journal, job)) yield* events;
  }
}

function requested(plan: Plan, { from = [] }: RerunOrigin): ReadonlySet<number> {
  return new Set(from.flatMap((id) => plan.indexOf.get(id) ?? []));
}

/** The node whose good end an event tells of, as a rerun would keep it. */
function reusable(event: JobEvent, plan: Plan): ReusedNode | undefined {
  if (
    event.type !== 'node_completed' &&
    event.type !== 'node_reused' &&
    event.type !== 'node_skipped'
  ) {
    return undefined;
  }
  const node = plan.indexOf.get(event.node);
  if (node === undefined) return undefined;
  if (event.type === 'node_skipped') return { node, skipped: event.reason };
  return { node, ...(event.output === undefined ? {} : { output: event.output }) };
}
