import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutOutput, type NodeProjection } from '../../src/core/job/job-record.js';
import type { JobProjections, NodeQuery, UnfinishedJob } from '../../src/ports/job-projections.js';
import { StoreJob, T0, completedNode, runningNode } from '../support/store-job.js';
import type { StoreContract, StoreUnderTest } from '../support/store-under-test.js';

export function jobProjectionsContract(contract: StoreContract): void {
  describe(`job projections: ${contract.name}`, () => {
    let store: StoreUnderTest;
    let projections: JobProjections;
    beforeEach(async () => {
      store = await contract.create();
      ({ projections } = store);
    });
    afterEach(() => contract.destroy());

    const indexes = async (job: StoreJob, query: NodeQuery): Promise<number[]> =>
      (await projections.nodes(job.ref, query)).map((node) => node.index);

    it('shows a job as it was submitted and as it stands, without absent fields', async () => {
      const plain = new StoreJob();
      const rich = new StoreJob({
        description: 'every field',
        labels: { team: 'web', 'odd "key"': 'é\u0000' },
        inputs: { deep: { list: [1, null, 'x'] } },
        warnings: ['no such test case: login'],
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        types: ['noop', 'shell'],
        timeout: 0.5,
      });
      for (const job of [plain, rich]) {
        await store.journal.commit([job.submit()]);
        await store.settled();
        expect(await projections.job(job.ref)).toStrictEqual({
          header: job.header,
          progress: job.progress,
        });
        await store.journal.commit([job.next({ status: 'running', nodes: [completedNode(1)] })]);
        await store.journal.commit([job.next({ status: 'failed', reason: 'n2 said "no"' })]);
        await store.settled();
        expect(await projections.job(job.ref)).toStrictEqual({
          header: job.header,
          progress: job.progress,
        });
      }
    });

    it('keeps tenants apart', async () => {
      const job = new StoreJob();
      await store.journal.commit([job.submit()]);
      await store.settled();
      const foreign = { ...job.ref, tenantId: 'globex' };
      expect(await projections.job(foreign)).toBeUndefined();
      expect(await projections.nodes(foreign, { after: -1, limit: 10 })).toEqual([]);
      expect(await projections.node(foreign, 'n0')).toBeUndefined();
    });

    it('shows nodes in definition order, with a state only where they have one', async () => {
      const job = new StoreJob({ nodeCount: 5 });
      const state: NodeProjection = {
        index: 3,
        status: 'failed',
        attempt: 2,
        startedAt: T0,
        finishedAt: T0 + 9,
        output: null,
        error: { class: 'exit_code', code: 'process_exit', message: 'exit 1', details: [1] },
        history: [{ attempt: 1, status: 'failed', started_at: T0, finished_at: T0 + 1 }],
      };
      await store.journal.commit([job.submit({ nodes: [runningNode(0)] })]);
      await store.journal.commit([
        job.next({ status: 'running', nodes: [state, completedNode(0)] }),
      ]);
      await store.settled();
      const whole = job.definition.map((definition, index) => ({
        index,
        definition,
        ...(index === 0 ? { state: completedNode(0) } : index === 3 ? { state } : {}),
      }));
      const expected = whole.map((view) =>
        'state' in view ? { ...view, state: withoutOutput(view.state) } : view,
      );
      expect(await projections.nodes(job.ref, { after: -1, limit: 10 })).toStrictEqual(expected);
      expect(await projections.nodes(job.ref, { after: 1, limit: 2 })).toStrictEqual(
        expected.slice(2, 4),
      );
      expect(await projections.nodes(job.ref, { after: 4, limit: 2 })).toEqual([]);
      for (const view of whole) {
        expect(await projections.node(job.ref, view.definition.id)).toStrictEqual(view);
      }
      expect(await projections.node(job.ref, 'n5')).toBeUndefined();
    });

    it('counts nodes without a state as pending while the job lives, then as cancelled', async () => {
      const job = new StoreJob({ nodeCount: 6 });
      const cancelled: NodeProjection = { index: 4, status: 'cancelled', attempt: 1 };
      await store.journal.commit([job.submit({ nodes: [runningNode(0), cancelled] })]);
      await store.settled();
      expect(await indexes(job, { after: -1, limit: 9, status: 'pending' })).toEqual([1, 2, 3, 5]);
      expect(await indexes(job, { after: 2, limit: 1, status: 'pending' })).toEqual([3]);
      expect(await indexes(job, { after: -1, limit: 9, status: 'cancelled' })).toEqual([4]);
      await store.journal.commit([job.next({ status: 'cancelled', nodes: [completedNode(0)] })]);
      await store.settled();
      expect(await indexes(job, { after: -1, limit: 9, status: 'pending' })).toEqual([]);
      expect(await indexes(job, { after: 1, limit: 3, status: 'cancelled' })).toEqual([2, 3, 4]);
      expect(await indexes(job, { after: -1, limit: 9, status: 'completed' })).toEqual([0]);
    });

    it('tells how nodes stand by their ids, in small jobs and in large ones', async () => {
      for (const nodeCount of [5, 2_500]) {
        const job = new StoreJob({ nodeCount });
        const skipped: NodeProjection = {
          index: 3,
          status: 'skipped',
          attempt: 0,
          skipReason: 'upstream_failed',
        };
        const chunks = nodeCount === 5 ? job.chunks(Infinity) : job.chunks(200);
        await store.journal.commit([job.submit({ chunks, nodes: [runningNode(0)] })]);
        await store.journal.commit([
          job.next({ status: 'running', nodes: [completedNode(1), skipped] }),
        ]);
        await store.settled();
        const last = `n${nodeCount - 1}`;
        const ids = [last, 'n1', 'nobody', 'n3', 'n0', 'n1'];
        const expected = new Map([
          ['n0', { status: 'running' }],
          ['n1', { status: 'completed' }],
          ['n3', { status: 'skipped', skipReason: 'upstream_failed' }],
          [last, { status: 'pending' }],
        ]);
        expect(new Map(await projections.standings(job.ref, ids))).toEqual(expected);
        expect((await projections.standings(job.ref, [])).size).toBe(0);
        expect((await projections.standings({ ...job.ref, tenantId: 'x' }, ids)).size).toBe(0);
        await store.journal.commit([job.next({ status: 'cancelled' })]);
        await store.settled();
        const all = job.definition.map(({ id }) => id);
        const standings = await projections.standings(job.ref, all);
        expect(standings.size).toBe(nodeCount);
        expect(standings.get(last)).toEqual({ status: 'cancelled' });
        expect(standings.get('n1')).toEqual({ status: 'completed' });
      }
    });

    it('finds a node by any id, and not by what merely looks like one', async () => {
      const ids = ['a', 'a"b', 'a\\b', 'é', 'suite/Login', 'line\nbreak', 'aa'];
      const nodes = ids.map((id) => ({
        id,
        type: 'noop',
        config: { id: 'decoy', text: '"id":"hidden"', nested: { id: 'a' } },
      }));
      const job = new StoreJob({ nodeCount: nodes.length * 2 });
      const chunks = [
        { first: 0, nodes: nodes.map((node) => ({ ...node, id: `x${node.id}` })) },
        { first: nodes.length, nodes },
      ];
      await store.journal.commit([job.submit({ chunks })]);
      await store.settled();
      for (const [at, node] of nodes.entries()) {
        expect(await projections.node(job.ref, node.id)).toStrictEqual({
          index: nodes.length + at,
          definition: node,
        });
      }
      for (const id of ['decoy', 'hidden', '', '%']) {
        expect(await projections.node(job.ref, id)).toBeUndefined();
      }
    });

    it('shows the nodes of a long job as a plain model does, whatever the order', async () => {
      const nodeCount = 600;
      const state = fc.record({
        index: fc.integer({ min: 0, max: nodeCount - 1 }),
        status: fc.constantFrom('running', 'completed', 'completed', 'failed', 'cancelled'),
        attempt: fc.constantFrom(1, 2),
      }) as fc.Arbitrary<NodeProjection>;
      const commits = fc.array(fc.array(state, { maxLength: 90 }), { maxLength: 16 });
      await fc.assert(
        fc.asyncProperty(commits, fc.boolean(), async (history, ends) => {
          const job = new StoreJob({ nodeCount });
          const statuses = new Map<number, string>();
          await store.journal.commit([job.submit({ chunks: job.chunks(128) })]);
          for (const nodes of history) {
            await store.journal.commit([job.next({ nodes, status: 'running' })]);
            for (const node of nodes) statuses.set(node.index, node.status);
          }
          if (ends) await store.journal.commit([job.next({ status: 'completed' })]);
          await store.settled();
          const unstarted = ends ? 'cancelled' : 'pending';
          const all = await projections.nodes(job.ref, { after: -1, limit: nodeCount });
          expect(all.map((node) => node.state)).toEqual(
            Array.from({ length: nodeCount }, (_, index) => {
              const state = job.state(index);
              return state && withoutOutput(state);
            }),
          );
          for (const status of [
            'running',
            'completed',
            'failed',
            'cancelled',
            'pending',
          ] as const) {
            const matching = Array.from({ length: nodeCount }, (_, index) => index).filter(
              (index) => (statuses.get(index) ?? unstarted) === status,
            );
            const seen: number[] = [];
            for (;;) {
              const page = await indexes(job, { after: seen.at(-1) ?? -1, limit: 70, status });
              seen.push(...page);
              if (page.length < 70) break;
            }
            expect(seen).toEqual(matching);
          }
          const probe = Math.floor(nodeCount / 2);
          expect((await projections.node(job.ref, `n${probe}`))?.state).toEqual(job.state(probe));
        }),
        { numRuns: 15 },
      );
    });

    it('shows large outputs node by node, and leaves them out of pages', async () => {
      const job = new StoreJob({ nodeCount: 20 });
      await store.journal.commit([job.submit({ chunks: job.chunks(7) })]);
      const output = 'é'.repeat(60_000);
      for (let index = 0; index < 20; index += 1) {
        const nodes = [{ ...completedNode(index), output }];
        await store.journal.commit([job.next({ nodes })]);
      }
      await store.settled();
      const views = await projections.nodes(job.ref, { after: -1, limit: 100 });
      expect(views.map(({ state }) => [state?.status, state?.output])).toEqual(
        Array(20).fill(['completed', undefined]),
      );
      const completed = await projections.nodes(job.ref, {
        after: -1,
        limit: 100,
        status: 'completed',
      });
      expect(completed).toEqual(views);
      for (const { index, definition } of views) {
        const view = await projections.node(job.ref, definition.id);
        expect(view?.state).toEqual({ ...completedNode(index), output });
      }
    });

    it('lists the unfinished jobs of all tenants in order of creation, page by page', async () => {
      const jobs = Array.from(
        { length: 700 },
        (_, at) =>
          new StoreJob({
            tenantId: at % 3 === 0 ? 'globex' : 'acme',
            priority: (at % 5) + 1,
            createdAt: T0 + at,
          }),
      );
      await store.journal.commit(jobs.map((job) => job.submit()));
      const ending = jobs.filter((_, at) => at % 7 !== 0);
      await store.journal.commit(ending.map((job) => job.next({ status: 'running' })));
      await store.journal.commit(
        ending.filter((_, at) => at % 9 !== 0).map((job) => job.next({ status: 'failed' })),
      );
      const expected = jobs
        .filter((job) => job.progress.status !== 'failed')
        .map((job) => ({
          ...job.ref,
          priority: job.header.priority,
          createdAt: job.header.createdAt,
          status: job.progress.status,
        }));
      for (let round = 0; round < 2; round += 1) {
        await store.settled();
        const seen: UnfinishedJob[] = [];
        for (;;) {
          const page = await store.projections.unfinished(seen.at(-1), 50);
          seen.push(...page);
          if (page.length < 50) break;
        }
        expect(seen).toStrictEqual(expected);
        store = await contract.reopen();
      }
    });

    it('goes on after an unfinished job that has ended since', async () => {
      const [first, second] = [new StoreJob(), new StoreJob({ createdAt: T0 + 1 })];
      await store.journal.commit([first.submit(), second.submit()]);
      await store.settled();
      const [after] = await projections.unfinished(undefined, 1);
      await store.journal.commit([first.next({ status: 'cancelled' })]);
      await store.settled();
      const rest = await projections.unfinished(after, 10);
      expect(rest.map((job) => job.jobId)).toEqual([second.header.jobId]);
    });
  });
}
