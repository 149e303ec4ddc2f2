import type { Durations, DurationSample, KnownDurations } from './durations.js';
import { intervalOf, type Interval } from './interval.js';
import { makespanSteps, type Standing } from './makespan.js';
import type { Plan } from './plan.js';

/** What has happened to a node so far. */
export interface Progressed {
  readonly standing: Standing;
  /** ms since its first start; of a node that is under way. */
  readonly elapsed: number;
  /** It waits, and holds no slot. */
  readonly idle: boolean;
  /** ms for which it is held in any case. */
  readonly atLeast: number;
}

const AHEAD: Progressed = { standing: 'ahead', elapsed: 0, idle: false, atLeast: 0 };
const NO_TIME: DurationSample = { busy: 0, elapsed: 0 };
/** Earlier runs played through, at most. */
const MOST_ROUNDS = 20;
/** Nodes and edges passed in all rounds together, about. */
const MOST_WORK = 600_000;
/** Samples of other nodes that stand for one of which nothing is known. */
const POOLED = 100;

/**
 * How long a job still takes, in ms: the median and the range from 10 % to 90 % of what its makespan
 * would have been with the durations of each of the last runs, newest first. A node that has taken
 * some time already is given what it took in a run that took longer; one that takes longer than ever
 * may end at any moment. Taken for granted: nothing fails for good, every condition holds, and no
 * other job is in the way. `undefined` when nothing is known of any node.
 *
 * Work is bounded: a job with many nodes and edges gets fewer rounds. Yields every so often.
 *
 * @param turnOf of each node its turn, as in {@link makespanSteps}
 */
export function* predictSteps(
  plan: Plan,
  known: KnownDurations,
  turnOf: Int32Array,
  progressOf: (node: number) => Progressed = () => AHEAD,
): Generator<void, Interval | undefined> {
  const size = plan.nodes.length;
  if (known.basis.none === size) return undefined;
  const pooled = pool(plan, known);
  const runs = typicalRuns(plan, known);
  const affordable = Math.floor(MOST_WORK / (size + plan.successors.targets.length));
  const rounds = Math.max(1, Math.min(MOST_ROUNDS, runs.most, affordable));
  const totals: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const timeOf = (node: number): DurationSample => {
      if (runsOnFailureOnly(plan, node)) return NO_TIME;
      const progress = progressOf(node);
      const own = known.ownOf(node);
      const durations = own ?? known.of(node) ?? pooled;
      const at = own === undefined ? round * 31 + node * 17 : placeOf(own, round, node);
      if (progress.standing === 'ahead') return durations[at % durations.length] ?? NO_TIME;
      const left = Math.max(remaining(durations, at, progress.elapsed), progress.atLeast);
      return { busy: progress.idle ? 0 : left, elapsed: left };
    };
    totals.push(
      yield* makespanSteps({
        plan,
        concurrency: plan.settings.concurrency,
        turnOf,
        standingOf: (node) => progressOf(node).standing,
        timeOf,
      }),
    );
  }
  return intervalOf(totals, runs.typical, known.basis.node / size);
}

/** The same round takes samples of the same run of all nodes, as long as each has one. */
function placeOf(durations: Durations, round: number, node: number): number {
  const place = durations.length - 1 - round;
  return place >= 0 ? place : round * 31 + node * 17;
}

/** What a node that has taken `elapsed` ms still takes, by the first run that took longer. */
function remaining(durations: Durations, from: number, elapsed: number): number {
  const { length } = durations;
  for (let step = 0; step < length; step++) {
    const took = durations[(from + step) % length]?.elapsed ?? 0;
    if (took > elapsed) return took - elapsed;
  }
  return 0;
}

function pool(plan: Plan, known: KnownDurations): Durations {
  if (known.basis.none === 0) return [];
  const pooled: DurationSample[] = [];
  for (let node = 0; node < plan.nodes.length && pooled.length < POOLED; node++) {
    const last = known.of(node)?.at(-1);
    if (last !== undefined) pooled.push(last);
  }
  return pooled;
}

/** How many runs the nodes of a job are known by: most of them, and the one with the most. */
function typicalRuns(
  plan: Plan,
  known: KnownDurations,
): { readonly typical: number; readonly most: number } {
  let [sum, count, most] = [0, 0, 1];
  for (let node = 0; node < plan.nodes.length; node++) {
    const runs = (known.ownOf(node) ?? known.of(node))?.length ?? 0;
    most = Math.max(most, runs);
    if (runs === 0) continue;
    sum += runs;
    count++;
  }
  return { typical: Math.round(sum / count), most };
}

function runsOnFailureOnly(plan: Plan, node: number): boolean {
  const rule = plan.nodes[node]?.triggerRule;
  return rule === 'all_failed' || rule === 'one_failed';
}
