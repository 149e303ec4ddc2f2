import { expectedDurationSteps } from '../core/plan/durations.js';
import type { Plan } from '../core/plan/plan.js';
import { ranksDifferSteps, rankSteps } from '../core/plan/ranks.js';
import type { RecurringJob } from './duration-scopes.js';
import type { ExpectedDurations } from './expected-durations.js';
import { runInSlices } from './slices.js';

/** Nodes and edges beyond which a job's nodes start in the order in which they become ready. */
const MOST_WORK = 2_000_000;
/** With fewer nodes there is nothing to choose. */
const FEWEST_NODES = 3;
/** Counted for every node, in ms: where durations tell nothing, the number of nodes does. */
const PER_NODE = 1;

/**
 * Says which of the ready nodes of a job is to start first: the one with the longest path before it,
 * by what nodes took in earlier runs, or by their number where nothing is known.
 */
export class JobRanking {
  readonly #expected: ExpectedDurations | undefined;

  constructor(expected?: ExpectedDurations) {
    this.#expected = expected;
  }

  /** False when all nodes may run at once, so that there is nothing to choose, or there is too much. */
  matters({ nodes, successors, settings }: Plan): boolean {
    return (
      nodes.length >= FEWEST_NODES &&
      nodes.length > settings.concurrency &&
      nodes.length + successors.targets.length <= MOST_WORK
    );
  }

  /** `undefined` when the order in which nodes become ready is as good. */
  async ranksOf(job: RecurringJob, plan: Plan): Promise<Float64Array | undefined> {
    if (!this.matters(plan)) return undefined;
    const durations = await this.#durations(job, plan);
    const ranks = await runInSlices(rankSteps(plan, (node) => (durations?.[node] ?? 0) + PER_NODE));
    return (await runInSlices(ranksDifferSteps(plan, ranks))) ? ranks : undefined;
  }

  async #durations(job: RecurringJob, plan: Plan): Promise<Float64Array | undefined> {
    if (this.#expected === undefined) return undefined;
    return runInSlices(expectedDurationSteps(plan, await this.#expected.of(job, plan)));
  }
}
