import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptResult } from '../../src/core/job/attempt.js';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import type { RerunOrigin } from '../../src/core/job/job-record.js';
import { isTerminalJob } from '../../src/core/job/status.js';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../support/engine-fixture.js';
import { MemoryStore } from '../support/memory-store.js';
import { randomDag } from '../support/random-dag.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Statuses and outputs of a job's nodes, as the store shows them. */
async function resultOf(store: MemoryStore, jobId: string): Promise<readonly unknown[]> {
  const views = await store.nodes({ tenantId: 'acme', jobId }, { after: -1, limit: Infinity });
  const states = store.jobs.get(`acme/${jobId}`)?.nodes;
  return views.map(({ index, definition, state }) => [
    definition.id,
    state?.status ?? 'never started',
    states?.get(index)?.output,
  ]);
}

interface World {
  readonly store: MemoryStore;
  readonly started: string[];
  /** Runs a job to its end, with a crash at a commit of it, if there are so many. */
  run(
    jobId: string,
    more: { readonly rerunOf?: RerunOrigin; readonly fails?: boolean; readonly crashAt?: number },
  ): Promise<string>;
}

function worldOf(nodes: readonly NodeDefinition[], failing: ReadonlySet<string>): World {
  const store = new MemoryStore();
  const started: string[] = [];
  return {
    store,
    started,
    run: async (jobId, { rerunOf, fails = false, crashAt = Infinity }) => {
      const clock = new ManualClock();
      let commits = 0;
      let crashed = false;
      const isCrashed = (): boolean => crashed;
      const boot = async (): Promise<void> => {
        crashed = false;
        const engine = makeEngine({
          store: store.connect(async (batch) => {
            if (crashed) return new Promise(() => undefined);
            if (commits++ !== crashAt) return store.commit(batch);
            crashed = true;
            if (crashAt % 2 === 0) await store.commit(batch);
            return new Promise(() => undefined);
          }),
          executors: [
            scriptedExecutor((attempt): AttemptResult => {
              started.push(`${attempt.jobId}/${attempt.nodeId}`);
              return fails && failing.has(attempt.nodeId)
                ? {
                    status: 'failed',
                    error: { class: 'non_retryable', code: 'x', message: 'x' },
                  }
                : { status: 'completed', output: `output of ${attempt.nodeId}` };
            }),
          ],
          clock,
          ownerId: `life${commits}`,
        });
        await engine.start();
        if (store.jobs.has(`acme/${jobId}`)) return;
        const submission = submissionOf(jobId, nodes);
        const header = { ...submission.header, ...(rerunOf === undefined ? {} : { rerunOf }) };
        engine.submit({ ...submission, header }).catch(() => undefined);
      };
      await boot();
      for (let turns = 0; turns < 5_000; turns++) {
        const status = store.jobs.get(`acme/${jobId}`)?.view.progress.status;
        if (status !== undefined && isTerminalJob(status)) return status;
        if (isCrashed()) await boot();
        await turn();
        if (turns % 20 === 19) clock.fireNext();
      }
      throw new Error(`${jobId} did not end`);
    },
  };
}

describe('a rerun', () => {
  const dag = randomDag({ maxNodes: 14, triggerRules: true });
  const flips = fc.array(fc.boolean(), { minLength: 14, maxLength: 14 });
  const crash = fc.option(fc.nat({ max: 12 }), { nil: Infinity });

  it('of what failed ends as a clean run does, and runs nothing again that nothing new came to', async () => {
    await fc.assert(
      fc.asyncProperty(dag, flips, crash, async (nodes, fails, crashAt) => {
        const failing = new Set(nodes.filter((_, at) => fails[at] === true).map(({ id }) => id));
        const world = worldOf(nodes, failing);
        await world.run('first', { fails: true });
        await world.run('clean', {});
        await world.run('again', { rerunOf: { jobId: 'first', from: [] }, crashAt });

        expect(await resultOf(world.store, 'again')).toEqual(await resultOf(world.store, 'clean'));
        const first = await resultOf(world.store, 'first');
        const wellEnded = new Set(
          first.flatMap((node) => {
            const [id, status] = node as [string, string];
            return status === 'completed' || status === 'skipped' ? [id] : [];
          }),
        );
        // A node runs again only if it did not end well, or needs one, however far up, that did not.
        const mayRun = new Set<string>();
        for (const { id, needs = [] } of inOrder(nodes)) {
          if (!wellEnded.has(id) || needs.some((need) => mayRun.has(need))) mayRun.add(id);
        }
        for (const run of world.started) {
          const [jobId, id = ''] = run.split('/');
          if (jobId === 'again') expect(mayRun).toContain(id);
        }
      }),
      { numRuns: 250 },
    );
  }, 60_000);

  it('from a node runs it and all that follows from it again, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(dag, fc.nat(), crash, async (nodes, pick, crashAt) => {
        const world = worldOf(nodes, new Set());
        await world.run('first', {});
        const from = (nodes[pick % nodes.length] as NodeDefinition).id;
        await world.run('again', { rerunOf: { jobId: 'first', from: [from] }, crashAt });
        expect(await resultOf(world.store, 'again')).toEqual(await resultOf(world.store, 'first'));
        const again = new Set([from]);
        for (const { id, needs = [] } of inOrder(nodes)) {
          if (needs.some((need) => again.has(need))) again.add(id);
        }
        const ran = (jobId: string): string[] =>
          world.started.filter((run) => run.startsWith(`${jobId}/`)).map((run) => run.slice(6));
        expect(new Set(ran('again'))).toEqual(new Set(ran('first').filter((id) => again.has(id))));
      }),
      { numRuns: 250 },
    );
  }, 60_000);

  it('is cancelled, with the reason, when the job that it was to run again is gone', async () => {
    const world = worldOf([{ id: 'a', type: 'scripted' }], new Set());
    expect(await world.run('again', { rerunOf: { jobId: 'nobody', from: [] } })).toBe('cancelled');
    expect(world.store.jobs.get('acme/again')?.view.progress.reason).toMatch(/nobody.*is gone/);
  });
});

/** Each node after all it needs. */
function inOrder(nodes: readonly NodeDefinition[]): readonly NodeDefinition[] {
  const done = new Set<string>();
  const order: NodeDefinition[] = [];
  while (order.length < nodes.length) {
    for (const node of nodes) {
      if (done.has(node.id) || !(node.needs ?? []).every((need) => done.has(need))) continue;
      done.add(node.id);
      order.push(node);
    }
  }
  return order;
}
