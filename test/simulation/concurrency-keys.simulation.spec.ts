import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InProcessConcurrencyKeys } from '../../src/adapters/system/in-process-concurrency-keys.js';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import type { AttemptResult } from '../../src/core/job/attempt.js';
import { isTerminalJob } from '../../src/core/job/status.js';
import type { DagExecutionEngine } from '../../src/engine/dag-execution-engine.js';
import type { ConcurrencyKeys } from '../../src/ports/concurrency-keys.js';
import type { AttemptContext } from '../../src/ports/node-executor.js';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../support/engine-fixture.js';
import { KeyWatchingStore } from '../support/key-watch.js';
import { Member } from '../support/member.js';
import { MemoryCluster } from '../support/memory-cluster.js';
import { randomDag } from '../support/random-dag.js';

const LIMITS = { one: 1, two: 2, mixed: 3 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Key = NodeDefinition['concurrency_key'];
const KEYS: readonly Key[] = [
  undefined,
  'one',
  { key: 'two', limit: 2 },
  { key: 'mixed', limit: 1 },
  { key: 'mixed', limit: 3 },
];

/** Random DAGs whose nodes need random keys. */
const keyedDag = fc
  .tuple(
    randomDag({ maxNodes: 6, triggerRules: true }),
    fc.array(fc.constantFrom(...KEYS), { minLength: 6, maxLength: 6 }),
  )
  .map(([nodes, keys]): NodeDefinition[] =>
    nodes.map((node, at) => {
      const key = keys[at];
      return key === undefined ? node : { ...node, concurrency_key: key };
    }),
  );

const jobs = fc.array(keyedDag, { minLength: 1, maxLength: 5 });
const outcomes = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 });

function resultOf(outcome: number, now: number): AttemptResult {
  if (outcome === 0 || outcome === 1) {
    const kind = outcome === 0 ? 'exit_code' : 'non_retryable';
    return { status: 'failed', error: { class: kind, code: 'x', message: 'x' } };
  }
  if (outcome < 5) return { status: 'waiting', until: now + outcome * 4_000 };
  return { status: 'completed' };
}

function unfinished(store: KeyWatchingStore): string[] {
  return [...store.jobs]
    .filter(([, { view }]) => !isTerminalJob(view.progress.status))
    .map(([key]) => key);
}

/** Every key with who holds it. */
async function leftOver(keys: ConcurrencyKeys): Promise<unknown[]> {
  const held = await Promise.all(Object.keys(LIMITS).map((key) => keys.holders('acme', key)));
  return held.flat();
}

