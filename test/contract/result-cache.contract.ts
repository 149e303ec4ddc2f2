import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CachedResult, ResultCache } from '../../src/ports/result-cache.js';
import { T0 } from '../support/store-job.js';

/** How the contract gets at the adapter it is run on. */
export interface ResultCacheContract {
  readonly name: string;
  /** On empty storage. */
  create(): Promise<{ readonly results: ResultCache }>;
  /** Another on the same storage; the one before is no longer used. */
  reopen(): Promise<{ readonly results: ResultCache }>;
  destroy(): Promise<void>;
}

const result = (hash: string, more: Partial<CachedResult> = {}): CachedResult => ({
  tenantId: 'acme',
  hash,
  jobId: 'job-1',
  nodeId: 'a',
  at: T0,
  expiresAt: T0 + 1_000,
  ...more,
});

export function resultCacheContract(contract: ResultCacheContract): void {
  describe(`result cache: ${contract.name}`, () => {
    let results: ResultCache;
    beforeEach(async () => {
      ({ results } = await contract.create());
    });
    afterEach(() => contract.destroy());

    const hashes = async (...wanted: string[]): Promise<string[]> => {
      const found = await Promise.all(wanted.map((hash) => results.get('acme', hash, T0)));
      return found.flatMap((each) => each?.hash ?? []);
    };

    it('gives back what was put, whole', async () => {
      const output = { 'a.$b': [null, 1.5, 'é\u0000\u2028'], $set: { '': true } };
      const whole = result('h1', { key: 'k', output });
      await results.put(whole);
      await results.put(result('h2'));
      await results.put(result('h3', { output: null }));
      ({ results } = await contract.reopen());
      expect(await results.get('acme', 'h1', T0)).toStrictEqual(whole);
      expect(await results.get('acme', 'h2', T0)).toStrictEqual(result('h2'));
      expect(await results.get('acme', 'h3', T0)).toStrictEqual(result('h3', { output: null }));
      expect(await results.get('acme', 'h4', T0)).toBeUndefined();
    });

    it('keeps the last one put, whoever else puts it at once', async () => {
      await results.put(result('h', { key: 'k', output: 1 }));
      await results.put(result('h', { jobId: 'job-2', at: T0 + 5 }));
      const last = await results.get('acme', 'h', T0);
      expect(last).toStrictEqual(result('h', { jobId: 'job-2', at: T0 + 5 }));
      await Promise.all([1, 2, 3, 4].map((output) => results.put(result('raced', { output }))));
      expect(await hashes('raced')).toEqual(['raced']);
    });

    it('gives nothing of another tenant, and nothing that has expired', async () => {
      await results.put(result('h'));
      expect(await results.get('zoo', 'h', T0)).toBeUndefined();
      expect(await results.get('acme', 'h', T0 + 999)).toBeDefined();
      expect(await results.get('acme', 'h', T0 + 1_000)).toBeUndefined();
    });

    it('deletes a tenant’s results, or those of a key, some at a time', async () => {
      await results.put(result('a1', { key: 'a' }));
      await results.put(result('a2', { key: 'a' }));
      await results.put(result('b', { key: 'b' }));
      await results.put(result('none'));
      await results.put(result('theirs', { tenantId: 'zoo', key: 'a' }));
      expect(await results.delete('nobody', undefined, 9)).toBe(0);
      expect(await results.delete('acme', 'c', 9)).toBe(0);
      expect(await results.delete('acme', 'a', 1)).toBe(1);
      expect(await results.delete('acme', 'a', 9)).toBe(1);
      expect(await hashes('a1', 'a2', 'b', 'none')).toEqual(['b', 'none']);
      expect(await results.delete('acme', undefined, 9)).toBe(2);
      expect(await hashes('b', 'none')).toEqual([]);
      expect(await results.get('zoo', 'theirs', T0)).toBeDefined();
    });

    it('deletes what has expired, some at a time', async () => {
      for (let at = 0; at < 5; at++) {
        await results.put(result(`h${at}`, { expiresAt: T0 + 1 + at }));
      }
      expect(await results.expire(T0 + 3, 2)).toBe(false);
      expect(await results.expire(T0 + 3, 2)).toBe(true);
      expect(await hashes('h0', 'h1', 'h2', 'h3', 'h4')).toEqual(['h3', 'h4']);
      expect(await results.expire(T0 + 3, 2)).toBe(true);
    });
  });
}
