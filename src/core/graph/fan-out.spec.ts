import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_CHILDREN, type NodeDefinition } from './definition.js';
import { childrenOf, combinationsOf, itemsOf } from './fan-out.js';

describe('itemsOf', () => {
  it('takes what is no list as a list of one', () => {
    expect(itemsOf([1, [2]])).toEqual({ ok: true, items: [1, [2]] });
    expect(itemsOf('a')).toEqual({ ok: true, items: ['a'] });
    expect(itemsOf({ a: 1 })).toEqual({ ok: true, items: [{ a: 1 }] });
  });

  it('has a limit', () => {
    expect(itemsOf(new Array<number>(MAX_CHILDREN).fill(1)).ok).toBe(true);
    expect(itemsOf(new Array<number>(MAX_CHILDREN + 1).fill(1))).toMatchObject({
      ok: false,
      code: 'too_many_children',
    });
  });
});

describe('combinationsOf', () => {
  it('goes through the last axis first', () => {
    expect(combinationsOf({ a: [1, 2], b: ['x', 'y'] })).toEqual({
      ok: true,
      items: [
        { a: 1, b: 'x' },
        { a: 1, b: 'y' },
        { a: 2, b: 'x' },
        { a: 2, b: 'y' },
      ],
    });
  });

  it('leaves out what is excluded, by some of its values, and adds what is included', () => {
    expect(
      combinationsOf({ a: [1, 2], b: ['x', 'y'], exclude: [{ a: 1 }], include: [{ c: true }] }),
    ).toEqual({ ok: true, items: [{ a: 2, b: 'x' }, { a: 2, b: 'y' }, { c: true }] });
    expect(combinationsOf({ include: [{ c: 1 }] })).toEqual({ ok: true, items: [{ c: 1 }] });
    expect(combinationsOf({ a: [], b: [1] })).toEqual({ ok: true, items: [] });
  });

  it('has as many members as the product of the axes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.array(fc.nat(), { maxLength: 6 }), {
          minKeys: 1,
        }),
        (axes) => {
          const result = combinationsOf(axes);
          const product = Object.values(axes).reduce((sum, { length }) => sum * length, 1);
          expect(result.ok && result.items.length).toBe(product);
        },
      ),
    );
  });

  it('is refused when it is too large, before it is made, and when an axis is no list', () => {
    const axis = new Array<number>(10_000).fill(0);
    expect(combinationsOf({ a: axis, b: axis, c: axis })).toMatchObject({
      code: 'too_many_children',
    });
    expect(combinationsOf({ a: [1], include: axis.map((a) => ({ a })) })).toMatchObject({
      code: 'too_many_children',
    });
    expect(combinationsOf({ a: 'x' })).toMatchObject({ ok: false, code: 'not_a_list' });
  });
});

describe('childrenOf', () => {
  const node: NodeDefinition = {
    id: 'test',
    type: 'shell',
    needs: ['build'],
    when: '{% true %}',
    trigger_rule: 'all_done',
    for_each: [1],
    max_parallel: 3,
    compensate: { type: 'noop' },
    config: { script: 'echo {% item %}' },
    retry: { max_attempts: 2 },
    timeout: 5,
  };

  it('gives each child what concerns it, and not what concerns the group', () => {
    expect(childrenOf(node, ['a'])).toEqual([
      {
        id: '0',
        type: 'shell',
        name: 'a',
        config: node.config,
        retry: node.retry,
        timeout: 5,
        each: { item: 'a', index: 0 },
      },
    ]);
  });

  it('names them for people', () => {
    const names = childrenOf(node, [
      { browser: 'chrome', size: 3 },
      'a\nb',
      7,
      null,
      'x'.repeat(500),
    ]).map(({ name }) => name);
    expect(names).toEqual(['browser=chrome, size=3', 'a b', '7', 'null', 'x'.repeat(200)]);
  });
});
