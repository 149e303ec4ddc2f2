import { compensationIdOf } from '../core/job/child-ids.js';
import type { ReusedNode } from '../core/job/commands.js';
import type { JobEvent } from '../core/job/events.js';
import type { JobHeader, JobRef, RerunOrigin } from '../core/job/job-record.js';
import { keptNodes, type FormerEnd } from '../core/job/kept-nodes.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan } from '../core/plan/plan.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { JobDriver } from './job-driver.js';
import { keyOf } from './job-scheduler.js';
import { recordsOf } from './journal-records.js';
import { remember } from './remember.js';

/** Nodes kept in one commit; each may bring an output of 256 KiB. */
const NODES_A_COMMIT = 200;
/** Jobs of which it is remembered what they keep. */
const REMEMBERED = 50;

/**
 * Gives a job that runs another again what is to be kept of it, before anything of it starts: read
 * from the journal of the other, in the order in which it happened, so that whatever a node needs
 * comes before it. A crash in the middle leaves the job queued, and what was kept is not kept twice.
 */
export class Reruns {
  readonly #journal: JobJournal;
  readonly #projections: JobProjections;
  readonly #kept = new Map<string, Uint8Array>();

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
    const kept = await this.#keptOf(header, plan, origin);
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

  /**
   * Whether a node of a job that runs another again does what it did there once more: it was not asked
   * for itself, and all that it needs was kept.
   */
  async repeatsOnly(header: JobHeader, plan: Plan, node: number): Promise<boolean> {
    const origin = header.rerunOf;
    if (origin === undefined || requested(plan, origin).has(node)) return false;
    const kept = await this.#keptOf(header, plan, origin);
    const { needs = [] } = planNode(plan, node).definition;
    return needs.every((id) => kept[plan.indexOf.get(id) ?? -1] === 1);
  }

  /** Which nodes are kept; remembered for the jobs that were asked for last. */
  async #keptOf(header: JobHeader, plan: Plan, origin: RerunOrigin): Promise<Uint8Array> {
    const key = keyOf(header);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const former = { tenantId: header.tenantId, jobId: origin.jobId };
    const kept = keptNodes(plan, await this.#endsOf(former, plan), requested(plan, origin));
    remember(this.#kept, key, kept, REMEMBERED);
    return kept;
  }

  async #endsOf(former: JobRef, plan: Plan): Promise<readonly FormerEnd[]> {
    const ends: FormerEnd[] = plan.nodes.map(() => 'none');
    const undone = await this.#wasCompensated(former);
    for await (const event of this.#eventsOf(former)) {
      const reused = reusable(event, plan);
      if (reused === undefined) continue;
      // What was undone, or may have been in part, is done again.
      if (undone && planNode(plan, reused.node).definition.compensate !== undefined) continue;
      ends[reused.node] = reused.skipped === undefined ? 'completed' : 'skipped';
    }
    return ends;
  }

  async #wasCompensated(former: JobRef): Promise<boolean> {
    const view = await this.#projections.job(former);
    if (view === undefined) return false;
    const jobId = compensationIdOf(view.header);
    return (await this.#projections.job({ tenantId: former.tenantId, jobId })) !== undefined;
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
