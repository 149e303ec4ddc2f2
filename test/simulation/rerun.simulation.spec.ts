import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import { CrashingWorld, inOrder } from '../support/crashing-world.js';
import { randomDag } from '../support/random-dag.js';

const ITEMS = 4;

/** Random DAGs, some of whose nodes are groups of children: of a list, of an expression, or sub-jobs. */
const dag = fc
  .tuple(
    randomDag({ maxNodes: 12, triggerRules: true }),
    fc.array(
      fc.option(
        fc.record({ items: fc.nat({ max: ITEMS }), kind: fc.constantFrom('list', 'text', 'sub') }),
      ),
      { minLength: 12, maxLength: 12 },
    ),
  )
  .map(([nodes, groups]) =>
    nodes.map((node, at): NodeDefinition => {
      const group = groups[at] ?? null;
      if (group === null) return node;
      if (group.kind === 'sub') {
        const inner = Array.from({ length: group.items + 1 }, (_, place) => ({
          id: String(place),
          type: 'scripted',
          ...(place === 0 ? {} : { needs: [String(place - 1)] }),
        }));
        return {
          ...node,
          type: 'sub_job',
          config: { definition: { dag_definition: { nodes: inner } } },
        };
      }
      const items = Array.from({ length: group.items }, (_, place) => place);
      return {
        ...node,
        for_each: group.kind === 'list' ? items : `{% [${items.join(',')}] %}`,
        max_parallel: 2,
      };
    }),
  );
/** Which of a node and its children fail. */
const flips = fc.array(fc.nat({ max: 2 ** (ITEMS + 2) - 1 }), { minLength: 12, maxLength: 12 });
const crash = fc.option(fc.nat({ max: 25 }), { nil: Infinity });

function failingOf(nodes: readonly NodeDefinition[], bits: readonly number[]): Set<string> {
  const failing = new Set<string>();
  for (const [at, { id }] of nodes.entries()) {
    const own = bits[at] ?? 0;
    if ((own & 1) !== 0) failing.add(id);
    for (let child = 0; child <= ITEMS; child++) {
      if ((own & (2 << child)) !== 0) failing.add(`${id}[${child}]`);
    }
  }
  return failing;
}

describe('a rerun', () => {
  it('of what failed ends as a clean run does, and runs nothing again that nothing new came to', async () => {
    let retried = 0;
    await fc.assert(
      fc.asyncProperty(dag, flips, crash, async (nodes, bits, crashAt) => {
        const failing = failingOf(nodes, bits);
        const world = new CrashingWorld(nodes);
        const first = await world.run('first', { failing });
        const clean = await world.run('clean');
        const again = await world.run('again', { rerunOf: { jobId: 'first', from: [] }, crashAt });
        expect(again.nodes).toEqual(clean.nodes);
        expect(world.unfinished()).toEqual([]);

        const wellEnded = new Set(
          first.nodes.flatMap((node) => {
            const [id, status] = node as [string, string];
            return status === 'completed' || status === 'skipped' ? [id] : [];
          }),
        );
        // A node runs again only if it did not end well, or needs one, however far up, that did not.
        const mayRun = new Set<string>();
        const anew = new Set<string>();
        for (const { id, needs = [] } of inOrder(nodes)) {
          const followsNew = needs.some((need) => mayRun.has(need));
          if (followsNew) anew.add(id);
          if (!wellEnded.has(id) || followsNew) mayRun.add(id);
        }
        const passed = world.started
          .filter((run) => run.startsWith('first/'))
          .map((run) => run.slice('first/'.length))
          .filter((name) => !failing.has(name));
        for (const run of world.started) {
          const [jobId, name = ''] = run.split('/');
          if (jobId !== 'again') continue;
          const id = name.replace(/\[.*/, '');
          expect(mayRun).toContain(id);
          // Of a group that is repeated for itself, only the children that had not passed run.
          if (name === id || anew.has(id)) continue;
          expect(passed).not.toContain(name);
          retried++;
        }
      }),
      { numRuns: 250 },
    );
    expect(retried).toBeGreaterThan(50);
  }, 120_000);

  it('from a node runs it and all that follows from it again, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(dag, fc.nat(), crash, async (nodes, pick, crashAt) => {
        const world = new CrashingWorld(nodes);
        const first = await world.run('first');
        const from = (nodes[pick % nodes.length] as NodeDefinition).id;
        const again = await world.run('again', {
          rerunOf: { jobId: 'first', from: [from] },
          crashAt,
        });
        expect(again.nodes).toEqual(first.nodes);
        const following = new Set([from]);
        for (const { id, needs = [] } of inOrder(nodes)) {
          if (needs.some((need) => following.has(need))) following.add(id);
        }
        const ran = (jobId: string): string[] =>
          world.started.filter((run) => run.startsWith(`${jobId}/`)).map((run) => run.slice(6));
        expect(new Set(ran('again'))).toEqual(
          new Set(ran('first').filter((name) => following.has(name.replace(/\[.*/, '')))),
        );
      }),
      { numRuns: 250 },
    );
  }, 120_000);

  it('is cancelled, with the reason, when the job that it was to run again is gone', async () => {
    const world = new CrashingWorld([{ id: 'a', type: 'scripted' }]);
    const { status, reason } = await world.run('again', { rerunOf: { jobId: 'nobody', from: [] } });
    expect(status).toBe('cancelled');
    expect(reason).toMatch(/nobody.*is gone/);
  });
});

