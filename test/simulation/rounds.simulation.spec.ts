import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTerminalJob } from '../../src/core/job/status.js';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../support/engine-fixture.js';
import { MemoryStore } from '../support/memory-store.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Run {
  /** Of each node, how often the world must be asked until it is as wanted. */
  readonly wanted: readonly number[];
  /** Commits at which the process dies: even before, odd after the commit is durable. */
  readonly crashes: readonly number[];
}

const run = fc.record<Run>({
  wanted: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  crashes: fc.uniqueArray(fc.nat({ max: 30 }), { maxLength: 4 }),
});
const MAX = 8;

describe('rounds under crashes', () => {
  it('go on where they were, run no attempt twice, and end as the world does', async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ wanted, crashes }) => {
        const store = new MemoryStore();
        const clock = new ManualClock();
        const asked = new Map<string, number>();
        const ran = new Map<string, number>();
        const left = [...crashes];
        let life = 0;
        let crashed = false;
        const nodes = wanted.map((_, at) => ({
          id: `n${at}`,
          type: 'scripted',
          ...(at === 0 ? {} : { needs: [`n${at - 1}`] }),
          repeat: {
            until: `{% output.asked >= ${wanted[at] ?? 1} and iteration <= ${MAX} %}`,
            max: MAX,
            delay: 5,
          },
          retry: { max_attempts: 10, delay: 1 },
        }));
        const isCrashed = (): boolean => crashed;
        const boot = async (): Promise<void> => {
          const mine = ++life;
          crashed = false;
          const engine = makeEngine({
            clock,
            ownerId: `life${mine}`,
            executors: [
              scriptedExecutor(({ nodeId, attemptId }) => {
                ran.set(attemptId, (ran.get(attemptId) ?? 0) + 1);
                asked.set(nodeId, (asked.get(nodeId) ?? 0) + 1);
                return { status: 'completed', output: { asked: asked.get(nodeId) ?? 0 } };
              }),
            ],
            store: store.connect(async (batch) => {
              if (crashed || mine !== life) return new Promise(() => undefined);
              const at = left.indexOf(store.commits);
              if (at === -1) return store.commit(batch);
              left.splice(at, 1);
              crashed = true;
              if (store.commits % 2 === 1) await store.commit(batch);
              else store.commits++;
              return new Promise(() => undefined);
            }),
          });
          await engine.start();
          if (!store.jobs.has('acme/job')) void engine.submit(submissionOf('job', nodes));
        };
        await boot();
        for (let turns = 0, quiet = 0; ; turns++) {
          const status = store.jobs.get('acme/job')?.view.progress.status;
          if (status !== undefined && isTerminalJob(status)) break;
          if (turns > 20_000) throw new Error(`the job did not end: ${status ?? 'no job'}`);
          if (isCrashed()) await boot();
          const before = store.commits;
          await turn();
          quiet = store.commits === before ? quiet + 1 : 0;
          if (quiet > 10) {
            clock.fireNext();
            quiet = 0;
          }
        }
        const job = store.jobs.get('acme/job');
        expect(job?.view.progress.status).toBe('completed');
        expect([...ran.values()].every((times) => times === 1)).toBe(true);
        for (const [at, times] of wanted.entries()) {
          const node = job?.nodes.get(at);
          const output = node?.output as { readonly asked: number };
          expect(output.asked).toBeGreaterThanOrEqual(times);
          expect(node?.attempt).toBeGreaterThanOrEqual(node?.iteration ?? 0);
          const rounds = (job?.records ?? [])
            .flatMap(({ events }) => events)
            .flatMap((event) =>
              event.type === 'node_repeating' && event.node === `n${at}` ? [event.iteration] : [],
            );
          // Every round but the first was begun once, in turn.
          expect(rounds).toEqual(rounds.map((_, place) => place + 2));
          expect(node?.iteration).toBe(rounds.length + 1);
          if (crashes.length === 0) expect(node?.iteration).toBe(times);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
