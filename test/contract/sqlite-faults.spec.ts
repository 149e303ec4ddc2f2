import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/adapters/storage/sqlite/driver.js';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/storage/sqlite/index.js';
import type { JobPage } from '../../src/ports/job-projections.js';
import { StoreUnavailable } from '../../src/ports/store-errors.js';
import { failing } from '../support/dead-letters.js';
import { StoreFolder } from '../support/store-folder.js';
import { StoreJob, completedNode } from '../support/store-job.js';

const committed = (version: number): object => ({ status: 'committed', version });

describe('SQLite when it cannot write', () => {
  let folder: StoreFolder;
  let store: SqliteStore;
  beforeEach(() => {
    folder = new StoreFolder();
    store = openSqliteStore({ path: folder.database, busyTimeout: 1 });
  });
  afterEach(() => {
    store.close();
    folder.remove();
  });

  const listed = (): Promise<JobPage> =>
    store.projections.list({
      tenantId: 'acme',
      sort: 'created_at',
      limit: 100,
      start: { offset: 0 },
    });

  it('rejects while another connection holds the lock, and goes on after', async () => {
    const job = new StoreJob();
    await store.journal.commit([job.submit()]);
    const other = new Database(folder.database);
    other.exec('BEGIN IMMEDIATE');
    const next = job.next({ status: 'running', nodes: [completedNode(0)] });
    await expect(store.journal.commit([next])).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.health()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(
      store.journal.stage(job.ref, { first: 0, nodes: job.definition }),
    ).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.tokens.redeem('t', 2, 1)).rejects.toBeInstanceOf(StoreUnavailable);
    expect((await store.projections.job(job.ref))?.progress.version).toBe(1);
    other.exec('ROLLBACK');
    other.close();
    await store.health();
    expect(await store.journal.commit([next])).toEqual([committed(2)]);
    expect(await store.tokens.redeem('t', 2, 1)).toBe(true);
    expect((await store.projections.job(job.ref))?.progress).toEqual(job.progress);
  });

  it('keeps nothing of a batch for which the disk was full, and takes it when there is room', async () => {
    const old = Array.from({ length: 600 }, () => new StoreJob());
    await store.journal.commit(old.map((job) => job.submit()));
    const pages = Number(
      (store.connection.pragma('page_count') as readonly { page_count: number }[])[0]?.page_count,
    );
    store.connection.pragma(`max_page_count = ${pages + 4}`);
    const fresh = Array.from({ length: 300 }, () => new StoreJob());
    const batch = [
      ...old.map((job) => job.next({ status: 'running', nodes: [completedNode(0)] })),
      ...fresh.map((job) => job.submit({ idempotency: { key: job.header.jobId, bodyHash: 'h' } })),
    ];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(store.journal.commit(batch)).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.journal.commit(batch)).rejects.toThrow(/SQLITE_FULL/);
      const page = await listed();
      expect(page.total).toBe(600);
      expect(page.jobs.map((job) => job.progress.version)).toEqual(Array(100).fill(1));
      expect(await store.projections.job((fresh[0] as StoreJob).ref)).toBeUndefined();
    }
    store.connection.pragma('max_page_count = 1000000');
    await store.health();
    const results = await store.journal.commit(batch);
    expect(results).toEqual([...old.map(() => committed(2)), ...fresh.map(() => committed(1))]);
    expect(await store.journal.commit(batch)).toEqual(results);
    const running = await store.projections.list({
      tenantId: 'acme',
      status: ['running'],
      sort: 'created_at',
      limit: 1,
      start: { offset: 0 },
    });
    expect([(await listed()).total, running.total]).toEqual([900, 600]);
    expect(await store.projections.unfinished(undefined, 1000)).toHaveLength(900);
  });

  it('writes a dead letter with its record, or neither', async () => {
    const jobs = Array.from({ length: 50 }, () => new StoreJob());
    await store.journal.commit(jobs.map((job) => job.submit()));
    const pages = Number(
      (store.connection.pragma('page_count') as readonly { page_count: number }[])[0]?.page_count,
    );
    store.connection.pragma(`max_page_count = ${pages + 4}`);
    const config = { script: 'x'.repeat(1_000) };
    const batch = jobs.map((job) => job.next(failing([0, 1], { config })));
    await expect(store.journal.commit(batch)).rejects.toThrow(/SQLITE_FULL/);
    const letters = async (): Promise<number> =>
      (await store.deadLetters.list({ tenantId: 'acme', limit: 200 })).letters.length;
    expect(await letters()).toBe(0);
    store.close();
    store = openSqliteStore({ path: folder.database });
    expect(await letters()).toBe(0);
    expect(await store.journal.commit(batch)).toEqual(jobs.map(() => committed(2)));
    store.close();
    store = openSqliteStore({ path: folder.database });
    expect(await letters()).toBe(100);
  });

  it('rejects when the database is read-only, and reads on', async () => {
    const job = new StoreJob();
    await store.journal.commit([job.submit()]);
    store.connection.pragma('query_only = ON');
    await expect(store.journal.commit([job.next()])).rejects.toThrow(/SQLITE_READONLY/);
    expect(await store.projections.job(job.ref)).toBeDefined();
  });

  it('lets one of two owners move a job, also from another connection', async () => {
    const other = openSqliteStore({ path: folder.database });
    const job = new StoreJob();
    await store.journal.commit([job.submit()]);
    const mine = job.next({ status: 'running' });
    expect(await other.journal.commit([{ ...mine, commitId: 'theirs' }])).toEqual([committed(2)]);
    expect(await store.journal.commit([mine])).toEqual([{ status: 'conflict', actualVersion: 2 }]);
    const second = new StoreJob();
    await other.journal.commit([second.submit()]);
    expect((await listed()).total).toBe(2);
    expect(await store.journal.commit([second.next()])).toEqual([committed(2)]);
    other.close();
  });

  it('fails a batch with a record that cannot be written at all, and forgets it', async () => {
    const [good, bad] = [new StoreJob(), new StoreJob()];
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const output = circular as never;
    const broken = bad.submit({ nodes: [{ ...completedNode(0), output }] });
    const submit = good.submit();
    await expect(store.journal.commit([submit, broken])).rejects.toThrow(TypeError);
    expect((await listed()).total).toBe(0);
    expect(await store.journal.commit([submit])).toEqual([committed(1)]);
    expect((await listed()).total).toBe(1);
  });

  it('answers StoreUnavailable once it is closed', async () => {
    store.close();
    store.close();
    await expect(store.health()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(listed()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.journal.commit([new StoreJob().submit()])).rejects.toBeInstanceOf(
      StoreUnavailable,
    );
  });

  it('cannot be opened where there is no folder, and says so', () => {
    const path = `${folder.path}/missing/baton.db`;
    expect(() => openSqliteStore({ path })).toThrow(/folder|directory/);
  });
});
