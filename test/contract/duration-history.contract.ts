import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Durations } from '../../src/core/plan/durations.js';
import { SAMPLES_KEPT, type DurationHistory } from '../../src/ports/duration-history.js';
import { T0 } from '../support/store-job.js';
import type { StoreContract } from '../support/store-under-test.js';

type Contract = Pick<StoreContract, 'name' | 'destroy'> & {
  create(): Promise<{ readonly durations: DurationHistory }>;
  reopen(options?: {
    readonly durationNames?: number;
  }): Promise<{ readonly durations: DurationHistory }>;
};

const took = (...ms: number[]): Durations => ms.map((busy) => ({ busy, elapsed: busy + 5 }));
const entry = (name: string, durations: Durations, scope = 'job:nightly') => ({
  scope,
  name,
  durations,
});

export function durationHistoryContract(contract: Contract): void {
  describe(`duration history: ${contract.name}`, () => {
    let durations: DurationHistory;
    beforeEach(async () => {
      ({ durations } = await contract.create());
    });
    afterEach(() => contract.destroy());

    it('adds to what is there, across a restart', async () => {
      await durations.add('acme', [entry('a', took(1, 2)), entry('b', took(9))], T0);
      await durations.add('acme', [entry('a', took(3))], T0 + 1);
      ({ durations } = await contract.reopen());
      await durations.add('acme', [entry('a', took(4))], T0 + 2);
      expect(await durations.read('acme', 'job:nightly')).toEqual(
        new Map([
          ['a', took(1, 2, 3, 4)],
          ['b', took(9)],
        ]),
      );
    });

    it('keeps scopes and tenants apart', async () => {
      await durations.add('acme', [entry('a', took(1)), entry('a', took(2), 'types')], T0);
      await durations.add('globex', [entry('a', took(3))], T0);
      expect(await durations.read('acme', 'job:nightly')).toEqual(new Map([['a', took(1)]]));
      expect(await durations.read('acme', 'types')).toEqual(new Map([['a', took(2)]]));
      expect(await durations.read('globex', 'job:nightly')).toEqual(new Map([['a', took(3)]]));
      expect(await durations.read('globex', 'types')).toEqual(new Map());
      expect(await durations.read('nobody', 'types')).toEqual(new Map());
    });

    it('keeps the last samples only', async () => {
      const many = Array.from({ length: SAMPLES_KEPT + 3 }, (_, at) => at);
      await durations.add('acme', [entry('a', took(...many.slice(0, 5)))], T0);
      await durations.add('acme', [entry('a', took(...many.slice(5)))], T0);
      const kept = await durations.read('acme', 'job:nightly');
      expect(kept.get('a')).toEqual(took(...many.slice(3)));
    });

    it('forgets the names of a tenant that were added to longest ago, when there are too many', async () => {
      ({ durations } = await contract.reopen({ durationNames: 3 }));
      await durations.add('globex', [entry('theirs', took(1))], T0 - 1);
      for (const [at, name] of ['a', 'b', 'c'].entries()) {
        await durations.add('acme', [entry(name, took(at))], T0 + at);
      }
      await durations.add('acme', [entry('a', took(7))], T0 + 10);
      await durations.add('acme', [entry('d', took(8)), entry('e', took(9))], T0 + 11);
      const kept = await durations.read('acme', 'job:nightly');
      expect([...kept.keys()].sort()).toEqual(['a', 'd', 'e']);
      expect((await durations.read('globex', 'job:nightly')).size).toBe(1);
    });

    it('takes names of any kind', async () => {
      const scope = 'job:"Nightly", 50 % $faster\n…';
      await durations.add('acme', [entry('a.$b[0]', took(1), scope)], T0);
      expect(await durations.read('acme', scope)).toEqual(new Map([['a.$b[0]', took(1)]]));
    });

    it('adds up what several add at the same time', async () => {
      await durations.add('acme', [entry('a', took(0))], T0);
      const add = (at: number): Promise<void> =>
        durations.add('acme', [entry('a', took(at))], T0 + at);
      await Promise.all([1, 2, 3, 4, 5].map(add));
      const kept = await durations.read('acme', 'job:nightly');
      expect(
        kept
          .get('a')
          ?.map(({ busy }) => busy)
          .sort(),
      ).toEqual([0, 1, 2, 3, 4, 5]);
    });
  });
}
