import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import type { AttemptResult } from '../../src/core/job/attempt.js';
import { isTerminalJob } from '../../src/core/job/status.js';
import type { AttemptContext } from '../../src/ports/node-executor.js';
import { StoreUnavailable } from '../../src/ports/store-errors.js';
import { submissionOf } from '../support/engine-fixture.js';
import { Member } from '../support/member.js';
import { MemoryCluster } from '../support/memory-cluster.js';
import { MemoryStore } from '../support/memory-store.js';
import { randomDag } from '../support/random-dag.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What happens, and to which of the instances. */
interface Happening {
  readonly what: 'freeze' | 'thaw' | 'cut off' | 'reconnect' | 'die' | 'lose an answer' | 'submit';
  readonly who: number;
  /** Milliseconds until the next thing happens. */
  readonly then: number;
}

const happening = fc.record<Happening>({
  what: fc.constantFrom(
    'freeze',
    'thaw',
    'cut off',
    'reconnect',
    'die',
    'lose an answer',
    'submit',
    'submit',
  ),
  who: fc.nat({ max: 2 }),
  then: fc.constantFrom(0, 250, 1_000, 4_000, 20_000, 40_000),
});

/** Random DAGs, every third node of which is a group of children, which a job of its own runs. */
const dag = randomDag({ maxNodes: 6, triggerRules: true }).map((nodes) =>
  nodes.map((node, at): NodeDefinition => (at % 3 === 2 ? { ...node, for_each: [0, 1] } : node)),
);

describe('instances that freeze, die, are cut off and come back', () => {
  it('end every job; no attempt starts twice, no node succeeds twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(dag, { minLength: 1, maxLength: 5 }),
        fc.array(happening, { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 }),
        async (dags, happenings, outcomes) => {
          const store = new MemoryStore();
          const cluster = new MemoryCluster(store);
          const starts = new Map<string, number>();
          const members: Member[] = [];
          const accepted = new Set<string>();
          const waiting = [...dags.entries()];
          let turnOf = 0;

          const execute = async (
            member: Member,
            attempt: AttemptContext,
          ): Promise<AttemptResult> => {
            // Its start is durable before it runs.
            expect(startsIn(store, attempt)).toBe(1);
            starts.set(attempt.attemptId, (starts.get(attempt.attemptId) ?? 0) + 1);
            const outcome = outcomes[turnOf++ % outcomes.length] as number;
            if (outcome === 0) return failed('exit_code');
            if (outcome === 1) return failed('non_retryable');
            if (outcome === 2) return { status: 'waiting', until: member.clock.now() + 5_000 };
            if (outcome > 5) {
              await new Promise<void>((resolve) => {
                const timer = member.clock.setTimer(outcome * 1_000, resolve);
                attempt.signal.addEventListener('abort', () => {
                  timer.cancel();
                  resolve();
                });
              });
            }
            return { status: 'completed', output: outcome };
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
            member.engine.submit(submissionOf(`job${at}`, nodes)).then(
              ({ status }) => {
                if (status === 'accepted') accepted.add(`job${at}`);
                else waiting.push(next);
              },
              (error: unknown) => expect(error).toBeInstanceOf(StoreUnavailable),
            );
          };

          for (let place = 0; place < 3; place++) await join(place, 0);
          await pass(500);
          for (const [life, { what, who, then }] of happenings.entries()) {
            const member = members[who] as Member;
            if (what === 'freeze') member.line = 'frozen';
            if (what === 'thaw' && member.line === 'frozen') member.thaw();
            if (what === 'cut off' && member.line === 'open') member.line = 'away';
            if (what === 'reconnect' && member.line === 'away') member.line = 'open';
            if (what === 'lose an answer') member.losing++;
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
          const unfinished = (): string[] =>
            [...store.jobs]
              .filter(([, { view }]) => !isTerminalJob(view.progress.status))
              .map(([key]) => key);
          for (let rounds = 0; rounds < 200 && (rounds < 3 || unfinished().length > 0); rounds++) {
            await pass(10_000);
          }

          expect(unfinished()).toEqual([]);
          for (const id of accepted) expect(store.jobs.has(`acme/${id}`)).toBe(true);
          expect([...starts].filter(([, count]) => count > 1)).toEqual([]);
          for (const { records } of store.jobs.values()) {
            const events = records.flatMap((record) => record.events);
            const completed = events.flatMap((event) =>
              event.type === 'node_completed' ? [event.node] : [],
            );
            expect(new Set(completed).size).toBe(completed.length);
            expect(events.filter(({ type }) => type === 'job_finished')).toHaveLength(1);
          }
          for (const { engine } of members) {
            expect(engine.stats()).toMatchObject({ runningJobs: 0, runningNodes: 0 });
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);
});

function failed(errorClass: 'exit_code' | 'non_retryable'): AttemptResult {
  return { status: 'failed', error: { class: errorClass, code: 'x', message: 'x' } };
}

function startsIn(store: MemoryStore, { jobId, nodeId, attempt }: AttemptContext): number {
  const records = store.jobs.get(`acme/${jobId}`)?.records ?? [];
  return records
    .flatMap(({ events }) => events)
    .filter((event) => event.type === 'node_started')
    .filter((event) => event.node === nodeId && event.attempt === attempt).length;
}
