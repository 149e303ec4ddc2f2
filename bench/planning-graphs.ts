import type { NodeDefinition } from '../src/core/graph/definition.js';

/** A job, and what its nodes take: typically, in seconds. */
export interface PlannedGraph {
  readonly title: string;
  readonly nodes: readonly NodeDefinition[];
  readonly seconds: readonly number[];
  readonly concurrency: number;
}

/** Uniform in [0, 1); the same from one run of the bench to the next. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Log-normal with a median of 1. */
export function noise(sigma: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal);
}

class Graph {
  readonly nodes: NodeDefinition[] = [];
  readonly seconds: number[] = [];

  get made(): Pick<PlannedGraph, 'nodes' | 'seconds'> {
    return { nodes: this.nodes, seconds: this.seconds };
  }

  add(id: string, seconds: number, ...needs: readonly string[]): string {
    this.nodes.push({ id, type: 'shell', needs });
    this.seconds.push(seconds);
    return id;
  }
}

/** Many tests beside each other, and one chain that is as long as all of them on 8 slots. */
function forkJoin(): PlannedGraph {
  const random = seeded(1);
  const graph = new Graph();
  const tests = Array.from({ length: 60 }, (_, at) => graph.add(`t${at}`, 30 + 60 * random()));
  let last = graph.add('c0', 60);
  for (let step = 1; step < 7; step++) last = graph.add(`c${step}`, 60, last);
  graph.add('report', 5, ...tests, last);
  return { title: 'fork-join of 60 tests and a chain of 7', ...graph.made, concurrency: 8 };
}

/** Layers of random width, each node on up to three of the layer before. */
function layered(): PlannedGraph {
  const random = seeded(2);
  const below = (n: number): number => Math.floor(random() * n);
  const graph = new Graph();
  let before: string[] = [];
  while (graph.nodes.length < 300) {
    const layer: string[] = [];
    for (let left = 1 + below(30); left > 0; left--) {
      const needs = new Set<string>();
      for (let pick = 1 + below(3); pick > 0 && before.length > 0; pick--) {
        needs.add(before[below(before.length)] ?? '');
      }
      layer.push(graph.add(`n${graph.nodes.length}`, 20 * noise(1, random), ...needs));
    }
    before = layer;
  }
  return { title: 'random layers, 300 nodes', ...graph.made, concurrency: 8 };
}

/** What a repository with a front end and a back end runs for a change. */
function pipeline(): PlannedGraph {
  const random = seeded(3);
  const graph = new Graph();
  const checkout = graph.add('checkout', 8);
  const web = graph.add('install-web', 45, checkout);
  const api = graph.add('install-api', 30, checkout);
  const checks = ['lint', 'types', 'licences', 'audit'].map((id, at) =>
    graph.add(`${id}-web`, 20 + 15 * at, web),
  );
  checks.push(...['lint', 'types'].map((id) => graph.add(`${id}-api`, 35, api)));
  const units = Array.from({ length: 12 }, (_, at) =>
    graph.add(`unit-web-${at}`, 25 + 40 * random(), web),
  );
  units.push(
    ...Array.from({ length: 8 }, (_, at) => graph.add(`unit-api-${at}`, 30 + 60 * random(), api)),
  );
  const buildWeb = graph.add('build-web', 95, web);
  const buildApi = graph.add('build-api', 70, api);
  const image = graph.add('image', 80, buildWeb, buildApi);
  const deploy = graph.add('deploy-preview', 50, image);
  const browsers = Array.from({ length: 10 }, (_, at) =>
    graph.add(`e2e-${at}`, 60 + 90 * random(), deploy),
  );
  const load = graph.add('load-test', 240, deploy);
  graph.add('report', 10, ...checks, ...units, ...browsers, load);
  return { title: `CI pipeline, ${graph.nodes.length} nodes`, ...graph.made, concurrency: 6 };
}

export const GRAPHS: readonly PlannedGraph[] = [forkJoin(), layered(), pipeline()];
