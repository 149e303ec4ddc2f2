import { describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  silentLogger,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { MemoryDurationHistory } from '../../test/support/memory-duration-history.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { NodeDefinition } from '../core/graph/definition.js';
import { isTerminalJob } from '../core/job/status.js';
import type { AttemptContext } from '../ports/node-executor.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import { DurationRecorder } from './duration-recorder.js';
import { ExpectedDurations } from './expected-durations.js';
import { breathe } from './slices.js';

type Run = (attempt: AttemptContext, clock: ManualClock) => AttemptResult | Promise<AttemptResult>;

const error = { class: 'infrastructure', code: 'flaky', message: 'Try again.' } as const;
const completed: AttemptResult = { status: 'completed' };
const after = (clock: ManualClock, ms: number, result: AttemptResult): Promise<AttemptResult> =>
  new Promise((resolve) => clock.setTimer(ms, () => resolve(result)));

/** Runs jobs to their end on a clock of their own, with a recorder beside them. */
async function world(run: Run, history = new MemoryDurationHistory()) {
  const clock = new ManualClock();
  const added: string[] = [];
  const warnings: string[] = [];
  const engine = makeEngine({
    store: new MemoryStore(),
    executors: [scriptedExecutor((attempt) => run(attempt, clock))],
    clock,
  });
  const recorder = new DurationRecorder({
    tracker: engine.tracker,
    history,
    clock,
    logger: { ...silentLogger, warn: (_, message) => warnings.push(message) },
    added: (tenantId, scope) => added.push(`${tenantId} ${scope}`),
  });
  await engine.start();
  return {
    history,
    clock,
    added,
    warnings,
    recorder,
    runJob: async (nodes: readonly NodeDefinition[], standsStill = false): Promise<void> => {
      let over = false;
      engine.tracker.subscribe(({ progress }) => (over ||= isTerminalJob(progress.status)));
      const submission = submissionOf(`job${Math.random()}`, nodes);
      await engine.submit({ ...submission, header: { ...submission.header, name: 'nightly' } });
      await waitUntil(async () => {
        // What has happened is committed before time goes on.
        for (let turn = 0; turn < 10; turn++) await breathe();
        if (!over && !standsStill) clock.fireNext();
        return over;
      });
    },
  };
}

const node = (id: string, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'scripted',
  ...more,
});

describe('DurationRecorder', () => {
  it('tells how long nodes ran, and how long they took with backoffs and waits', async () => {
    const { runJob, recorder, history, added } = await world(({ nodeId, attempt }, clock) => {
      if (nodeId === 'flaky' && attempt === 1) {
        return after(clock, 50, { status: 'failed', error });
      }
      if (nodeId === 'waits') {
        return after(clock, 30, { status: 'waiting', until: clock.now() + 530 });
      }
      return after(clock, 100, completed);
    });
    await runJob([
      node('plain'),
      node('flaky', { retry: { strategy: 'fixed', delay: 1, jitter: 'none' } }),
      node('waits'),
    ]);
    await recorder.stop();
    expect(Object.fromEntries(await history.read('acme', 'job:nightly'))).toEqual({
      plain: [{ busy: 100, elapsed: 100 }],
      flaky: [{ busy: 150, elapsed: 1150 }],
      waits: [{ busy: 30, elapsed: 530 }],
    });
    expect((await history.read('acme', 'types')).get('scripted')).toHaveLength(3);
    expect(new Set(added)).toEqual(new Set(['acme job:nightly', 'acme types']));
  });

  it('counts no failed nodes, and writes by itself after a while', async () => {
    const { runJob, clock, history } = await world(({ nodeId }, clock) =>
      after(clock, 10, nodeId === 'bad' ? { status: 'failed', error } : completed),
    );
    await runJob([node('good'), node('bad', { retry: { max_attempts: 1 } })]);
    clock.advance(2_000);
    await waitUntil(async () => (await history.read('acme', 'job:nightly')).size > 0);
    expect([...(await history.read('acme', 'job:nightly')).keys()]).toEqual(['good']);
  });

  it('samples large jobs by type only', async () => {
    const { runJob, recorder, history } = await world(() => completed);
    await runJob(
      Array.from({ length: 2_001 }, (_, at) => node(`n${at}`)),
      true,
    );
    await recorder.stop();
    expect(await history.read('acme', 'job:nightly')).toEqual(new Map());
    expect((await history.read('acme', 'types')).get('scripted')).toHaveLength(4);
  });

  it('gives up what cannot be written, and says so', async () => {
    const history = new MemoryDurationHistory();
    history.add = () => Promise.reject(new StoreUnavailable('away'));
    const { runJob, recorder, warnings } = await world(() => completed, history);
    await runJob([node('a')]);
    await recorder.stop();
    expect(warnings).toEqual([expect.stringContaining('predictions lack it')]);
  });
});

describe('ExpectedDurations', () => {
  const plan = (...ids: string[]) =>
    submissionOf(
      'x',
      ids.map((id) => node(id)),
    ).plan;
  const job = { tenantId: 'acme', name: 'nightly' };
  const took = (ms: number) => [{ busy: ms, elapsed: ms }];

  it('knows nodes by their own runs, else by their type', async () => {
    const history = new MemoryDurationHistory();
    const clock = new ManualClock();
    const expected = new ExpectedDurations(history, clock);
    expect((await expected.of(job, plan('a', 'b'))).basis).toEqual({ node: 0, type: 0, none: 2 });
    await history.add('acme', [{ scope: 'job:nightly', name: 'a', durations: took(5) }], 0);
    expect((await expected.of(job, plan('a', 'b'))).basis).toMatchObject({ node: 0 });
    expected.forget('acme', 'job:nightly');
    expect((await expected.of(job, plan('a', 'b'))).basis).toEqual({ node: 1, type: 0, none: 1 });
    await history.add('acme', [{ scope: 'types', name: 'scripted', durations: took(7) }], 0);
    clock.advance(10_000);
    const known = await expected.of(job, plan('a', 'b'));
    expect(known.basis).toEqual({ node: 1, type: 1, none: 0 });
    expect([known.of(0), known.of(1), known.ownOf(1)]).toEqual([took(5), took(7), undefined]);
    const template = { name: 'nightly', revision: 1, hash: '' };
    expect((await expected.of({ ...job, template }, plan('a'))).basis).toMatchObject({ type: 1 });
    const other = await expected.of({ ...job, tenantId: 'globex' }, plan('a'));
    expect(other.basis).toEqual({ node: 0, type: 0, none: 1 });
  });

  it('knows nothing while the store is away, and asks again', async () => {
    const history = new MemoryDurationHistory();
    const read = history.read.bind(history);
    history.read = () => Promise.reject(new StoreUnavailable('away'));
    const expected = new ExpectedDurations(history, new ManualClock());
    expect((await expected.of(job, plan('a'))).basis.none).toBe(1);
    history.read = read;
    await history.add('acme', [{ scope: 'job:nightly', name: 'a', durations: took(5) }], 0);
    expect((await expected.of(job, plan('a'))).basis.none).toBe(0);
  });
});
