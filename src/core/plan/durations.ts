import type { Plan } from './plan.js';
import { WORK_PER_STEP } from './adjacency.js';

/** How long a node took, once, from its first start until it had completed. In ms. */
export interface DurationSample {
  /** For so long it ran, and held a slot: backoffs between attempts and waits are left out. */
  readonly busy: number;
  /** All of it: attempts, backoffs, waits. */
  readonly elapsed: number;
}

/** The last times that something took, oldest first; never empty. */
export type Durations = readonly DurationSample[];

/** How many nodes are known by runs of their own, by those of their type, and not at all. */
export interface DurationBasis {
  readonly node: number;
  readonly type: number;
  readonly none: number;
}

/** What is known of the durations of a job's nodes. */
export interface KnownDurations {
  /** `undefined` when nothing is known. */
  of(node: number): Durations | undefined;
  /** Those of earlier runs of this very node. */
  ownOf(node: number): Durations | undefined;
  readonly basis: DurationBasis;
}

/** Puts together what is known: of a node by its id, else by its type. Yields every so often. */
export function* knownDurationSteps(
  plan: Pick<Plan, 'nodes'>,
  byNode: ReadonlyMap<string, Durations>,
  byType: ReadonlyMap<string, Durations>,
): Generator<void, KnownDurations> {
  let [node, type, none] = [0, 0, 0];
  for (const [index, { definition }] of plan.nodes.entries()) {
    if (byNode.has(definition.id)) node++;
    else if (byType.has(definition.type)) type++;
    else none++;
    if (index % WORK_PER_STEP === 0) yield;
  }
  const ownOf = (index: number): Durations | undefined =>
    byNode.get(plan.nodes[index]?.definition.id ?? '');
  return {
    ownOf,
    of: (index) => ownOf(index) ?? byType.get(plan.nodes[index]?.definition.type ?? ''),
    basis: { node, type, none },
  };
}

/**
 * What each node is expected to take, in ms: the mean of what is known of it; of a node of which
 * nothing is known, the mean of the others. `undefined` when nothing is known of any node.
 */
export function* expectedDurationSteps(
  plan: Pick<Plan, 'nodes'>,
  known: KnownDurations,
): Generator<void, Float64Array | undefined> {
  const size = plan.nodes.length;
  if (known.basis.none === size) return undefined;
  const expected = new Float64Array(size).fill(-1);
  const means = new Map<Durations, number>();
  let sum = 0;
  for (let node = 0; node < size; node++) {
    const durations = known.of(node);
    if (durations !== undefined) {
      let mean = means.get(durations);
      if (mean === undefined) means.set(durations, (mean = meanOf(durations)));
      expected[node] = mean;
      sum += mean;
    }
    if (node % WORK_PER_STEP === 0) yield;
  }
  const others = sum / (size - known.basis.none);
  return expected.map((mean) => (mean < 0 ? others : mean));
}

function meanOf(durations: Durations): number {
  return durations.reduce((sum, { elapsed }) => sum + elapsed, 0) / durations.length;
}
