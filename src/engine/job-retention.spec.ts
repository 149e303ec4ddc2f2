import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../test/support/engine-fixture.js';
import { waitUntil } from '../../test/support/wait-until.js';
import type { JobRef } from '../core/job/job-record.js';
import type { Logger } from '../ports/logger.js';
import type { DiscardQuery, Retention } from '../ports/retention.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import { JobRetention, type JobRetentionParts } from './job-retention.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const job = (id: number): JobRef => ({ tenantId: 'acme', jobId: `job-${id}` });

/** A store of finished jobs that erases each in two steps, and notes what it is asked. */
class FakeStore implements Retention {
  readonly ended = new Map<JobRef, number>();
  readonly notes: { readonly job: JobRef; steps: number }[] = [];
  readonly gone: JobRef[] = [];
  readonly seen: string[] = [];
  away = false;
  discards: DiscardQuery[] = [];

  discard(query: DiscardQuery): ReturnType<Retention['discard']> {
    this.#answer();
    this.discards.push(query);
    const jobs = [...this.ended]
      .filter(([, at]) => at < query.endedBefore)
      .slice(0, 2)
      .map(([ref]) => ref);
    for (const ref of jobs) {
      this.ended.delete(ref);
      this.notes.push({ job: ref, steps: 2 });
    }
    return Promise.resolve({ jobs, ...(jobs.length === 2 ? { next: 'more' } : {}) });
  }

  discarded(_now: number, skip: number, limit: number): Promise<readonly JobRef[]> {
    this.#answer();
    return Promise.resolve(this.notes.slice(skip, skip + limit).map((note) => note.job));
  }

  erase(jobs: readonly JobRef[]): Promise<boolean> {
    this.#answer();
    const note = this.notes.find((each) => jobs.includes(each.job));
    if (note === undefined) return Promise.resolve(true);
    note.steps -= 1;
    if (note.steps === 0) {
      this.notes.splice(this.notes.indexOf(note), 1);
      this.gone.push(note.job);
      this.seen.push(`erased ${note.job.jobId}`);
    }
    return Promise.resolve(false);
  }

  erased(since: number, limit: number, cursor = '0'): ReturnType<Retention['erased']> {
    this.#answer();
    this.seen.push(`since ${since}`);
    const jobs = this.gone.slice(Number(cursor), Number(cursor) + limit);
    const next = Number(cursor) + limit;
    return Promise.resolve({ jobs, ...(next < this.gone.length ? { next: String(next) } : {}) });
  }

  #answer(): void {
    if (this.away) throw new StoreUnavailable('away');
  }
}

