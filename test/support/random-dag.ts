import fc from 'fast-check';
import { TRIGGER_RULES, type NodeDefinition } from '../../src/core/graph/definition.js';

/** Random DAGs: each node needs some of those before it, in a shuffled definition order. */
export function randomDag(options: {
  readonly maxNodes: number;
  readonly triggerRules?: boolean;
}): fc.Arbitrary<NodeDefinition[]> {
  return fc
    .array(
      fc.record({
        picks: fc.array(fc.nat(), { maxLength: 4 }),
        rule: fc.constantFrom(...TRIGGER_RULES),
        plain: fc.boolean(),
        priority: fc.integer({ min: 1, max: 5 }),
      }),
      { minLength: 1, maxLength: options.maxNodes },
    )
    .chain((drafts) => {
      const nodes = drafts.map(({ picks, rule, plain, priority }, index): NodeDefinition => {
        const needs = index === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % index}`))];
        const ruled = options.triggerRules === true && !plain;
        return {
          id: `n${index}`,
          type: 'scripted',
          priority,
          ...(needs.length === 0 ? {} : { needs }),
          ...(ruled ? { trigger_rule: rule } : {}),
        };
      });
      return fc.shuffledSubarray(nodes, { minLength: nodes.length, maxLength: nodes.length });
    });
}
