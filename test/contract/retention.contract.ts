import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JobRef } from '../../src/core/job/job-record.js';
import type { CommitRequest } from '../../src/ports/job-journal.js';
import type { JobQuery } from '../../src/ports/job-projections.js';
import { FENCE_MS } from '../../src/ports/retention.js';
import { anyJobQuery } from '../support/job-queries.js';
import { completedNode, StoreJob, T0 } from '../support/store-job.js';
import { StoreModel } from '../support/store-model.js';
import type { StoreContract, StoreUnderTest } from '../support/store-under-test.js';

const NOW = T0 + 1_000_000;
const ALL = { endedBefore: NOW, now: NOW } as const;
const everything: JobQuery = {
  tenantId: 'acme',
  sort: 'created_at',
  limit: 100,
  start: { offset: 0 },
};
const conflict = { status: 'conflict', actualVersion: 0 };
const idempotency = { key: 'k', bodyHash: 'h' };

const idsOf = (jobs: readonly (JobRef | StoreJob)[]): string[] =>
  jobs.map((job) => (job instanceof StoreJob ? job.header.jobId : job.jobId)).sort();

export function retentionContract(contract: StoreContract): void {
  describe(`retention: ${contract.name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    const submit = async (...jobs: StoreJob[]): Promise<void> => {
      await store.journal.commit(jobs.map((job) => job.submit()));
    };
    const end = async (at: number, ...jobs: StoreJob[]): Promise<void> => {
      const records = jobs.map((job) => job.next({ status: 'completed', at }));
      await store.journal.commit(records);
      await store.settled();
    };
    /** Discards as the engine does: to the last page. */
    const discard = async (
      query: { endedBefore: number; now: number; tenantId?: string },
      limit = 100,
    ): Promise<JobRef[]> => {
      const found: JobRef[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.retention.discard({
          ...query,
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(page.jobs.length).toBeLessThanOrEqual(limit);
        found.push(...page.jobs);
        cursor = page.next;
      } while (cursor !== undefined);
      return found;
    };
    const eraseAll = async (now: number): Promise<void> => {
      for (;;) {
        const jobs = await store.retention.discarded(now, 0, 20);
        if (jobs.length === 0) return;
        while (!(await store.retention.erase(jobs, now)));
      }
    };
    const listed = async (): Promise<string[]> => {
      const page = await store.projections.list({ ...everything, limit: 10_000 });
      expect(page.total).toBe(page.jobs.length);
      return page.jobs.map((job) => job.header.jobId).sort();
    };
    const expectGone = async (job: StoreJob): Promise<void> => {
      const { journal, projections } = store;
      const { ref } = job;
      expect(await projections.job(ref)).toBeUndefined();
      expect(await projections.nodes(ref, { after: -1, limit: 10 })).toEqual([]);
      expect(await projections.nodes(ref, { after: -1, limit: 10, status: 'pending' })).toEqual([]);
      expect(await projections.node(ref, 'n0')).toBeUndefined();
      expect(await journal.read(ref, 0, 1_000)).toEqual([]);
      expect(await journal.read(ref, 1, 1_000)).toEqual([]);
      expect(await journal.readDefinition(ref, 0, 10)).toEqual([]);
      expect(await listed()).not.toContain(job.header.jobId);
    };

    it('discards what ended before a time, and nothing else', async () => {
      const [early, late, running, queued] = [
        new StoreJob(),
        new StoreJob(),
        new StoreJob(),
        new StoreJob(),
      ];
      await submit(early, late, running, queued);
      await store.journal.commit([running.next({ status: 'running', at: T0 + 1 })]);
      await end(T0 + 10, early);
      await end(T0 + 20, late);
      expect(await discard({ endedBefore: T0 + 10, now: NOW })).toEqual([]);
      expect(await discard({ endedBefore: T0 + 20, now: NOW })).toEqual([early.ref]);
      expect(await discard({ endedBefore: T0 + 20, now: NOW })).toEqual([]);
      expect(await listed()).toEqual(idsOf([late, running, queued]));
      expect(await discard(ALL)).toEqual([late.ref]);
      expect(await listed()).toEqual(idsOf([running, queued]));
      expect(idsOf(await store.projections.unfinished(undefined, 10))).toEqual(
        idsOf([running, queued]),
      );
    });

    it('leaves nothing of a job to be seen, before it is erased, after, and after a restart', async () => {
      const small = new StoreJob();
      const large = new StoreJob({ nodeCount: 700 });
      await store.journal.commit([small.submit({ idempotency })]);
      for (const chunk of large.chunks(250)) await store.journal.stage(large.ref, chunk);
      await store.journal.commit([large.submit({ chunks: [] })]);
      for (let at = 0; at < 700; at += 50) {
        const nodes = Array.from({ length: 50 }, (_, step) => completedNode(at + step));
        await store.journal.commit([large.next({ status: 'running', nodes })]);
      }
      await store.journal.commit([small.next({ status: 'running', nodes: [completedNode(0)] })]);
      await end(T0 + 10, small, large);
      // Whoever has read it before may know more of it than is there.
      expect(await store.journal.readDefinition(large.ref, 0, 1)).not.toEqual([]);
      expect(idsOf(await discard(ALL))).toEqual(idsOf([small, large]));
      const check = async (): Promise<void> => {
        for (const job of [small, large]) await expectGone(job);
        expect(await store.journal.findClaim('acme', 'alice', 'k')).toBeUndefined();
      };
      await check();
      while (!(await store.retention.erase([small.ref, large.ref], NOW))) await check();
      await check();
      expect(await store.retention.discarded(NOW, 0, 10)).toEqual([]);
      store = await contract.reopen();
      await check();
      await eraseAll(NOW + FENCE_MS);
      expect(await store.retention.discarded(NOW + 2 * FENCE_MS, 0, 10)).toEqual([]);
      await check();
    });

    it('is taken up again after a crash at any point', async () => {
      const jobs = Array.from({ length: 5 }, () => new StoreJob({ nodeCount: 600 }));
      await submit(...jobs);
      for (let round = 0; round < 150; round += 1) {
        await store.journal.commit(jobs.map((job) => job.next({ status: 'running' })));
      }
      await end(T0 + 10, ...jobs);
      expect(idsOf(await discard(ALL))).toEqual(idsOf(jobs));
      for (let crash = 0; crash < 10; crash += 1) {
        store = await contract.reopen();
        const left = await store.retention.discarded(NOW, 0, 10);
        expect(idsOf(jobs)).toEqual(expect.arrayContaining(idsOf(left)));
        await store.retention.erase(left, NOW);
        for (const job of jobs) await expectGone(job);
      }
      await eraseAll(NOW);
      expect(await store.retention.discarded(NOW, 0, 10)).toEqual([]);
    });

    it('names what is discarded until it is erased, passing over what it is told to', async () => {
      const jobs = Array.from({ length: 5 }, () => new StoreJob());
      await submit(...jobs);
      await end(T0 + 10, ...jobs);
      await discard(ALL, 2);
      const all = await store.retention.discarded(NOW, 0, 10);
      expect(idsOf(all)).toEqual(idsOf(jobs));
      expect(await store.retention.discarded(NOW, 2, 2)).toEqual(all.slice(2, 4));
      while (!(await store.retention.erase(all.slice(0, 3), NOW)));
      expect(await store.retention.discarded(NOW, 0, 10)).toEqual(all.slice(3));
    });

    it('names what was erased, page by page, for as long as it is remembered', async () => {
      const jobs = Array.from({ length: 5 }, () => new StoreJob());
      await submit(...jobs);
      await end(T0 + 10, ...jobs);
      await discard(ALL);
      expect(await store.retention.erased(0, 10)).toEqual({ jobs: [] });
      for (const [at, job] of jobs.entries()) {
        while (!(await store.retention.erase([job.ref], NOW + at)));
      }
      const refs = jobs.map(({ ref }) => ref);
      expect(await store.retention.erased(NOW, 10)).toEqual({ jobs: refs });
      expect(await store.retention.erased(NOW + 3, 10)).toEqual({ jobs: refs.slice(3) });
      const first = await store.retention.erased(NOW + 1, 2);
      expect(first.jobs).toEqual(refs.slice(1, 3));
      const second = await store.retention.erased(NOW + 1, 2, first.next);
      expect(second.jobs).toEqual(refs.slice(3));
      expect((await store.retention.erased(NOW + 1, 2, second.next)).jobs).toEqual([]);
    });

    it('keeps to a tenant', async () => {
      const [ours, theirs] = [new StoreJob(), new StoreJob({ tenantId: 'globex' })];
      await submit(ours, theirs);
      await end(T0 + 10, ours, theirs);
      expect(await discard({ ...ALL, tenantId: 'initech' })).toEqual([]);
      expect(await discard({ ...ALL, tenantId: 'globex' })).toEqual([theirs.ref]);
      expect(await listed()).toEqual(idsOf([ours]));
      expect(await discard(ALL)).toEqual([ours.ref]);
    });

    it('erases no job that was not discarded', async () => {
      const [queued, ended] = [new StoreJob(), new StoreJob()];
      await submit(queued, ended);
      await end(T0 + 10, ended);
      const nobody = { tenantId: 'nobody', jobId: 'nothing' };
      expect(await store.retention.erase([queued.ref, ended.ref, nobody], NOW)).toBe(true);
      for (const job of [queued, ended]) {
        expect((await store.projections.job(job.ref))?.progress).toEqual(job.progress);
        expect(await store.journal.readDefinition(job.ref, 0, 1)).toHaveLength(1);
      }
    });

    it('frees the idempotency key for another job', async () => {
      const [first, second] = [new StoreJob(), new StoreJob()];
      await store.journal.commit([first.submit({ idempotency })]);
      await end(T0 + 10, first);
      const again = second.submit({ idempotency });
      expect((await store.journal.commit([again]))[0]?.status).toBe('duplicate_key');
      await discard(ALL);
      expect(await store.journal.findClaim('acme', 'alice', 'k')).toBeUndefined();
      expect(await store.journal.commit([again])).toEqual([{ status: 'committed', version: 1 }]);
      const claim = { jobId: second.header.jobId, bodyHash: 'h' };
      expect(await store.journal.findClaim('acme', 'alice', 'k')).toEqual(claim);
      await eraseAll(NOW);
      expect(await store.journal.findClaim('acme', 'alice', 'k')).toEqual(claim);
    });

    it('refuses every late commit of whoever once drove the job, and its creation', async () => {
      const job = new StoreJob();
      const creation = job.submit({ idempotency });
      const records = [creation];
      for (let at = 0; at < 4; at += 1) records.push(job.next({ status: 'running' }));
      records.push(job.next({ status: 'completed', at: T0 + 10 }));
      const beyond = job.next({ status: 'completed' });
      for (const record of records) await store.journal.commit([record]);
      await store.settled();
      await discard(ALL);
      const check = async (): Promise<void> => {
        for (const record of [...records, beyond]) {
          for (const commitId of [record.commitId, `late ${record.commitId}`]) {
            expect(await store.journal.commit([{ ...record, commitId }])).toEqual([conflict]);
          }
        }
        await store.settled();
        await expectGone(job);
      };
      await check();
      await eraseAll(NOW);
      await check();
      store = await contract.reopen();
      await check();
      expect(await store.journal.findClaim('acme', 'alice', 'k')).toBeUndefined();
    });

    it('leaves pages of lists and of unfinished jobs where they were', async () => {
      const jobs = Array.from({ length: 9 }, (_, at) => new StoreJob({ createdAt: T0 + at }));
      await submit(...jobs);
      await store.settled();
      const ascending = await store.projections.list({ ...everything, limit: 5 });
      const descending = await store.projections.list({
        ...everything,
        sort: '-created_at',
        limit: 4,
      });
      const [, , after] = await store.projections.unfinished(undefined, 3);
      const gone = jobs.filter((_, at) => [2, 4, 5, 8].includes(at));
      await end(T0 + 10, ...gone);
      await discard(ALL);
      await eraseAll(NOW);
      store = await contract.reopen();
      const next = new StoreJob({ createdAt: T0 + 20 });
      await submit(next);
      await store.settled();
      const rest = async (query: JobQuery, cursor = ''): Promise<number[]> => {
        const page = await store.projections.list({ ...query, limit: 100, start: { cursor } });
        expect(page.total).toBe(6);
        return page.jobs.map(({ header }) =>
          [...jobs, next].findIndex((job) => job.header.jobId === header.jobId),
        );
      };
      expect(await rest(everything, ascending.next)).toEqual([6, 7, 9]);
      expect(await rest({ ...everything, sort: '-created_at' }, descending.next)).toEqual([
        3, 1, 0,
      ]);
      expect(after?.jobId).toBe(jobs[2]?.header.jobId);
      const left = await store.projections.unfinished(after, 10);
      expect(left.map(({ jobId }) => jobId)).toEqual(
        [jobs[3], jobs[6], jobs[7], next].map((job) => job?.header.jobId),
      );
    });

    it('answers every list as a plain model does, while jobs come, end and go', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          await contract.destroy();
          store = await contract.create();
          await liveThrough(seed);
        }),
        { numRuns: 2 },
      );
    }, 120_000);

    /** 40 rounds in which jobs are created, move, end, are discarded, erased, and looked for. */
    async function liveThrough(seed: number): Promise<void> {
      const random = mulberry32(seed);
      const oneIn = (n: number): boolean => random() * n < 1;
      const pick = <T>(values: readonly T[]): T =>
        values[Math.floor(random() * values.length)] as T;
      const model = new StoreModel();
      let jobs: StoreJob[] = [];
      const gone: { readonly job: StoreJob; readonly record: CommitRequest }[] = [];
      const commit = async (batch: CommitRequest[]): Promise<void> => {
        const results = await store.journal.commit(batch);
        expect(results).toEqual(batch.map((record) => model.commit(record)));
      };
      const queries = fc.sample(anyJobQuery, { seed, numRuns: 40 * 4 });
      for (let round = 0; round < 40; round += 1) {
        const now = T0 + round * 400;
        const created = Array.from({ length: Math.floor(random() * 60) }, (_, at) => {
          return new StoreJob({
            tenantId: oneIn(8) ? 'globex' : 'acme',
            owner: pick(['alice', 'alice', 'bob']),
            name: oneIn(3) ? 'nightly' : `pr-${Math.floor(random() * 50)}`,
            labels: { ...(oneIn(2) ? { team: 'web' } : {}), shard: pick(['1', '2', '3']) },
            types: oneIn(6) ? ['noop', 'shell'] : ['noop'],
            priority: Math.ceil(random() * 5),
            createdAt: now + at - (oneIn(20) ? 700 : 0),
          });
        });
        await commit(
          created.map((job) =>
            oneIn(3)
              ? job.submit({ idempotency: { key: job.header.jobId, bodyHash: 'h' } })
              : job.submit(),
          ),
        );
        jobs.push(...created);
        const moving = jobs.filter((job) => !isOver(job) && oneIn(3));
        await commit(moving.map((job) => job.next({ status: 'running', at: now + 100 })));
        const ending = moving.filter(() => oneIn(2));
        await commit(
          ending.map((job) =>
            job.next({
              status: pick(['completed', 'failed', 'cancelled'] as const),
              at: now + 200,
            }),
          ),
        );
        await store.settled();
        if (oneIn(2)) {
          const endedBefore = now - Math.floor(random() * 3_000);
          const tenantId = oneIn(3) ? pick(['acme', 'globex']) : undefined;
          const query = { endedBefore, now, ...(tenantId === undefined ? {} : { tenantId }) };
          const found = idsOf(await discard(query, pick([1, 7, 100])));
          expect(found).toEqual(idsOf(model.discard(endedBefore, tenantId)));
          const out = new Set(found);
          for (const job of jobs) {
            if (!out.has(job.header.jobId)) continue;
            const version = job.progress.version - 1;
            gone.push({ job, record: { ...job.next(), expectedVersion: version } });
          }
          jobs = jobs.filter((job) => !out.has(job.header.jobId));
        }
        if (oneIn(3)) await eraseAll(now);
        if (oneIn(8)) store = await contract.reopen();
        if (gone.length > 0) await commit([pick(gone).record]);
        await store.settled();
        for (const query of queries.splice(0, 4)) await expectAsModel(model, query);
        const unfinished = await store.projections.unfinished(undefined, 10_000);
        expect(idsOf(unfinished)).toEqual(idsOf(jobs.filter((job) => !isOver(job))));
      }
      for (const { job } of gone.slice(0, 20)) await expectGone(job);
    }

    async function expectAsModel(model: StoreModel, query: JobQuery): Promise<void> {
      const expected = model.list(query);
      const offset = 'offset' in query.start ? query.start.offset : 0;
      const page = await store.projections.list(query);
      expect(page.total).toBe(expected.length);
      const shown = expected.slice(offset, offset + query.limit);
      expect(page.jobs).toEqual(shown.map(({ header, progress }) => ({ header, progress })));
      expect(page.next === undefined).toBe(offset + query.limit >= expected.length);
      if (page.next === undefined) return;
      const next = await store.projections.list({ ...query, start: { cursor: page.next } });
      expect(next.jobs.map(({ header }) => header.jobId)).toEqual(
        expected
          .slice(offset + query.limit, offset + 2 * query.limit)
          .map(({ header }) => header.jobId),
      );
    }
  });
}

function isOver(job: StoreJob): boolean {
  return ['completed', 'failed', 'cancelled'].includes(job.progress.status);
}

/** A small generator of random numbers in [0, 1) that a seed repeats. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
