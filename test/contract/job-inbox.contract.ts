import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandAnswer, JobMessage } from '../../src/ports/cluster.js';
import type { ClusterContract, ClusterUnderTest } from '../support/cluster-under-test.js';
import { T0 } from '../support/store-job.js';

const message = (id: string, more: Partial<JobMessage> = {}): JobMessage => ({
  id,
  tenantId: 'acme',
  jobId: 'job-1',
  at: T0,
  command: { type: 'cancel', by: 'alice' },
  ...more,
});

export function jobInboxContract(contract: ClusterContract): void {
  describe(`job inbox: ${contract.name}`, () => {
    let store: ClusterUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    it('keeps messages as they were put, also for another process', async () => {
      const plain = message('m1');
      const odd = message('m2', {
        tenantId: '$where',
        jobId: 'a.b',
        at: T0 + 1,
        command: { type: 'cancel', by: 'bob "é"', reason: '{"$set":1}' },
      });
      await store.cluster.inbox.put(plain);
      await store.cluster.inbox.put(odd);
      store = await contract.reopen();
      expect(await store.cluster.inbox.read(10)).toStrictEqual([plain, odd]);
      expect(await store.cluster.inbox.read(10)).toStrictEqual([plain, odd]);
    });

    it('shows the oldest first, no more than asked for', async () => {
      const { inbox } = store.cluster;
      const times = [5, 3, 9, 1, 7];
      for (const at of times) await inbox.put(message(`m${at}`, { at: T0 + at }));
      const read = async (limit: number): Promise<string[]> =>
        (await inbox.read(limit)).map(({ id }) => id);
      expect(await read(10)).toEqual(['m1', 'm3', 'm5', 'm7', 'm9']);
      expect(await read(2)).toEqual(['m1', 'm3']);
      expect(await read(0)).toEqual([]);
      await inbox.delete(['m1', 'm5']);
      expect(await read(2)).toEqual(['m3', 'm7']);
    });

    it('takes a message once, however often it is put', async () => {
      const { inbox } = store.cluster;
      const first = message('m1');
      await Promise.all(Array.from({ length: 8 }, () => inbox.put(first)));
      await inbox.put(first);
      expect(await inbox.read(10)).toStrictEqual([first]);
    });

    it('deletes what is there, and does not mind what is not', async () => {
      const { inbox } = store.cluster;
      for (const id of ['m1', 'm2', 'm3']) await inbox.put(message(id));
      await inbox.delete([]);
      await inbox.delete(['m1', 'unknown']);
      await inbox.delete(['m1', 'm3']);
      expect(await inbox.read(10)).toStrictEqual([message('m2')]);
      store = await contract.reopen();
      expect(await store.cluster.inbox.read(10)).toStrictEqual([message('m2')]);
    });

    it('shows what is unanswered, and keeps answers for whoever asked', async () => {
      const { inbox } = store.cluster;
      for (const id of ['m1', 'm2', 'm3']) await inbox.put(message(id));
      const refused = { code: 'not_running', message: 'The job is queued.' } as const;
      await inbox.answer(
        new Map<string, CommandAnswer>([
          ['m1', 'done'],
          ['m3', refused],
          ['unknown', 'done'],
        ]),
      );
      await inbox.answer(new Map());
      store = await contract.reopen();
      expect(await store.cluster.inbox.read(10)).toStrictEqual([message('m2')]);
      expect(await store.cluster.inbox.answerTo('m1')).toBe('done');
      expect(await store.cluster.inbox.answerTo('m2')).toBeUndefined();
      expect(await store.cluster.inbox.answerTo('m3')).toStrictEqual(refused);
      expect(await store.cluster.inbox.answerTo('unknown')).toBeUndefined();
      await store.cluster.inbox.put(message('m1'));
      expect(await store.cluster.inbox.answerTo('m1')).toBe('done');
      await store.cluster.inbox.delete(['m1']);
      expect(await store.cluster.inbox.answerTo('m1')).toBeUndefined();
    });

    it('deletes old answers, and nothing that waits for one', async () => {
      const { inbox } = store.cluster;
      await inbox.put(message('old'));
      await inbox.put(message('waiting'));
      await inbox.put(message('new', { at: T0 + 5 }));
      await inbox.answer(
        new Map<string, CommandAnswer>([
          ['old', 'done'],
          ['new', 'done'],
        ]),
      );
      await inbox.deleteAnswered(T0 + 5);
      expect(await inbox.answerTo('old')).toBeUndefined();
      expect(await inbox.answerTo('new')).toBe('done');
      expect((await inbox.read(10)).map(({ id }) => id)).toEqual(['waiting']);
    });

    it('holds many messages, and gives them page by page as they are deleted', async () => {
      const { inbox } = store.cluster;
      const messages = Array.from({ length: 1_000 }, (_, at) =>
        message(`m${at}`, { jobId: `job-${at % 30}`, at: T0 + at }),
      );
      await Promise.all(messages.map((one) => inbox.put(one)));
      const seen: JobMessage[] = [];
      for (;;) {
        const page = await inbox.read(150);
        if (page.length === 0) break;
        seen.push(...page);
        await inbox.delete(page.map(({ id }) => id));
      }
      expect(seen).toStrictEqual(messages);
    });
  });
}
