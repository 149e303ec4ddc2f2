import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { BenchEngine, type BenchSettings } from './bench-engine.js';
import type { StorePlace } from './stores.js';
import { randomLayers } from './workloads.js';

export interface LargeJobResult {
  readonly nodes: number;
  /** Milliseconds from the body's text to the answer 202. */
  readonly accept: number;
  /** Milliseconds from the answer to the middle of the job, where the engine is stopped. */
  readonly firstHalf: number;
  /** Milliseconds from a new engine's start until the job has ended. */
  readonly recoverAndFinish: number;
  /** Milliseconds to list all nodes, 1,000 a page. */
  readonly list: number;
  /** The longest stretch for which the event loop was held, in milliseconds. */
  readonly longestStretch: number;
  readonly peakMiB: number;
}

const SETTINGS: BenchSettings = { concurrency: 1_000, maxRunningNodes: 1_000, maxRunningJobs: 10 };

/** W6: one large job in random layers, validated, run, stopped in the middle, recovered and listed. */
export async function runLargeJob(place: StorePlace, nodes: number): Promise<LargeJobResult> {
  const body = JSON.stringify(randomLayers(nodes));
  const loop = monitorEventLoopDelay({ resolution: 2 });
  const first = new BenchEngine(await place.open(), SETTINGS);
  await first.engine.start();
  globalThis.gc?.();
  await settle(loop);

  let began = performance.now();
  const { jobId } = await first.submitInSlices(body);
  const accept = lap();
  await first.completed(jobId, Math.floor(nodes / 2));
  const firstHalf = lap();
  await first.close(0);

  began = performance.now();
  const second = new BenchEngine(await place.open(), SETTINGS);
  const ended = second.ended(jobId);
  await second.engine.start();
  await ended;
  await second.settled();
  const recoverAndFinish = lap();
  for (let after = -1; after < nodes - 1; after += 1_000) {
    const ref = { tenantId: 'bench', jobId };
    const page = await second.store.projections.nodes(ref, { after, limit: 1_000 });
    if (page.some((node) => node.state?.status !== 'completed')) throw new Error('not completed');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const list = lap();
  loop.disable();
  const longestStretch = loop.max / 1e6;
  await second.close();
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { nodes, accept, firstHalf, recoverAndFinish, list, longestStretch, peakMiB };

  function lap(): number {
    const now = performance.now();
    const took = now - began;
    began = now;
    return took;
  }
}

async function settle(loop: IntervalHistogram): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  loop.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  loop.reset();
}
