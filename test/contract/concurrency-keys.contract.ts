import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConcurrencyKeys, KeyHolder } from '../../src/ports/concurrency-keys.js';
import type { ClusterContract, ClusterUnderTest } from '../support/cluster-under-test.js';

const holder = (jobId: string, nodeId: string, more: Partial<KeyHolder> = {}): KeyHolder => ({
  tenantId: 'acme',
  jobId,
  nodeId,
  key: 'staging-db',
  grant: 'i1',
  epoch: 3,
  ...more,
});

export function concurrencyKeysContract(contract: ClusterContract): void {
  describe(`concurrency keys: ${contract.name}`, () => {
    let store: ClusterUnderTest;
    let keys: ConcurrencyKeys;
    beforeEach(async () => {
      store = await contract.create();
      keys = store.cluster.keys;
    });
    afterEach(() => contract.destroy());

    const held = async (key = 'staging-db', tenantId = 'acme'): Promise<string[]> =>
      (await keys.holders(tenantId, key)).map(
        ({ jobId, nodeId, grant }) => `${jobId}/${nodeId}@${grant}`,
      );

    it('are held by as many nodes as the limit says, and by the next when one lets go', async () => {
      const [a, b, c] = [holder('j1', 'a'), holder('j2', 'b'), holder('j1', 'c')] as const;
      expect(await keys.acquire(a, 2)).toBe(true);
      expect(await keys.acquire(b, 2)).toBe(true);
      expect(await keys.acquire(c, 2)).toBe(false);
      expect(await keys.holders('acme', 'staging-db')).toStrictEqual([a, b]);
      await keys.release(a);
      expect(await keys.acquire(c, 2)).toBe(true);
      expect(await held()).toEqual(['j2/b@i1', 'j1/c@i1']);
      await keys.release(b);
      await keys.release(c);
      await keys.release(c);
      expect(await held()).toEqual([]);
    });

    it('have the limit of whoever asks', async () => {
      expect(await keys.acquire(holder('j', 'a'), 3)).toBe(true);
      expect(await keys.acquire(holder('j', 'b'), 1)).toBe(false);
      expect(await keys.acquire(holder('j', 'b'), 2)).toBe(true);
      // It holds the key, but starts only with fewer others about.
      expect(await keys.acquire(holder('j', 'a'), 1)).toBe(false);
      expect(await held()).toEqual(['j/a@i1', 'j/b@i1']);
    });

    it('are held once, and in the name of whoever asked last', async () => {
      expect(await keys.acquire(holder('j', 'a'), 1)).toBe(true);
      expect(await keys.acquire(holder('j', 'a', { grant: 'i2' }), 1)).toBe(true);
      expect(await held()).toEqual(['j/a@i2']);
      await keys.release(holder('j', 'a'));
      expect(await held()).toEqual(['j/a@i2']);
      await keys.release(holder('j', 'a', { grant: 'i2' }));
      expect(await held()).toEqual([]);
    });

    it('stay with who took the job last, however late others call', async () => {
      const job = { tenantId: 'acme', jobId: 'j' };
      const late = holder('j', 'a', { grant: 'late', epoch: 2 });
      await keys.acquire(holder('j', 'a', { grant: 'early', epoch: 2 }), 1);
      expect(await keys.acquire(holder('j', 'a', { grant: 'now', epoch: 7 }), 1)).toBe(true);
      expect(await keys.acquire(late, 1)).toBe(false);
      await keys.release(late);
      await keys.reconcile({ ...job, epoch: 2 }, []);
      await keys.reconcile({ ...job, epoch: 2 }, [late]);
      expect(await held()).toEqual(['j/a@now']);
      await keys.reconcile({ ...job, epoch: 8 }, []);
      expect(await held()).toEqual([]);
    });

    it('of two tenants, and two keys of one, have nothing in common, whatever is in them', async () => {
      const odd = ['staging-db', '$set', 'a.b', '["acme","staging-db"]', 'é "x" \\', ' '];
      for (const tenantId of ['acme', 'other', '$where']) {
        for (const key of odd) {
          expect(await keys.acquire(holder('a.b', '$n', { tenantId, key }), 1)).toBe(true);
          expect(await keys.acquire(holder('a.b', 'n', { tenantId, key }), 1)).toBe(false);
        }
      }
      await keys.release(holder('a.b', '$n', { key: 'a.b' }));
      expect(await held('a.b')).toEqual([]);
      expect(await held('a.b', 'other')).toEqual(['a.b/$n@i1']);
      expect(await held('$set')).toEqual(['a.b/$n@i1']);
    });

    it('are what a job that was taken up claims, whatever the limits, and no more', async () => {
      await keys.acquire(holder('j1', 'gone'), 9);
      await keys.acquire(holder('j1', 'stays'), 9);
      await keys.acquire(holder('j2', 'other'), 9);
      await keys.acquire(holder('j1', 'x', { key: 'dropped' }), 1);
      await keys.acquire(holder('j1', 'x', { key: 'theirs', tenantId: 'other' }), 1);
      const mine = [
        holder('j1', 'stays', { grant: 'i2' }),
        holder('j1', 'new', { grant: 'i2' }),
        holder('j1', 'new', { grant: 'i2', key: 'fresh' }),
      ];
      for (let twice = 0; twice < 2; twice++) {
        await keys.reconcile({ tenantId: 'acme', jobId: 'j1', epoch: 3 }, mine);
        expect((await held()).sort()).toEqual(['j1/new@i2', 'j1/stays@i2', 'j2/other@i1']);
        expect(await held('dropped')).toEqual([]);
        expect(await held('fresh')).toEqual(['j1/new@i2']);
        expect(await held('theirs', 'other')).toEqual(['j1/x@i1']);
      }
      await keys.reconcile({ tenantId: 'acme', jobId: 'j1', epoch: 3 }, []);
      expect(await held()).toEqual(['j2/other@i1']);
      expect(await held('fresh')).toEqual([]);
    });

    it('are there for another process', async () => {
      await keys.acquire(holder('j', 'a'), 1);
      store = await contract.reopen();
      keys = store.cluster.keys;
      expect(await keys.acquire(holder('j', 'b'), 1)).toBe(false);
      expect(await held()).toEqual(['j/a@i1']);
    });

    it('are never held by more than the limit, however many ask at once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(), async (limit, seed) => {
          const key = `k${seed}-${limit}`;
          const asking = Array.from({ length: 8 }, (_, at) => holder('j', `n${at}`, { key }));
          const round = async (): Promise<KeyHolder[]> => {
            const answers = await Promise.all(asking.map((one) => keys.acquire(one, limit)));
            return asking.filter((_, at) => answers[at]);
          };
          const granted = await round();
          expect(granted.length).toBeLessThanOrEqual(limit);
          expect((await held(key)).length).toBe(granted.length);
          // Nobody may be refused for ever because all ask at once.
          expect((await round()).length).toBe(limit);
          await Promise.all(asking.map((one) => keys.release(one)));
          expect(await held(key)).toEqual([]);
        }),
        { numRuns: 15 },
      );
    });
  });
}
