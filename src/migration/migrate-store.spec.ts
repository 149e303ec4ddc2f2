import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { failing } from '../../test/support/dead-letters.js';
import { StoreFolder } from '../../test/support/store-folder.js';
import { completedNode, StoreJob, T0 } from '../../test/support/store-job.js';
import { openSqliteStore, type SqliteStore } from '../adapters/storage/sqlite/index.js';
import { aSchedule } from '../core/schedule/schedule.fixture.js';
import type { Clock } from '../ports/clock.js';
import type { CommitRequest } from '../ports/job-journal.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { Comparison } from './compare-stores.js';
import { migrateStore, verifyStore } from './migrate-store.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore, Progress } from './movable-store.js';

/** Its timers are due as soon as they are set. */
const hurriedClock: Clock = {
  now: () => T0,
  random: () => 0,
  setTimer: (_, callback) => {
    setImmediate(callback);
    return { cancel: () => undefined };
  },
};

describe('migrateStore', () => {
  let folder: StoreFolder;
  let source: SqliteStore;
  let target: SqliteStore;
  beforeEach(() => {
    folder = new StoreFolder();
    source = openSqliteStore({ path: folder.database });
    target = openSqliteStore({ path: path.join(folder.path, 'target.db') });
  });
  afterEach(() => {
    source.close();
    target.close();
    folder.remove();
  });

  const parts = (into: MovableStore = target): Parameters<typeof migrateStore>[0] => ({
    source,
    target: into,
    clock: hurriedClock,
    patience: 1,
  });
  /** The target, with its commits going through a function of the test's. */
  const watched = (commit: MovableStore['journal']['commit']): MovableStore => ({
    ...target,
    journal: {
      stage: (...chunk) => target.journal.stage(...chunk),
      readDefinition: (...page) => target.journal.readDefinition(...page),
      commit,
    },
  });
  const named = ({ differences }: Comparison): string[] =>
    differences.named.map(({ jobId, what }) => (jobId === undefined ? what : `${jobId}: ${what}`));
  const commit = async (store: SqliteStore, ...batch: CommitRequest[]): Promise<void> => {
    for (const { status } of await store.journal.commit(batch)) expect(status).toBe('committed');
  };
  const template = { name: 'nightly', nodeCount: 1, createdAt: T0, createdBy: 'alice' };
  const testCase = { name: 'a', command: 'x', updatedAt: T0, updatedBy: 'alice' };

  it('copies an empty store', async () => {
    const { differences, sourceHash, targetHash } = await migrateStore(parts());
    expect(differences.count).toBe(0);
    expect(targetHash).toBe(sourceHash);
  });

  it('leaves the driver behind', async () => {
    const job = new StoreJob({ status: 'running' });
    await commit(source, job.submit());
    const { contents } = source;
    const read = contents.records.bind(contents);
    contents.records = async (...page) => {
      const { records, end } = await read(...page);
      const driven = records.map((record) => ({
        ...record,
        progress: { ...record.progress, driver: 'instance 1' },
      }));
      return { records: driven, end };
    };
    const offered: CommitRequest[] = [];
    const into = watched((batch) => {
      offered.push(...batch);
      return target.journal.commit(batch);
    });
    const { differences } = await migrateStore(parts(into));
    expect(differences.count).toBe(0);
    expect(offered).toHaveLength(1);
    expect(offered[0]?.progress).not.toHaveProperty('driver');
  });

  it('offers nothing that the target has already', async () => {
    const job = new StoreJob();
    await commit(source, job.submit());
    await migrateStore(parts());
    await commit(source, job.next({ nodes: [completedNode(0)] }), job.next());
    const other = new StoreJob();
    await commit(source, other.submit());
    const versions: number[] = [];
    const into = watched((batch) => {
      versions.push(...batch.map(({ expectedVersion }) => expectedVersion + 1));
      return target.journal.commit(batch);
    });
    const progress: Progress[] = [];
    const { differences } = await migrateStore({
      ...parts(into),
      onProgress: (each) => progress.push(each),
    });
    expect(differences.count).toBe(0);
    expect(versions.sort()).toEqual([1, 2, 3]);
    expect(progress.findLast(({ phase }) => phase === 'copied')).toEqual({
      phase: 'copied',
      jobs: 2,
      ofJobs: 2,
      records: 4,
      ofRecords: 4,
    });
  });

  it('waits while the target is unavailable, and gives up when it stays so', async () => {
    await commit(source, new StoreJob().submit());
    let failures = 1;
    const into = watched((batch) =>
      failures-- > 0 ? Promise.reject(new StoreUnavailable('away')) : target.journal.commit(batch),
    );
    await expect(migrateStore(parts(into))).rejects.toThrow(StoreUnavailable);
    failures = 3;
    const { differences } = await migrateStore({ ...parts(into), patience: 60_000 });
    expect(differences.count).toBe(0);
  });

  it('names a job that stands elsewhere in the order of creation', async () => {
    const jobs = Array.from({ length: 4 }, () => new StoreJob());
    const records = jobs.map((job) => job.submit());
    await commit(source, ...records);
    const [a, b, c, d] = records as [CommitRequest, CommitRequest, CommitRequest, CommitRequest];
    await commit(target, a, c, b, d);
    expect(named(await verifyStore(parts()))).toEqual([
      `${b.jobId}: its place in the order of creation is taken by job ${c.jobId} of tenant acme in the target`,
    ]);
  });

  it('names jobs that one store lacks', async () => {
    const [ours, both, theirs] = [new StoreJob(), new StoreJob(), new StoreJob()];
    const record = both.submit();
    await commit(source, ours.submit(), record);
    await commit(target, theirs.submit(), record);
    const comparison = await verifyStore(parts());
    expect(named(comparison)).toEqual([
      `${ours.ref.jobId}: it is missing in the target`,
      `${theirs.ref.jobId}: it is in the target only`,
    ]);
    expect([comparison.source.jobs, comparison.target.jobs]).toEqual([2, 2]);
    expect(comparison.sourceHash).not.toBe(comparison.targetHash);
  });

  it('names test cases and tokens that differ, and passes over expired tokens', async () => {
    await source.catalogue.put('acme', testCase);
    await target.catalogue.put('acme', { ...testCase, command: 'y' });
    await source.catalogue.put('zoo', testCase);
    await target.catalogue.put('acme', { ...testCase, name: 'b' });
    await source.tokens.redeem('ours', T0 + 1, T0);
    await source.tokens.redeem('expired', T0, T0);
    await target.tokens.redeem('theirs', T0 + 1, T0);
    await source.tokens.redeem('both', T0 + 1, T0);
    await target.tokens.redeem('both', T0 + 2, T0);
    expect(named(await verifyStore(parts()))).toEqual([
      'test case a differs',
      'test case a is missing in the target',
      'test case b is in the target only',
      'token both differs',
      'token ours is missing in the target',
      'token theirs is in the target only',
    ]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['jobs', () => commit(target, new StoreJob().submit())],
    ['test cases', () => target.catalogue.put('acme', testCase)],
    ['tokens', () => target.tokens.redeem('theirs', T0 + 1, T0)],
  ])('refuses a target with %s of its own, and does not shut it', async (_, use) => {
    await commit(source, new StoreJob().submit());
    await use();
    await expect(migrateStore(parts())).rejects.toThrow(MigrationStopped);
    expect(await target.arrival.begun()).toBe(false);
    expect((await target.contents.jobs(undefined, 9)).length).toBeLessThan(2);
  });

  it('stops at a record of which the target has another, and keeps the target shut', async () => {
    const job = new StoreJob();
    const records = [job.submit(), job.next(), job.next()] as const;
    for (const record of records) await commit(source, record);
    await target.arrival.begin();
    await commit(target, records[0]);
    await commit(target, { ...records[1], commitId: 'another' });
    await expect(migrateStore(parts())).rejects.toThrow(
      /Record 2 of job .* cannot be copied: the target has other content/,
    );
    expect(await target.arrival.begun()).toBe(true);
  });

  it('stops at an idempotency key that is of another job in the target', async () => {
    const idempotency = { key: 'k', bodyHash: 'h' };
    await commit(source, new StoreJob().submit({ idempotency }));
    await target.arrival.begin();
    await commit(target, new StoreJob().submit({ idempotency }));
    await expect(migrateStore(parts())).rejects.toThrow(/its idempotency key is that of job/);
  });

  it('copies schedules with how far they have come', async () => {
    const schedule = { ...aSchedule({}, { decidedTo: 5 }), version: 4 };
    await source.schedules.create(schedule);
    const { differences, source: ours, target: theirs } = await migrateStore(parts());
    expect(differences.named).toEqual([]);
    expect([ours.schedules, theirs.schedules]).toEqual([1, 1]);
    expect(await target.schedules.get(schedule)).toEqual(schedule);
  });

  it('finds a schedule that differs, and stops at one that has gone on in the target', async () => {
    await source.schedules.create(aSchedule());
    await migrateStore(parts());
    await target.schedules.delete(aSchedule());
    await target.schedules.create({ ...aSchedule(), version: 2 });
    expect(named(await verifyStore(parts()))).toEqual(['schedule hourly of anna differs']);
    await expect(migrateStore(parts())).rejects.toThrow(/has gone on in it/);
  });

  it('copies templates with the numbers of their revisions, and what is archived', async () => {
    const put = (store: SqliteStore, hash: string): Promise<unknown> =>
      store.templates.put('acme', { ...template, hash, content: JSON.stringify(hash) });
    await put(source, 'one');
    await migrateStore(parts());
    for (const hash of ['two', 'one']) await put(source, hash);
    await source.templates.archive('acme', 'nightly', true);
    const { differences, source: ours, target: theirs } = await migrateStore(parts());
    expect(differences.named).toEqual([]);
    expect([ours.templates, theirs.templates]).toEqual([1, 1]);
    expect(await target.templates.get('acme', 'nightly', 2)).toEqual(
      await source.templates.get('acme', 'nightly', 2),
    );
    await target.templates.archive('acme', 'nightly', false);
    await put(target, 'four');
    expect(named(await verifyStore(parts()))).toEqual([
      'template nightly is archived in the source and not in the target',
      'revision 4 of template nightly differs',
    ]);
    await expect(migrateStore(parts())).rejects.toThrow(/template nightly .* has gone on in it/);
  });

  it('copies dead letters with what has become of them, also of jobs that are gone', async () => {
    const [job, gone] = [new StoreJob(), new StoreJob()];
    for (const each of [job, gone]) {
      await commit(source, each.submit(failing([0, 1, 2], { config: { a: 1 } })));
    }
    await commit(source, gone.next({ status: 'failed', at: T0 }));
    await source.retention.discard({ endedBefore: T0 + 1, now: T0 + 1, limit: 9 });
    const letters = await source.contents.deadLetters(undefined, 99);
    const ofJob = letters.filter(({ jobId }) => jobId === job.header.jobId);
    const [requeued = '', deleted = ''] = ofJob.map(({ id }) => id);
    const requeue = { jobId: 'again', by: 'bob', at: T0 };
    await source.deadLetters.setRequeue('acme', requeued, undefined, requeue);
    await source.deadLetters.delete('acme', [deleted]);
    const copied = await migrateStore(parts());
    expect(copied.differences.named).toEqual([]);
    expect([copied.source.deadLetters, copied.target.deadLetters]).toEqual([5, 5]);
    expect(await target.deadLetters.get('acme', requeued)).toMatchObject({ requeued: requeue });
    expect(await target.deadLetters.get('acme', deleted)).toBeUndefined();
    await source.deadLetters.delete('acme', [requeued]);
    const another = ofJob[2]?.id ?? '';
    await target.deadLetters.setRequeue('acme', another, undefined, requeue);
    const lost = letters.find(({ jobId }) => jobId !== job.header.jobId)?.id ?? '';
    await target.deadLetters.delete('acme', [lost]);
    expect(
      named(await verifyStore(parts())).map((what) => what.replace(/^.*?: |n\d/g, '')),
    ).toEqual(
      expect.arrayContaining([
        'the dead letter of node  differs',
        'the dead letter of node  is missing in the target',
        'the dead letter of node  is in the target only',
      ]),
    );
    expect((await migrateStore(parts())).differences.named).toEqual([]);
  });

  it('takes over what was changed in the source since', async () => {
    await source.catalogue.put('acme', testCase);
    await migrateStore(parts());
    await source.catalogue.put('acme', { ...testCase, command: 'z', updatedAt: T0 + 5 });
    const { differences } = await migrateStore(parts());
    expect(differences.count).toBe(0);
    expect(await target.catalogue.get('acme', 'a')).toMatchObject({ command: 'z' });
  });
});