describe('concurrency keys', () => {
  it('are never held by too many nodes, however often the service crashes; everything ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        jobs,
        outcomes,
        fc.uniqueArray(fc.nat({ max: 60 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (dags, results, crashesAt, maxRunningNodes) => {
          const crashes = [...crashesAt];
          const store = new KeyWatchingStore(LIMITS);
          const clock = new ManualClock();
          let keys = new InProcessConcurrencyKeys();
          let engine: DagExecutionEngine | undefined;
          let life = 0;
          let crashed = false;
          let turnOf = 0;
          const isCrashed = (): boolean => crashed;
          const boot = async (): Promise<void> => {
            const mine = ++life;
            crashed = false;
            keys = new InProcessConcurrencyKeys();
            engine = makeEngine({
              store: store.connect(async (batch) => {
                if (crashed || mine !== life) return new Promise(() => undefined);
                const at = crashes.indexOf(store.commits);
                if (at === -1) return store.commit(batch);
                crashes.splice(at, 1);
                crashed = true;
                if (store.commits % 2 === 1) await store.commit(batch);
                return new Promise(() => undefined);
              }),
              executors: [
                scriptedExecutor(async () => {
                  const outcome = results[turnOf++ % results.length] as number;
                  for (let turns = outcome % 4; turns > 0; turns--) await turn();
                  return resultOf(outcome, clock.now());
                }),
              ],
              clock,
              keys,
              maxRunningNodes,
              ownerId: `life${mine}`,
            });
            await engine.start();
            for (const [at, nodes] of dags.entries()) {
              if (store.jobs.has(`acme/job${at}`)) continue;
              engine
                .submit(submissionOf(`job${at}`, nodes, { concurrency: 2 }))
                .catch(() => undefined);
            }
          };
          await boot();
          const isDone = (): boolean =>
            store.jobs.size === dags.length && unfinished(store).length === 0;
          for (let turns = 0; turns < 20_000 && !isDone(); turns++) {
            if (isCrashed()) await boot();
            await turn();
            if (turns % 12 === 11) clock.fireNext();
          }
          // What the last commit made of the keys died with the process, if that did.
          if (isCrashed()) await boot();
          for (let turns = 0; turns < 20; turns++) await turn();

          expect(unfinished(store)).toEqual([]);
          expect(store.violations).toEqual([]);
          expect(await leftOver(keys)).toEqual([]);
          expect(engine?.stats()).toMatchObject({ runningJobs: 0, runningNodes: 0 });
        },
      ),
      { numRuns: 400 },
    );
  }, 120_000);

  it('are never held by too many nodes of two instances that freeze, die and are cut off', async () => {
    const happening = fc.record({
      what: fc.constantFrom('freeze', 'thaw', 'cut off', 'reconnect', 'die', 'lose', 'submit'),
      who: fc.nat({ max: 1 }),
      then: fc.constantFrom(0, 250, 1_000, 4_000, 20_000, 40_000),
    });
    await fc.assert(
      fc.asyncProperty(
        jobs,
        fc.array(happening, { minLength: 1, maxLength: 16 }),
        outcomes,
        async (dags, happenings, results) => {
          const store = new KeyWatchingStore(LIMITS);
          const cluster = new MemoryCluster(store);
          const members: Member[] = [];
          const waiting = [...dags.entries()];
          let turnOf = 0;
          let probing = false;
          const execute = async (
            member: Member,
            attempt: AttemptContext,
          ): Promise<AttemptResult> => {
            const outcome = probing ? 9 : (results[turnOf++ % results.length] as number);
            if (outcome > 6) {
              await new Promise<void>((resolve) => {
                const timer = member.clock.setTimer(outcome * 1_000, resolve);
                attempt.signal.addEventListener('abort', () => {
                  timer.cancel();
                  resolve();
                });
              });
            }
            return resultOf(outcome, member.clock.now());
          };
          const join = async (place: number, life: number): Promise<void> => {
            const member: Member = new Member(store, cluster, `m${place}-${life}-`, {
              maxRunningJobs: 2,
              execute: (attempt) => execute(member, attempt),
            });
            members[place] = member;
            await member.engine.start();
          };
          const pass = async (ms: number): Promise<void> => {
            for (let left = ms; left > 0; left -= 500) {
              for (const { clock, line } of members) if (line !== 'frozen') clock.advance(500);
              for (let turns = 0; turns < 4; turns++) await turn();
            }
          };
          const submit = (member: Member): void => {
            const next = waiting.shift();
            if (next === undefined) return;
            const [at, nodes] = next;
            const submission = submissionOf(`job${at}`, nodes, { concurrency: 3 });
            member.engine.submit(submission).catch(() => undefined);
          };

          for (let place = 0; place < 2; place++) await join(place, 0);
          await pass(500);
          for (const [life, { what, who, then }] of happenings.entries()) {
            const member = members[who] as Member;
            if (what === 'freeze') member.line = 'frozen';
            if (what === 'thaw' && member.line === 'frozen') member.thaw();
            if (what === 'cut off' && member.line === 'open') member.line = 'away';
            if (what === 'reconnect' && member.line === 'away') member.line = 'open';
            if (what === 'lose') member.losing++;
            if (what === 'submit' && member.line === 'open') submit(member);
            if (what === 'die') {
              member.line = 'frozen';
              await join(who, life + 1);
            }
            await pass(then);
          }
          for (const member of members) {
            if (member.line === 'frozen') member.thaw();
            member.line = 'open';
            member.losing = 0;
          }
          while (waiting.length > 0) submit(members[0] as Member);
          const end = async (): Promise<void> => {
            for (let rounds = 0; rounds < 200 && (rounds < 3 || unfinished(store).length > 0);) {
              await pass(10_000);
              rounds++;
            }
            expect(unfinished(store)).toEqual([]);
          };
          await end();
          // Whatever a dead instance left behind does not keep others from the keys.
          const probes = Object.keys(LIMITS).map((key): NodeDefinition => ({
            id: key,
            type: 'scripted',
            concurrency_key: key,
          }));
          probing = true;
          const probe = members[1]?.engine.submit(submissionOf('probe', probes));
          await end();
          await probe;

          expect(store.jobs.get('acme/probe')?.view.progress.status).toBe('completed');
          expect(store.violations).toEqual([]);
          expect(await leftOver(cluster.keys)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);
});
