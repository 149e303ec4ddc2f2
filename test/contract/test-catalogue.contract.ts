import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidCursor } from '../../src/ports/store-errors.js';
import type { TestCase, TestCatalogue } from '../../src/ports/test-catalogue.js';
import { T0 } from '../support/store-job.js';
import type { StoreContract } from '../support/store-under-test.js';

const testCase = (name: string, more: Partial<TestCase> = {}): TestCase => ({
  name,
  command: 'npm',
  updatedAt: T0,
  updatedBy: 'alice',
  ...more,
});

export function testCatalogueContract(contract: StoreContract): void {
  describe(`test catalogue: ${contract.name}`, () => {
    let catalogue: TestCatalogue;
    beforeEach(async () => {
      ({ catalogue } = await contract.create());
    });
    afterEach(() => contract.destroy());

    it('keeps a case as it was put, and says whether it is new', async () => {
      const login = testCase('login', {
        description: 'the front door',
        args: ['test', '--', 'login'],
        env: { CI: '1' },
        report: { junit: 'out/*.xml' },
        timeout: 60,
        labels: { team: 'web' },
      });
      expect(await catalogue.put('acme', login)).toEqual({ created: true });
      expect(await catalogue.get('acme', 'login')).toStrictEqual(login);
      const shorter = testCase('login', { updatedAt: T0 + 1 });
      expect(await catalogue.put('acme', shorter)).toEqual({ created: false });
      ({ catalogue } = await contract.reopen());
      expect(await catalogue.get('acme', 'login')).toStrictEqual(shorter);
    });

    it('deletes, and says whether there was one', async () => {
      await catalogue.put('acme', testCase('login'));
      expect(await catalogue.delete('acme', 'login')).toBe(true);
      expect(await catalogue.delete('acme', 'login')).toBe(false);
      expect(await catalogue.delete('nobody', 'login')).toBe(false);
      expect(await catalogue.get('acme', 'login')).toBeUndefined();
    });

    it('keeps tenants apart', async () => {
      await catalogue.put('acme', testCase('login'));
      expect(await catalogue.get('globex', 'login')).toBeUndefined();
      expect(await catalogue.delete('globex', 'login')).toBe(false);
      expect(await catalogue.list('globex', 10)).toEqual({ cases: [], total: 0 });
      expect(await catalogue.missing('globex', ['login'])).toEqual(['login']);
      expect(await catalogue.get('acme', 'login')).toBeDefined();
    });

    it('lists by name, page by page, with the total', async () => {
      const names = ['e', 'a', 'c', 'b', 'd'];
      for (const name of names) await catalogue.put('acme', testCase(name));
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const page = await catalogue.list('acme', 2, next);
        expect(page.total).toBe(5);
        expect(page.cases.length).toBeLessThanOrEqual(2);
        seen.push(...page.cases.map(({ name }) => name));
        ({ next } = page);
      } while (next !== undefined);
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('refuses a cursor that is none', async () => {
      for (const cursor of ['', 'x', 'bnVsbA', 'W10']) {
        await expect(catalogue.list('acme', 2, cursor)).rejects.toBeInstanceOf(InvalidCursor);
      }
    });

    it('says which names are missing, in the order given, each once', async () => {
      await catalogue.put('acme', testCase('there'));
      expect(await catalogue.missing('acme', ['z', 'there', 'a', 'z'])).toEqual(['z', 'a']);
      expect(await catalogue.missing('acme', [])).toEqual([]);
    });
  });
}
