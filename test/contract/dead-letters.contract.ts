import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type {
  DeadLetter,
  DeadLetterInfo,
  DeadLetterQuery,
  DeadLetters,
} from '../../src/ports/dead-letters.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import { InvalidCursor } from '../../src/ports/store-errors.js';
import { DEAD, failing, type DeadNodes } from '../support/dead-letters.js';
import { withoutConfig } from '../support/memory-dead-letters.js';
import { StoreJob, T0, type StoreCommit, type StoreJobOptions } from '../support/store-job.js';

/** How the contract gets at the adapter it is run on. */
export interface DeadLettersContract {
  readonly name: string;
  /** On empty storage. */
  create(): Promise<LettersUnderTest>;
  /** Another on the same storage, as after a restart; the one before is no longer used. */
  reopen(): Promise<LettersUnderTest>;
  destroy(): Promise<void>;
}

export interface LettersUnderTest {
  readonly journal: Pick<JobJournal, 'commit'>;
  readonly deadLetters: DeadLetters;
  /** Resolves when every commit answered so far has been followed. */
  settled(): Promise<void>;
}

const REQUEUE = { jobId: 'again', by: 'bob', at: T0 + 900 };

export function deadLettersContract(contract: DeadLettersContract): void {
  describe(`dead letters: ${contract.name}`, () => {
    let store: LettersUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    const commit = async (job: StoreJob, commit: StoreCommit): Promise<void> => {
      const [result] = await store.journal.commit([
        job.progress.version === 0 ? job.submit(commit) : job.next(commit),
      ]);
      expect(result).toMatchObject({ status: 'committed' });
      await store.settled();
    };
    const dead = async (
      options: StoreJobOptions = {},
      letter: DeadNodes = {},
    ): Promise<StoreJob> => {
      const job = new StoreJob(options);
      await commit(job, {});
      await commit(job, failing([0], letter));
      return job;
    };
    const all = async (query: Partial<DeadLetterQuery> = {}): Promise<DeadLetterInfo[]> => {
      const { letters } = await store.deadLetters.list({ tenantId: 'acme', limit: 200, ...query });
      return [...letters];
    };
    const namesOf = (letters: readonly DeadLetterInfo[]): string[] =>
      letters.map(({ jobId, nodeId }) => `${jobId}/${nodeId}`);
    const first = async (): Promise<DeadLetter> => {
      const [info] = await all();
      const letter = await store.deadLetters.get('acme', info?.id ?? '');
      if (letter === undefined) throw new Error('there is no letter');
      return letter;
    };

    it('follow from the commit in which a node has used up its attempts', async () => {
      const template = { name: 'nightly', revision: 3, hash: 'abc' };
      const config = { script: 'exit 1', 'a.$b': [null, { $set: '\u0000' }] };
      const job = new StoreJob({ owner: 'anna', name: 'Nightly', template });
      await commit(job, {});
      expect(await all()).toEqual([]);
      await commit(job, failing([1], { config, at: T0 + 5, attempt: 4, node_type: 'shell' }));
      const letter = await first();
      expect(letter).toStrictEqual({
        id: expect.stringMatching(/^dl_[0-9a-f]{32}$/),
        ...job.ref,
        owner: 'anna',
        jobName: 'Nightly',
        template,
        nodeId: 'n1',
        type: 'shell',
        attempts: 4,
        error: DEAD,
        at: T0 + 5,
        config,
      });
      expect(await all()).toStrictEqual([withoutConfig(letter)]);
      store = await contract.reopen();
      expect(await first()).toStrictEqual(letter);
    });

    it('follow from the commit that creates a job, and from several of a batch', async () => {
      const jobs = [new StoreJob(), new StoreJob(), new StoreJob()];
      await store.journal.commit(jobs.map((job) => job.submit(failing([0, 2]))));
      await store.settled();
      const expected = jobs.flatMap(({ header: { jobId } }) => [`${jobId}/n0`, `${jobId}/n2`]);
      expect(namesOf(await all()).sort()).toEqual(expected.sort());
    });

    it('say of a config that was too large that it is left out', async () => {
      await dead({}, { config_omitted: true });
      expect(await first()).toMatchObject({ configOmitted: true });
      expect(await first()).not.toHaveProperty('config');
    });

    it('are there once, however often the commit is offered', async () => {
      const job = new StoreJob();
      const records = [job.submit(), job.next(failing([0]))] as const;
      for (const record of [...records, records[1]]) await store.journal.commit([record]);
      await store.settled();
      expect(await all()).toHaveLength(1);
    });

    it('do not follow from a commit that is refused', async () => {
      const job = new StoreJob();
      await commit(job, {});
      const late = { ...job.next(failing([0])), expectedVersion: 7 };
      expect(await store.journal.commit([late])).toMatchObject([{ status: 'conflict' }]);
      await store.settled();
      expect(await all()).toEqual([]);
    });

    it('are another tenant’s own', async () => {
      await dead({ jobId: 'same', tenantId: 'zoo' });
      await dead({ jobId: 'same' });
      const [theirs] = await all({ tenantId: 'zoo' });
      const id = theirs?.id ?? '';
      expect(await all()).toHaveLength(1);
      expect(await store.deadLetters.get('acme', id)).toBeUndefined();
      expect(await store.deadLetters.setRequeue('acme', id, undefined, REQUEUE)).toBe(false);
      expect(await store.deadLetters.delete('acme', [id])).toBe(0);
      expect(await store.deadLetters.get('zoo', id)).toMatchObject({ tenantId: 'zoo', id });
    });

    it('are listed newest first, in pages', async () => {
      const jobs: StoreJob[] = [];
      for (let at = 0; at < 7; at++) {
        jobs.push(await dead({}, { at: T0 + Math.floor(at / 2) }));
      }
      const whole = await all();
      expect(whole.map(({ at }) => at - T0)).toEqual([3, 2, 2, 1, 1, 0, 0]);
      for (const limit of [1, 2, 3, 6, 7]) {
        const found: DeadLetterInfo[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.deadLetters.list({
            tenantId: 'acme',
            limit,
            ...(cursor === undefined ? {} : { cursor }),
          });
          expect(page.letters.length).toBeGreaterThan(0);
          expect(page.letters.length).toBeLessThanOrEqual(limit);
          found.push(...page.letters);
          cursor = page.next;
        } while (cursor !== undefined);
        expect(found).toEqual(whole);
      }
    });

    it.each(['', 'x', 'W10', 'WzEsMl0', 'WyJhIiwiYiJd'])(
      'refuse the cursor "%s"',
      async (cursor) => {
        await expect(all({ cursor })).rejects.toThrow(InvalidCursor);
      },
    );

    it('are narrowed by owner, job, type, class, status and age, alone and together', async () => {
      const one = await dead({ owner: 'ada' }, { node_type: 'http', errorClass: 'timeout' });
      const two = await dead({ owner: 'bob' }, { node_type: 'http', at: T0 + 50 });
      const three = await dead({ owner: 'bob' }, { node_type: 'shell', at: T0 + 60 });
      const [newest] = await all();
      await store.deadLetters.setRequeue('acme', newest?.id ?? '', undefined, REQUEUE);
      const narrowed = async (query: Partial<DeadLetterQuery>): Promise<string[]> =>
        (await all(query)).map(({ jobId }) => jobId);
      const [ada, bob, requeued] = [one, two, three].map(({ header }) => header.jobId) as [
        string,
        string,
        string,
      ];
      expect(await narrowed({})).toEqual([requeued, bob, ada]);
      expect(await narrowed({ owner: 'bob' })).toEqual([requeued, bob]);
      expect(await narrowed({ owner: 'nobody' })).toEqual([]);
      expect(await narrowed({ jobId: bob })).toEqual([bob]);
      expect(await narrowed({ jobId: bob, owner: 'ada' })).toEqual([]);
      expect(await narrowed({ type: 'http' })).toEqual([bob, ada]);
      expect(await narrowed({ errorClass: 'exit_code' })).toEqual([requeued, bob]);
      expect(await narrowed({ status: 'open' })).toEqual([bob, ada]);
      expect(await narrowed({ status: 'requeued' })).toEqual([requeued]);
      expect(await narrowed({ before: T0 + 60 })).toEqual([bob, ada]);
      expect(await narrowed({ before: T0 + 50 })).toEqual([ada]);
      const both = { owner: 'bob', type: 'http', errorClass: 'exit_code' } as const;
      expect(await narrowed({ ...both, status: 'open', before: T0 + 55 })).toEqual([bob]);
      expect(await narrowed({ ...both, status: 'requeued' })).toEqual([]);
      const [page] = [await store.deadLetters.list({ tenantId: 'acme', type: 'http', limit: 1 })];
      expect(namesOf(page.letters)).toEqual([`${bob}/n0`]);
      expect(await narrowed({ type: 'http', cursor: page.next ?? '' })).toEqual([ada]);
    });

    it('are requeued by one of those who saw the same', async () => {
      await dead();
      const { id } = await first();
      const others = ['x', 'y', 'z'].map((jobId) => ({ ...REQUEUE, jobId }));
      const set = await Promise.all(
        others.map((requeue) => store.deadLetters.setRequeue('acme', id, undefined, requeue)),
      );
      expect(set.filter(Boolean)).toHaveLength(1);
      const winner = others[set.indexOf(true)] ?? REQUEUE;
      expect((await first()).requeued).toEqual(winner);
      expect((await all())[0]?.requeued).toEqual(winner);
      expect(await store.deadLetters.setRequeue('acme', id, undefined, REQUEUE)).toBe(false);
      expect(await store.deadLetters.setRequeue('acme', id, winner, REQUEUE)).toBe(true);
      store = await contract.reopen();
      expect((await first()).requeued).toEqual(REQUEUE);
      expect(await store.deadLetters.setRequeue('acme', id, REQUEUE, undefined)).toBe(true);
      expect(await first()).not.toHaveProperty('requeued');
      expect(await all({ status: 'open' })).toHaveLength(1);
    });

    it('are gone when they are deleted, also when their commit is offered again', async () => {
      const job = new StoreJob();
      const records = [job.submit(), job.next(failing([0, 1, 2]))] as const;
      for (const record of records) await store.journal.commit([record]);
      await store.settled();
      const [one, two] = await all();
      const ids = [one?.id ?? '', two?.id ?? ''];
      expect(await store.deadLetters.delete('acme', [...ids, 'dl_none'])).toBe(2);
      expect(await store.deadLetters.delete('acme', ids)).toBe(0);
      expect(await store.deadLetters.get('acme', ids[0] ?? '')).toBeUndefined();
      const requeued = store.deadLetters.setRequeue('acme', ids[0] ?? '', undefined, REQUEUE);
      expect(await requeued).toBe(false);
      await store.journal.commit([records[1]]);
      store = await contract.reopen();
      expect(await all()).toHaveLength(1);
    });

    it('are put as they are elsewhere', async () => {
      await dead({}, { config: { a: 1 } });
      const letter = await first();
      const put = { ...letter, requeued: REQUEUE };
      await store.deadLetters.put(put);
      expect(await first()).toStrictEqual(put);
      expect(await all()).toHaveLength(1);
      await store.deadLetters.delete('acme', [letter.id]);
      const bare = withoutConfig(letter);
      await store.deadLetters.put(bare);
      expect(await first()).toStrictEqual(bare);
    });

    it('are deleted when they have been kept long enough, some at a time', async () => {
      const day = 24 * 3_600_000;
      for (let at = 0; at < 5; at++) await dead({}, { at: T0 + at * day });
      const now = T0 + 100 * day;
      expect(await store.deadLetters.expire({ now, limit: 2 })).toBe(true);
      expect(await all()).toHaveLength(5);
      const expiry = { before: T0 + 3 * day, now, limit: 2 };
      expect(await store.deadLetters.expire(expiry)).toBe(false);
      expect(await all()).toHaveLength(3);
      expect(await store.deadLetters.expire(expiry)).toBe(true);
      expect((await all()).map(({ at }) => at)).toEqual([T0 + 4 * day, T0 + 3 * day]);
    });
  });
}
