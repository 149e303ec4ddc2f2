import type { Plan } from '../core/plan/plan.js';
import { ranksDifferSteps, rankSteps } from '../core/plan/ranks.js';
import { runInSlices } from './slices.js';

/** Nodes and edges beyond which a job's nodes start in the order in which they become ready. */
const MOST_WORK = 2_000_000;
/** With fewer nodes there is nothing to choose. */
const FEWEST_NODES = 3;

/**
 * Says which of the ready nodes of a job is to start first: the one with the longest path before it.
 */
export class JobRanking {
  /** `undefined` when the order in which nodes become ready is as good. */
  async ranksOf(plan: Plan): Promise<Float64Array | undefined> {
    const nodes = plan.nodes.length;
    if (nodes < FEWEST_NODES || nodes + plan.successors.targets.length > MOST_WORK) {
      return undefined;
    }
    const ranks = await runInSlices(rankSteps(plan));
    return (await runInSlices(ranksDifferSteps(plan, ranks))) ? ranks : undefined;
  }
}
