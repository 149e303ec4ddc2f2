import { initialState } from '../src/core/job/initial-state.js';
import type { JobCommand } from '../src/core/job/commands.js';
import { step } from '../src/core/job/step.js';
import { buildPlan } from '../src/core/plan/build-plan.js';
import {
  expectedDurationSteps,
  knownDurationSteps,
  type DurationSample,
  type KnownDurations,
} from '../src/core/plan/durations.js';
import { planLevels } from '../src/core/plan/levels.js';
import type { Plan } from '../src/core/plan/plan.js';
import { predictSteps } from '../src/core/plan/predict.js';
import { rankSteps } from '../src/core/plan/ranks.js';
import { runSteps } from '../src/core/plan/run-steps.js';
import { TimeHeap } from '../src/core/plan/time-heap.js';
import { turnsOf } from '../src/core/plan/turns.js';
import { GRAPHS, noise, seeded, type PlannedGraph } from './planning-graphs.js';

/** How much earlier a job ends for starting the longest path first, means over many runs. */
export interface OrderRow {
  readonly graph: string;
  /** Seconds, in the order in which nodes become ready. */
  readonly fifo: number;
  /** Makespans as shares of that: by the number of nodes, by the durations of earlier runs. */
  readonly byNodes: number;
  readonly byHistory: number;
  /** No order can do better than this. */
  readonly bound: number;
}

/** How far predictions are off on runs that they know nothing of. */
export interface PredictionRow {
  readonly graph: string;
  readonly noise: string;
  /** Runs that a prediction was made from. */
  readonly runs: number;
  /** Median, in percent of the makespan. */
  readonly error: number;
  /** Share of the runs that ended within the interval, which is to hold 80 %. */
  readonly covered: number;
}

interface Noise {
  readonly title: string;
  /** Of each node by itself, and of all nodes of a run together: sigmas of log-normal factors. */
  readonly own: number;
  readonly common: number;
  /** Share of the nodes that need a second attempt. */
  readonly retried: number;
}

const NOISES: readonly Noise[] = [
  { title: 'each node by itself (20 %)', own: 0.2, common: 0, retried: 0 },
  { title: 'nodes 20 %, whole runs 15 %', own: 0.2, common: 0.15, retried: 0 },
  { title: 'nodes 20 %, 5 % of them retried', own: 0.2, common: 0, retried: 0.05 },
];
const TRAINED_ON = [1, 3, 10, 20];
const TRAININGS = 40;
const HELD_OUT = 25;
const MANY = 1_000_000;

/**
 * W9: plays jobs through on a clock of its own, with the decisions that the engine makes (`step` and its
 * ready queue), and what nodes take drawn from seeded noise: the same figures on every machine.
 */
export function measureOrder(): readonly OrderRow[] {
  return GRAPHS.map((graph) => {
    const random = seeded(7);
    const plan = planOf(graph);
    const known = learned(plan, runsOf(graph, NOISES[0] as Noise, 20, random));
    const history = runSteps(expectedDurationSteps(plan, known));
    const byHistory = runSteps(rankSteps(plan, (node) => (history?.[node] ?? 0) + 1));
    const byNodes = runSteps(rankSteps(plan));
    const sums = { fifo: 0, byNodes: 0, byHistory: 0, bound: 0 };
    const runs = runsOf(graph, NOISES[0] as Noise, HELD_OUT, random);
    for (const took of runs) {
      sums.fifo += makespan(plan, took);
      sums.byNodes += makespan(plan, took, byNodes);
      sums.byHistory += makespan(plan, took, byHistory);
      const path = planLevels(plan, (node) => took[node] ?? 0).criticalDuration;
      const work = took.reduce((sum, ms) => sum + ms, 0);
      sums.bound += Math.max(path, work / graph.concurrency);
    }
    return {
      graph: graph.title,
      fifo: sums.fifo / runs.length / 1000,
      byNodes: sums.byNodes / sums.fifo,
      byHistory: sums.byHistory / sums.fifo,
      bound: sums.bound / sums.fifo,
    };
  });
}

