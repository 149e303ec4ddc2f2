import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidCursor } from '../../src/ports/store-errors.js';
import type { NewTemplateRevision, TemplateStore } from '../../src/ports/template-store.js';
import { T0 } from '../support/store-job.js';
import type { StoreContract } from '../support/store-under-test.js';

const template = (name: string, hash: string, more: object = {}): NewTemplateRevision => ({
  name,
  hash,
  nodeCount: 1,
  createdAt: T0,
  createdBy: 'alice',
  content: JSON.stringify({ definition: { hash, 'a.$b': '$c\u0000' } }),
  ...more,
});

export function templateStoreContract(contract: StoreContract): void {
  describe(`template store: ${contract.name}`, () => {
    let templates: TemplateStore;
    beforeEach(async () => {
      ({ templates } = await contract.create());
    });
    afterEach(() => contract.destroy());

    const put = (name: string, hash: string, tenant = 'acme'): ReturnType<TemplateStore['put']> =>
      templates.put(tenant, template(name, hash));

    it('numbers revisions from 1, and keeps each as it was put', async () => {
      const first = template('nightly', 'h1', { description: 'every night' });
      const second = template('nightly', 'h2', { createdAt: T0 + 1, createdBy: 'bob' });
      const { content: one, ...info1 } = first;
      const { content: two, ...info2 } = second;
      expect(await templates.put('acme', first)).toStrictEqual({
        created: true,
        revision: { ...info1, revision: 1 },
      });
      expect(await templates.put('acme', second)).toStrictEqual({
        created: true,
        revision: { ...info2, revision: 2 },
      });
      ({ templates } = await contract.reopen());
      expect(await templates.get('acme', 'nightly')).toStrictEqual({
        revision: { ...info2, revision: 2, content: two },
        archived: false,
      });
      expect(await templates.get('acme', 'nightly', 1)).toStrictEqual({
        revision: { ...info1, revision: 1, content: one },
        archived: false,
      });
      expect(await templates.get('acme', 'nightly', 3)).toBeUndefined();
      expect(await templates.get('acme', 'other')).toBeUndefined();
    });

    it('answers the latest revision when its content is put again, as it was made', async () => {
      await put('nightly', 'h1');
      const again = template('nightly', 'h1', { createdAt: T0 + 9, createdBy: 'bob' });
      const answer = await templates.put('acme', again);
      expect(answer).toMatchObject({
        created: false,
        revision: { revision: 1, createdAt: T0, createdBy: 'alice' },
      });
      expect((await templates.revisions('acme', 'nightly', 10)).total).toBe(1);
    });

    it('goes back to earlier content with a revision of its own', async () => {
      for (const hash of ['h1', 'h2', 'h1']) await put('nightly', hash);
      const { revision } = (await templates.get('acme', 'nightly')) ?? {};
      expect(revision).toMatchObject({ revision: 3, hash: 'h1' });
    });

    it('gives callers that race a number each, without gaps, and equal content only one', async () => {
      const hashes = ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      const answers = await Promise.all(hashes.map((hash) => put('raced', hash)));
      const created = answers.filter((answer) => answer.created);
      const numbers = created.map(({ revision }) => revision.revision).sort((x, y) => x - y);
      expect(numbers).toEqual(numbers.map((_, at) => at + 1));
      expect(numbers.length).toBeGreaterThanOrEqual(8);
      const { revisions, total } = await templates.revisions('acme', 'raced', 100);
      expect(total).toBe(numbers.length);
      expect(revisions.map(({ revision }) => revision).reverse()).toEqual(numbers);
      for (const { revision } of answers) {
        const found = await templates.get('acme', 'raced', revision.revision);
        expect(found?.revision.hash).toBe(revision.hash);
      }
      const same = await Promise.all([1, 2, 3, 4].map(() => put('same', 'h')));
      expect(same.map(({ revision }) => revision.revision)).toEqual([1, 1, 1, 1]);
      expect(same.filter((answer) => answer.created)).toHaveLength(1);
    });

    it('keeps tenants apart', async () => {
      await put('nightly', 'h1');
      await put('nightly', 'h2');
      expect(await templates.get('globex', 'nightly')).toBeUndefined();
      expect(await templates.list('globex', { archived: false, limit: 5 })).toEqual({
        templates: [],
        total: 0,
      });
      expect(await templates.revisions('globex', 'nightly', 5)).toEqual({
        revisions: [],
        total: 0,
      });
      expect(await templates.archive('globex', 'nightly', true)).toBe(false);
      expect((await put('nightly', 'h1', 'globex')).revision.revision).toBe(1);
      expect((await templates.get('acme', 'nightly'))?.archived).toBe(false);
    });

    it('lists the latest of each name, page by page, with the total', async () => {
      for (const name of ['e', 'a', 'c', 'b', 'd']) await put(name, 'h1');
      await put('c', 'h2');
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await templates.list('acme', {
          archived: false,
          limit: 2,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(page.total).toBe(5);
        expect(page.templates.length).toBeLessThanOrEqual(2);
        seen.push(...page.templates.map(({ name, revision }) => `${name}${revision}`));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual(['a1', 'b1', 'c2', 'd1', 'e1']);
    });

    it('lists revisions newest first, page by page', async () => {
      for (const hash of ['1', '2', '3', '4', '5']) await put('nightly', hash);
      const seen: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await templates.revisions('acme', 'nightly', 2, cursor);
        expect(page.total).toBe(5);
        expect(page.revisions[0]).not.toHaveProperty('content');
        seen.push(...page.revisions.map(({ revision }) => revision));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual([5, 4, 3, 2, 1]);
    });

    it('archives names and takes them out again; revisions stay', async () => {
      await put('nightly', 'h1');
      await put('other', 'h1');
      expect(await templates.archive('acme', 'nightly', true)).toBe(true);
      expect(await templates.archive('acme', 'nightly', true)).toBe(true);
      expect(await templates.archive('acme', 'nobody', true)).toBe(false);
      ({ templates } = await contract.reopen());
      expect((await templates.get('acme', 'nightly', 1))?.archived).toBe(true);
      const names = async (archived: boolean): Promise<string[]> => {
        const page = await templates.list('acme', { archived, limit: 5 });
        expect(page.total).toBe(page.templates.length);
        return page.templates.map(({ name }) => name);
      };
      expect([await names(false), await names(true)]).toEqual([['other'], ['nightly']]);
      expect(await templates.archive('acme', 'nightly', false)).toBe(true);
      expect(await names(false)).toEqual(['nightly', 'other']);
    });

    it.each(['h1', 'h2'])(
      'takes a name out of the archive when it is put, with %s',
      async (hash) => {
        await put('nightly', 'h1');
        await templates.archive('acme', 'nightly', true);
        await put('nightly', hash);
        expect((await templates.get('acme', 'nightly'))?.archived).toBe(false);
      },
    );

    it('refuses a cursor that is none', async () => {
      await put('nightly', 'h1');
      for (const cursor of ['', 'x', 'bnVsbA', 'W10']) {
        const page = templates.list('acme', { archived: false, limit: 2, cursor });
        await expect(page).rejects.toBeInstanceOf(InvalidCursor);
        const revisions = templates.revisions('acme', 'nightly', 2, cursor);
        await expect(revisions).rejects.toBeInstanceOf(InvalidCursor);
      }
    });

    it('carries content of megabytes', async () => {
      const content = JSON.stringify({ text: 'é'.repeat(4_000_000) });
      await templates.put('acme', template('large', 'h', { content }));
      expect((await templates.get('acme', 'large'))?.revision.content).toBe(content);
    });
  });
}