describe('a job with jobs in it', () => {
  it('ends as it would have without a crash, each node completed once, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(dag, flips, fc.nat({ max: 40 }), async (nodes, bits, crashAt) => {
        const failing = failingOf(nodes, bits);
        const world = new CrashingWorld(nodes);
        const clean = await world.run('clean0', { failing });
        const shaken = await world.run('shaken', { failing, crashAt });
        expect(shaken.nodes).toEqual(clean.nodes);
        expect(world.unfinished()).toEqual([]);
        for (const { records } of world.store.jobs.values()) {
          const completed = records
            .flatMap(({ events }) => events)
            .flatMap((event) => (event.type === 'node_completed' ? [event.node] : []));
          expect(new Set(completed).size).toBe(completed.length);
        }
      }),
      { numRuns: 250 },
    );
  }, 120_000);

  it('takes them along when it is cancelled', async () => {
    let cancelled = 0;
    await fc.assert(
      fc.asyncProperty(dag, crash, fc.nat({ max: 30 }), async (nodes, crashAt, cancelAt) => {
        const world = new CrashingWorld(nodes);
        const { status } = await world.run('job', { crashAt, cancelAt });
        expect(['cancelled', 'completed', 'failed']).toContain(status);
        if (status === 'cancelled') cancelled++;
        expect(world.unfinished()).toEqual([]);
      }),
      { numRuns: 250 },
    );
    expect(cancelled).toBeGreaterThan(20);
  }, 120_000);

  it('undoes what had completed after it failed, what came last first, each once', async () => {
    let undone = 0;
    await fc.assert(
      fc.asyncProperty(dag, flips, crash, async (nodes, bits, crashAt) => {
        const undoable = nodes.map((node): NodeDefinition => ({
          ...node,
          compensate: { type: 'scripted' },
        }));
        const world = new CrashingWorld(undoable);
        const { status, nodes: ends } = await world.run('job', {
          failing: failingOf(nodes, bits),
          crashAt,
        });
        const completed = ends.flatMap((end) => {
          const [id, ended] = end as [string, string];
          return ended === 'completed' ? [id] : [];
        });
        const order = [
          ...new Set(
            world.started.flatMap((run) =>
              run.startsWith('job/undo ') ? [run.slice('job/undo '.length)] : [],
            ),
          ),
        ];
        expect(new Set(order)).toEqual(new Set(status === 'failed' ? completed : []));
        const above = new Map<string, Set<string>>();
        for (const { id, needs = [] } of inOrder(undoable)) {
          const all = new Set(needs.flatMap((need) => [need, ...(above.get(need) ?? [])]));
          above.set(id, all);
          for (const need of all) {
            if (!order.includes(id) || !order.includes(need)) continue;
            expect(order.indexOf(id)).toBeLessThan(order.indexOf(need));
            undone++;
          }
        }
        expect(world.unfinished()).toEqual([]);
      }),
      { numRuns: 250 },
    );
    expect(undone).toBeGreaterThan(50);
  }, 120_000);
});
