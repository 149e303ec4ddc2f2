import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomDag } from '../../../test/support/random-dag.js';
import type { NodeDefinition } from '../graph/definition.js';
import { buildPlan } from './build-plan.js';

const DEFAULTS = { maxAttempts: 2, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };

function prioritiesOf(nodes: readonly NodeDefinition[], job = 3): Map<string, number> {
  const settings = {
    concurrency: 10,
    timeout: 60,
    onFailure: 'finish_branches',
    priority: job,
  } as const;
  const plan = buildPlan(nodes, settings, DEFAULTS);
  return new Map(plan.nodes.map(({ definition, priority }) => [definition.id, priority]));
}

/** All that need a node, by however many steps, itself included. */
function dependents(nodes: readonly NodeDefinition[], id: string): NodeDefinition[] {
  const found = new Set([id]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { id: other, needs = [] } of nodes) {
      if (needs.some((need) => found.has(need))) found.add(other);
    }
  }
  return nodes.filter((node) => found.has(node.id));
}

describe('priorities within a job', () => {
  it('are inherited by what an urgent node needs, and by nothing else', () => {
    const priorities = prioritiesOf([
      { id: 'far', type: 'noop', priority: 1 },
      { id: 'near', type: 'noop', needs: ['far'] },
      { id: 'urgent', type: 'noop', needs: ['near'], priority: 5 },
      { id: 'after', type: 'noop', needs: ['urgent'], priority: 2 },
      { id: 'other', type: 'noop', needs: ['far'] },
    ]);
    expect(Object.fromEntries(priorities)).toEqual({
      far: 5,
      near: 5,
      urgent: 5,
      after: 2,
      other: 3,
    });
  });

  it('are all that of the job when no node says one', () => {
    const nodes = [
      { id: 'a', type: 'noop' },
      { id: 'b', type: 'noop', needs: ['a'] },
    ];
    expect([...prioritiesOf(nodes, 4).values()]).toEqual([4, 4]);
  });

  it('are the highest among all that need a node', () => {
    fc.assert(
      fc.property(
        randomDag({ maxNodes: 25 }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.integer({ min: 1, max: 5 }),
        (drafts, silent, job) => {
          const nodes = drafts.map(({ priority, ...rest }, at): NodeDefinition =>
            silent[at] === true || priority === undefined ? rest : { ...rest, priority },
          );
          const priorities = prioritiesOf(nodes, job);
          for (const { id } of nodes) {
            const wanted = dependents(nodes, id).map(({ priority }) => priority ?? job);
            expect(priorities.get(id)).toBe(Math.max(...wanted));
          }
        },
      ),
    );
  });
});