export function measurePrediction(): readonly PredictionRow[] {
  return GRAPHS.flatMap((graph) =>
    NOISES.flatMap((kind) => TRAINED_ON.map((runs) => predictionRow(graph, kind, runs))),
  );
}

function predictionRow(graph: PlannedGraph, kind: Noise, runs: number): PredictionRow {
  const random = seeded(11);
  const plan = planOf(graph);
  const errors: number[] = [];
  let covered = 0;
  for (let training = 0; training < TRAININGS; training++) {
    const known = learned(plan, runsOf(graph, kind, runs, random));
    const expected = runSteps(expectedDurationSteps(plan, known));
    const ranks = runSteps(rankSteps(plan, (node) => (expected?.[node] ?? 0) + 1));
    const predicted = runSteps(predictSteps(plan, known, turnsOf(plan, ranks)));
    if (predicted === undefined) throw new Error('nothing was predicted');
    for (const took of runsOf(graph, kind, HELD_OUT, random)) {
      const actual = makespan(plan, took, ranks);
      errors.push((100 * Math.abs(predicted.expected - actual)) / actual);
      if (predicted.low <= actual && actual <= predicted.high) covered++;
    }
  }
  errors.sort((a, b) => a - b);
  return {
    graph: graph.title,
    noise: kind.title,
    runs,
    error: errors[Math.floor(errors.length / 2)] ?? NaN,
    covered: covered / errors.length,
  };
}

function planOf({ nodes, concurrency }: PlannedGraph): Plan {
  return buildPlan(
    nodes,
    { concurrency, timeout: 86_400, onFailure: 'finish_branches', priority: 3 },
    { maxAttempts: 3, maxRetryDelay: 300, concurrency, timeout: 86_400 },
  );
}

/** What the nodes take in so many runs, in ms. */
function runsOf(
  { seconds }: PlannedGraph,
  { own, common, retried }: Noise,
  runs: number,
  random: () => number,
): readonly (readonly number[])[] {
  return Array.from({ length: runs }, () => {
    const run = noise(common, random);
    return seconds.map((typical) => {
      const attempts = random() < retried ? 2 : 1;
      return Math.max(1, Math.round(1000 * typical * run * noise(own, random) * attempts));
    });
  });
}

function learned(plan: Plan, runs: readonly (readonly number[])[]): KnownDurations {
  const byNode = new Map(
    plan.nodes.map(({ definition }, node) => [
      definition.id,
      runs.map((took): DurationSample => ({ busy: took[node] ?? 0, elapsed: took[node] ?? 0 })),
    ]),
  );
  return runSteps(knownDurationSteps(plan, byNode, new Map()));
}

/** How long the job takes, in ms, with its nodes started as the engine starts them. */
function makespan(plan: Plan, took: readonly number[], ranks?: Float64Array): number {
  const state = initialState(plan);
  if (ranks !== undefined) state.ready.rankBy(ranks);
  const ends = new TimeHeap();
  let now = 0;
  let commands: JobCommand[] = [{ type: 'submit', by: 'bench' }, { type: 'start' }];
  for (;;) {
    const taken = step(plan, state, commands, now, { slots: MANY, events: MANY });
    for (const intent of taken.intents) {
      const node = plan.indexOf.get(intent.node) ?? 0;
      if (intent.type === 'dispatch') ends.push(now + (took[node] ?? 0), node);
    }
    if (ends.size === 0) break;
    const { time, event: node } = ends.pop();
    now = time;
    const result = { status: 'completed' } as const;
    commands = [{ type: 'finish_attempt', node, attempt: 1, result, random: 0 }];
  }
  if (state.status !== 'completed') throw new Error(`the job is ${state.status}`);
  return now;
}
