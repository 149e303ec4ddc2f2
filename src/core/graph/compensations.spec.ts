import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomDag } from '../../../test/support/random-dag.js';
import { buildPlan } from '../plan/build-plan.js';
import { runSteps } from '../plan/run-steps.js';
import { compensationSteps } from './compensations.js';
import type { NodeDefinition } from './definition.js';

const defaults = { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };
const settings = {
  concurrency: 10,
  timeout: 3600,
  onFailure: 'finish_branches',
  priority: 3,
} as const;

function compensationsOf(
  nodes: readonly NodeDefinition[],
  isToUndo: (id: string) => boolean = () => true,
): readonly NodeDefinition[] {
  const plan = buildPlan(nodes, settings, defaults);
  return runSteps(compensationSteps(plan, (at) => isToUndo(nodes[at]?.id ?? '')));
}

const undoable = (id: string, needs: readonly string[] = []): NodeDefinition => ({
  id,
  type: 'shell',
  needs,
  compensate: { type: 'noop', config: { output: id } },
});

describe('compensationSteps', () => {
  it('turns the order round, through nodes that nothing undoes', () => {
    const plain: NodeDefinition = { id: 'b', type: 'noop', needs: ['a'] };
    expect(compensationsOf([undoable('a'), plain, undoable('c', ['b'])])).toEqual([
      { id: 'c', type: 'noop', config: { output: 'c' } },
      { id: 'a', type: 'noop', config: { output: 'a' }, needs: ['c'] },
    ]);
  });

  it('leaves out what is not to be undone, and keeps the order around it', () => {
    const chain = [undoable('a'), undoable('b', ['a']), undoable('c', ['b'])];
    expect(compensationsOf(chain, (id) => id !== 'b').map(({ id, needs }) => [id, needs])).toEqual([
      ['c', undefined],
      ['a', ['c']],
    ]);
  });

  it('orders any two nodes of which one needs the other', () => {
    fc.assert(
      fc.property(
        randomDag({ maxNodes: 12 }),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (dag, picks) => {
          const nodes = dag.map((node) => ({ ...undoable(node.id, node.needs ?? []) }));
          const chosen = new Set(nodes.filter((_, at) => picks[at]).map(({ id }) => id));
          const made = compensationsOf(nodes, (id) => chosen.has(id));
          expect(new Set(made.map(({ id }) => id))).toEqual(chosen);
          const above = reachable(nodes);
          const after = reachable(made);
          for (const id of chosen) {
            for (const need of above.get(id) ?? []) {
              if (chosen.has(need)) expect(after.get(need)).toContain(id);
            }
          }
        },
      ),
    );
  });

  it('stays small where many nodes need many', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => `n${at}`);
    const made = compensationsOf([
      ...many.map((id) => undoable(id)),
      { id: 'after:gate', type: 'noop' },
      { id: 'gate', type: 'noop', needs: many },
      ...many.map((id) => undoable(`later-${id}`, ['gate'])),
    ]);
    const edges = made.reduce((sum, { needs = [] }) => sum + needs.length, 0);
    expect(edges).toBeLessThan(3_000);
    // Its own gathering node has an id that no node of the job has.
    expect(made.map(({ id }) => id)).toContain('after:gate_');
    expect(reachable(made).get('n7')).toContain('later-n990');
  });
});

/** Of each node, all that it needs, by however many steps. */
function reachable(nodes: readonly NodeDefinition[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Map<string, Set<string>>();
  const visit = (id: string): Set<string> => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const all = new Set<string>();
    for (const need of byId.get(id)?.needs ?? []) {
      all.add(need);
      for (const further of visit(need)) all.add(further);
    }
    found.set(id, all);
    return all;
  };
  for (const { id } of nodes) visit(id);
  return found;
}
