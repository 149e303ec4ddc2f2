import type { BenchEngine, BenchSettings } from './bench-engine.js';

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly settings: BenchSettings;
  /** Runs to be measured; the first is a warm-up and is thrown away. */
  readonly rounds: number;
  /**
   * Answers nodes a second, ms a step and so on for one round. Where throughput is asked for, the
   * clock stops when lists and status reads show the end of every job.
   */
  measure(bench: BenchEngine): Promise<number>;
  readonly what: string;
  readonly unit: string;
  /** What is asked for on the reference machine, where something is. */
  readonly bar?: { readonly atLeast?: number; readonly atMost?: number };
}

interface Node {
  readonly id: string;
  readonly type: 'noop';
  readonly needs?: readonly string[];
}

const job = (nodes: readonly Node[]): object => ({ name: 'bench', dag_definition: { nodes } });
const noop = (id: string, needs?: readonly string[]): Node => ({
  id,
  type: 'noop',
  ...(needs === undefined ? {} : { needs }),
});

/** One source, some nodes beside each other, one sink. */
export function fan(width: number): object {
  const middle = Array.from({ length: width }, (_, at) => `m${at}`);
  return job([noop('source'), ...middle.map((id) => noop(id, ['source'])), noop('sink', middle)]);
}

export function chain(steps: number): object {
  return job(
    Array.from({ length: steps }, (_, at) => noop(`s${at}`, at === 0 ? undefined : [`s${at - 1}`])),
  );
}

export function join(width: number): object {
  const parallel = Array.from({ length: width }, (_, at) => `p${at}`);
  return job([...parallel.map((id) => noop(id)), noop('join', parallel)]);
}

export function layers(count: number, width: number): object {
  const nodes: Node[] = [];
  for (let layer = 0; layer < count; layer++) {
    for (let at = 0; at < width; at++) {
      const needs = [`l${layer - 1}_${at}`, `l${layer - 1}_${(at + 1) % width}`];
      nodes.push(noop(`l${layer}_${at}`, layer === 0 ? undefined : needs));
    }
  }
  return job(nodes);
}

/** Layers of random width, each node on up to three random nodes of the layer before; seeded. */
export function randomLayers(size: number, seed = 1): object {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const nodes: Node[] = [];
  let before: string[] = [];
  while (nodes.length < size) {
    const width = Math.min(size - nodes.length, 1 + random(Math.ceil(Math.sqrt(size)) * 2));
    const layer: string[] = [];
    for (let at = 0; at < width; at++) {
      const id = `n${nodes.length}`;
      const needs = new Set<string>();
      for (let pick = 1 + random(3); pick > 0 && before.length > 0; pick--) {
        needs.add(before[random(before.length)] as string);
      }
      nodes.push(noop(id, needs.size === 0 ? undefined : [...needs]));
      layer.push(id);
    }
    before = layer;
  }
  return job(nodes);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function nodesPerSecond(
  bench: BenchEngine,
  nodes: number,
  definition: object,
): Promise<number> {
  const ms = await timed(async () => {
    await bench.run(definition);
    await bench.settled();
  });
  return nodes / (ms / 1000);
}

const WIDE: BenchSettings = { concurrency: 1_000, maxRunningNodes: 10_000, maxRunningJobs: 10_000 };
const HUNDRED: BenchSettings = { concurrency: 100, maxRunningNodes: 100, maxRunningJobs: 10_000 };

export const W1_JOBS = 300;
export const W1_NODES = 10;

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'W1',
    title: `${W1_JOBS} jobs of ${W1_NODES} nodes (1 source, 8 parallel, 1 sink), submitted at once`,
    settings: WIDE,
    rounds: 7,
    what: 'nodes',
    unit: 'nodes/s',
    bar: { atLeast: 25_000 },
    measure: async (bench) => {
      const definition = fan(W1_NODES - 2);
      const ms = await timed(async () => {
        await Promise.all(Array.from({ length: W1_JOBS }, () => bench.run(definition)));
        await bench.settled();
      });
      return (W1_JOBS * W1_NODES) / (ms / 1000);
    },
  },
  {
    name: 'W2',
    title: 'a chain of 50 steps, five times',
    settings: WIDE,
    rounds: 7,
    what: 'step',
    unit: 'ms/step',
    bar: { atMost: 0.4 },
    measure: async (bench) => {
      const definition = chain(50);
      let ms = 0;
      for (let round = 0; round < 5; round++) ms += await timed(() => bench.run(definition));
      return ms / 250;
    },
  },
  {
    name: 'W3',
    title: '1,000 parallel nodes and a join',
    settings: WIDE,
    rounds: 7,
    what: 'nodes',
    unit: 'nodes/s',
    bar: { atLeast: 20_000 },
    measure: (bench) => nodesPerSecond(bench, 1_001, join(1_000)),
  },
  {
    name: 'W4',
    title: '10,000 one-node jobs, one call each with 100 in flight, concurrency 100',
    settings: HUNDRED,
    rounds: 5,
    what: 'jobs end to end',
    unit: 'jobs/s',
    bar: { atLeast: 15_000 },
    measure: async (bench) => {
      const definition = job([noop('only')]);
      const ended: Promise<void>[] = [];
      let left = 10_000;
      const client = async (): Promise<void> => {
        while (left-- > 0) ended.push((await bench.submit(definition)).ended);
      };
      const ms = await timed(async () => {
        await Promise.all(Array.from({ length: 100 }, client));
        await Promise.all(ended);
        await bench.settled();
      });
      return 10_000 / (ms / 1000);
    },
  },
  {
    name: 'W4b',
    title: '10,000 one-node jobs, 1,000 a call, concurrency 100',
    settings: HUNDRED,
    rounds: 5,
    what: 'jobs end to end',
    unit: 'jobs/s',
    measure: async (bench) => {
      const definition = job([noop('only')]);
      const ended: Promise<void>[] = [];
      const ms = await timed(async () => {
        for (let call = 0; call < 10; call++) {
          const jobs = await Promise.all(
            Array.from({ length: 1_000 }, () => bench.submit(definition)),
          );
          ended.push(...jobs.map((submitted) => submitted.ended));
        }
        await Promise.all(ended);
        await bench.settled();
      });
      return 10_000 / (ms / 1000);
    },
  },
  {
    name: 'W5',
    title: 'one job of 100 layers of 100 nodes, each on 2 nodes of the layer before',
    settings: WIDE,
    rounds: 5,
    what: 'nodes',
    unit: 'nodes/s',
    bar: { atLeast: 20_000 },
    measure: (bench) => nodesPerSecond(bench, 10_000, layers(100, 100)),
  },
];
