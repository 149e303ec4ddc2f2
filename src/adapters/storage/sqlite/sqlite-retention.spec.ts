import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreFolder } from '../../../../test/support/store-folder.js';
import { completedNode, StoreJob, T0 } from '../../../../test/support/store-job.js';
import { FENCE_MS } from '../../../ports/retention.js';
import { Database } from './driver.js';
import { openSqliteStore, type SqliteStore } from './sqlite-store.js';

const NOW = T0 + 1_000_000;
describe('retention in SQLite', () => {
  let folder: StoreFolder;
  let store: SqliteStore;
  beforeEach(() => {
    folder = new StoreFolder();
    store = openSqliteStore({ path: folder.database });
  });
  afterEach(() => {
    store.close();
    folder.remove();
  });

  const rows = (...tables: readonly string[]): Record<string, number> => {
    const db = new Database(folder.database, { readonly: true });
    const counts = tables.map((table) => {
      const { count } = db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as {
        count: number;
      };
      return [table, count] as const;
    });
    db.close();
    return Object.fromEntries(counts);
  };
  const run = async (jobs: readonly StoreJob[]): Promise<void> => {
    for (let at = 0; at < jobs.length; at += 100) {
      const some = jobs.slice(at, at + 100);
      await store.journal.commit(
        some.map((job) => job.submit({ idempotency: { key: job.header.jobId, bodyHash: 'h' } })),
      );
      await store.journal.commit(some.map((job) => job.next({ status: 'completed' })));
    }
  };
  /** Discards and erases all that has ended; answers how many calls it took. */
  const clear = async (now: number): Promise<number> => {
    let calls = 0;
    let cursor: string | undefined;
    do {
      const query = { endedBefore: now, now, limit: 1_000 };
      const page = await store.retention.discard({
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      calls += 1;
      cursor = page.next;
    } while (cursor !== undefined);
    for (;;) {
      const jobs = await store.retention.discarded(now, 0, 100);
      if (jobs.length === 0) return calls;
      do calls += 1;
      while (!(await store.retention.erase(jobs, now)));
    }
  };

  it('leaves no row behind, and forgets what no job is called any more', async () => {
    const jobs = Array.from(
      { length: 1_030 },
      (_, at) => new StoreJob({ name: `pr-${at}`, labels: { commit: String(at) } }),
    );
    const large = new StoreJob({ nodeCount: 700, name: 'large' });
    const nodes = Array.from({ length: 700 }, (_, at) => completedNode(at));
    await store.journal.commit([large.submit({ chunks: large.chunks(100) })]);
    await store.journal.commit([large.next({ status: 'completed', nodes })]);
    await run(jobs);
    // However much is asked for, a call does a little: what is sealed is taken out job by job.
    expect(await clear(NOW)).toBeGreaterThan(60);
    const emptied = ['job', 'journal', 'node_state', 'fold', 'definition_part', 'staging', 'claim'];
    expect(rows(...emptied)).toEqual(Object.fromEntries(emptied.map((table) => [table, 0])));
    // The facet of unfinished jobs stays, whether there are any or not.
    expect(rows('posting')).toEqual({ posting: 0 });
    expect(rows('facet')['facet']).toBeLessThanOrEqual(1);
    expect(rows('discarded_job')).toEqual({ discarded_job: 1_031 });
    await clear(NOW + FENCE_MS);
    const { discarded_job: kept } = rows('discarded_job');
    // The numbers of the newest stay taken until their segment is sealed.
    expect(kept).toBeLessThan(1_031);
    await run(Array.from({ length: 1_100 }, () => new StoreJob()));
    await clear(NOW + FENCE_MS);
    expect(rows('discarded_job')['discarded_job']).toBeLessThan(1_031 + 1_100);
  });

  it('never gives a number twice, also when the newest jobs go and the store is opened again', async () => {
    const numbers = new Set<number>();
    for (let round = 0; round < 30; round += 1) {
      await run(Array.from({ length: 50 }, () => new StoreJob()));
      const db = new Database(folder.database, { readonly: true });
      const found = db.prepare('SELECT seq FROM job').pluck().all() as number[];
      db.close();
      expect(found).toHaveLength(50);
      for (const seq of found) {
        expect(numbers.has(seq)).toBe(false);
        numbers.add(seq);
      }
      await clear(NOW + round);
      if (round % 3 === 0) await clear(NOW + 2 * FENCE_MS);
      store.close();
      store = openSqliteStore({ path: folder.database });
    }
    expect(Math.max(...numbers)).toBe(numbers.size - 1);
  });

  it('has nothing to do with redeemed tokens, which go when they have expired', async () => {
    for (let token = 0; token < 50; token += 1) await store.tokens.redeem(`t${token}`, T0, T0);
    await store.tokens.redeem('later', NOW + 10, NOW);
    expect(rows('redeemed_token')).toEqual({ redeemed_token: 1 });
  });

  it('passes over what was created too late without looking at each', async () => {
    const jobs = Array.from({ length: 3_000 }, (_, at) => new StoreJob({ createdAt: T0 + at }));
    await run(jobs);
    const early = { endedBefore: T0 - 1, now: NOW, limit: 10 };
    const page = await store.retention.discard(early);
    expect(page.jobs).toEqual([]);
    const next = Number(page.next ?? 3_000);
    expect(next).toBeGreaterThanOrEqual(2_000);
  });
});