describe('retention of jobs', () => {
  let clock: ManualClock;
  let store: FakeStore;
  let stuck: Set<string>;
  let logged: { readonly level: string; readonly fields: object; readonly message: string }[];
  let retention: JobRetention | undefined;
  beforeEach(() => {
    clock = new ManualClock();
    store = new FakeStore();
    stuck = new Set();
    logged = [];
  });
  afterEach(() => retention?.stop());

  const log =
    (level: string) =>
    (fields: object, message: string): void => {
      logged.push({ level, fields, message });
    };
  const logger: Logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
  const start = (parts: Partial<JobRetentionParts> = {}): JobRetention => {
    const artifacts = {
      deleteJob: ({ jobId }: JobRef): Promise<void> => {
        if (stuck.has(jobId)) return Promise.reject(new Error('EACCES'));
        store.seen.push(`artifacts ${jobId}`);
        return Promise.resolve();
      },
    };
    const made = new JobRetention({
      retention: store,
      artifacts,
      clock,
      logger,
      days: 30,
      ...parts,
    });
    retention = made;
    made.start();
    return made;
  };
  /** Lets time pass, a minute at once, until something holds. */
  const until = (holds: () => boolean): Promise<void> =>
    waitUntil(() => {
      if (holds()) return true;
      clock.advance(60_000);
      return false;
    });

  it('deletes what has been kept long enough: its artifacts first, what names it last', async () => {
    const now = clock.now();
    for (let id = 0; id < 5; id += 1) store.ended.set(job(id), now - 30 * DAY - 1);
    store.ended.set(job(5), now - 30 * DAY);
    start();
    await until(() => logged.length > 0);
    expect(store.gone).toHaveLength(5);
    for (const { jobId } of store.gone) {
      expect(store.seen.indexOf(`artifacts ${jobId}`)).toBeGreaterThanOrEqual(0);
      expect(store.seen.indexOf(`artifacts ${jobId}`)).toBeLessThan(
        store.seen.indexOf(`erased ${jobId}`),
      );
    }
    expect([...store.ended.keys()]).toEqual([job(5)]);
    expect(logged).toMatchObject([{ level: 'info', fields: { jobs: 5, retention_days: 30 } }]);
  });

  it('looks at the start and every hour', async () => {
    const began = clock.now();
    start({ days: 0.5 });
    await until(() => store.discards.length === 1);
    store.ended.set(job(1), clock.now());
    await until(() => store.gone.length === 1);
    const looks = store.discards.map(({ now }) => now - began);
    expect(looks[0]).toBe(0);
    for (const [at, look] of looks.slice(1).entries()) {
      const since = look - (looks[at] ?? 0);
      expect(since).toBeGreaterThanOrEqual(HOUR);
      expect(since).toBeLessThan(HOUR + 10 * 60_000);
    }
    expect(looks.length).toBeGreaterThanOrEqual(11);
    await until(() => logged.length === 1);
  });

  it('keeps everything with 0 days, and ends what was begun before', async () => {
    store.ended.set(job(1), 0);
    store.notes.push({ job: job(2), steps: 2 });
    start({ days: 0 });
    await until(() => store.gone.length === 1);
    store.notes.push({ job: job(3), steps: 1 });
    await until(() => store.gone.length === 2);
    expect(store.discards).toEqual([]);
    expect([...store.ended.keys()]).toEqual([job(1)]);
  });

  it('keeps what names a job until its artifacts are gone, and goes on with the others', async () => {
    for (let id = 0; id < 3; id += 1) store.ended.set(job(id), 0);
    stuck.add('job-0');
    start();
    await until(() => store.gone.length === 2);
    expect(store.notes.map((note) => note.job)).toEqual([job(0)]);
    expect(logged.find(({ level }) => level === 'error')).toMatchObject({
      fields: { tenant_id: 'acme', job_id: 'job-0' },
    });
    stuck.clear();
    await until(() => store.gone.length === 3);
  });

  it('waits while the store is away, and comes back soon', async () => {
    store.ended.set(job(1), 0);
    store.away = true;
    start();
    await until(() => logged.length > 0);
    expect(logged[0]?.level).toBe('warn');
    store.away = false;
    const back = clock.now();
    await until(() => store.gone.length === 1);
    expect(clock.now() - back).toBeLessThan(HOUR);
  });

  it('stops between two steps, and takes nothing up after', async () => {
    for (let id = 0; id < 100; id += 1) store.ended.set(job(id), 0);
    const stopping = start();
    await until(() => store.gone.length >= 2);
    await stopping.stop();
    const { length } = store.gone;
    clock.advance(10 * HOUR);
    expect(store.gone).toHaveLength(length);
    expect(length).toBeLessThan(100);
    await stopping.stop();
  });

  it('deletes its own artifacts of what other instances have erased', async () => {
    for (let id = 0; id < 120; id += 1) store.gone.push(job(id));
    start({ shared: true });
    const artifacts = (): number =>
      store.seen.filter((what) => what.startsWith('artifacts')).length;
    await until(() => artifacts() === 120);
    const since = (): number[] =>
      store.seen.filter((what) => what.startsWith('since')).map((what) => Number(what.slice(6)));
    const began = since().length;
    await until(() => since().length > began);
    // Not from the beginning again.
    expect(since().at(-1)).toBeGreaterThan((since()[0] ?? 0) + 6 * DAY);
  });

  it('takes what else expires away, a little at a time, also when jobs are kept for ever', async () => {
    const calls: number[] = [];
    const now = clock.now();
    start({
      days: 0,
      sweeps: [
        (at) => {
          calls.push(at);
          return Promise.resolve(calls.length === 3);
        },
        () => {
          store.seen.push('second');
          return Promise.resolve(true);
        },
      ],
    });
    await until(() => store.seen.includes('second'));
    expect(calls).toEqual([now, now, now]);
  });

  it('takes a sweep up again that the store broke off', async () => {
    let calls = 0;
    start({
      sweeps: [
        () => {
          calls += 1;
          return calls === 1 ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve(true);
        },
      ],
    });
    await until(() => calls === 2);
    expect(logged.map(({ level }) => level)).toEqual(['warn']);
  });
});
