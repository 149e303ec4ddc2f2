import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSchedule } from '../../src/core/schedule/schedule.fixture.js';
import type { Schedule } from '../../src/core/schedule/schedule.js';
import type { NodeProjection } from '../../src/core/job/job-record.js';
import type { DeadLetter } from '../../src/ports/dead-letters.js';
import type { CommitRequest } from '../../src/ports/job-journal.js';
import type { StoredJob, StoredRecord } from '../../src/ports/store-contents.js';
import { StoreIncomplete } from '../../src/ports/store-errors.js';
import { failing } from '../support/dead-letters.js';
import { StoreJob, T0, completedNode, runningNode } from '../support/store-job.js';
import type { StoreContract, StoreUnderTest } from '../support/store-under-test.js';

const NOBODY = { tenantId: 'acme', jobId: 'nobody' };

export function storeContentsContract(contract: StoreContract): void {
  describe(`store contents: ${contract.name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    const commit = async (...records: CommitRequest[]): Promise<void> => {
      for (const { status } of await store.journal.commit(records))
        expect(status).toBe('committed');
    };
    const allJobs = async (limit: number): Promise<StoredJob[]> => {
      await store.settled();
      const jobs: StoredJob[] = [];
      for (;;) {
        const page = await store.contents.jobs(jobs.at(-1)?.place, limit);
        expect(page.length).toBeLessThanOrEqual(limit);
        if (page.length === 0) return jobs;
        jobs.push(...page);
      }
    };
    const allRecords = async (job: StoreJob, limit: number): Promise<StoredRecord[]> => {
      const records: StoredRecord[] = [];
      for (;;) {
        const page = await store.contents.records(job.ref, records.length, limit);
        records.push(...page.records);
        if (page.end) return records;
        expect(page.records).not.toEqual([]);
      }
    };

    it('are nothing in an empty store', async () => {
      const { contents } = store;
      expect(await contents.jobs(undefined, 10)).toEqual([]);
      expect(await contents.versions([NOBODY])).toEqual([0]);
      expect(await contents.records(NOBODY, 0, 10)).toEqual({ records: [], end: true });
      expect(await contents.states(NOBODY, 0, 10)).toEqual([]);
      expect(await contents.testCases(undefined, 10)).toEqual([]);
      expect(await contents.templates(undefined, 10)).toEqual([]);
      expect(await contents.deadLetters(undefined, 10)).toEqual([]);
      expect(await contents.tokens(undefined, 10)).toEqual([]);
      expect(await contents.size()).toEqual({ jobs: 0, records: 0 });
    });

    it('list jobs of all tenants in order of creation, finished or not', async () => {
      const statuses = ['completed', 'running', 'failed', 'queued', 'cancelled'] as const;
      const jobs = Array.from(
        { length: 11 },
        (_, at) =>
          new StoreJob({
            tenantId: at % 3 === 0 ? 'zoo' : 'acme',
            createdAt: T0 + Math.floor(at / 2),
            status: statuses[at % 5] ?? 'queued',
          }),
      );
      for (const job of jobs) await commit(job.submit());
      const [first = new StoreJob()] = jobs;
      await commit(first.next());
      const expected = jobs.map(({ ref, progress }) => ({
        ...ref,
        status: progress.status,
        version: progress.version,
      }));
      for (const limit of [1, 4, 100]) expect(await allJobs(limit)).toMatchObject(expected);
      expect(await store.contents.size()).toEqual({ jobs: 11, records: 12 });
      expect(
        await store.contents.versions([...jobs.slice(0, 2).map(({ ref }) => ref), NOBODY]),
      ).toEqual([2, 1, 0]);
    });

    it('keep jobs of one id apart by their tenants', async () => {
      const ours = new StoreJob({ jobId: 'same', tenantId: 'acme' });
      const theirs = new StoreJob({ jobId: 'same', tenantId: 'zoo', name: 'theirs' });
      await commit(ours.submit(), theirs.submit());
      await commit(theirs.next());
      expect(await store.contents.versions([ours.ref, theirs.ref])).toEqual([1, 2]);
      const [record] = await allRecords(theirs, 10);
      expect(record?.creation?.header).toEqual(theirs.header);
    });

    it('give whole records, to be committed again as they are', async () => {
      const job = new StoreJob({ description: 'of many parts', inputs: { a: [1, null] } });
      const submit = job.submit({ idempotency: { key: 'k"1', bodyHash: 'hash' } });
      const failed: NodeProjection = {
        index: 1,
        status: 'failed',
        attempt: 2,
        error: { class: 'exit_code', code: 'process_exit', message: 'exit 1', details: { at: 7 } },
        history: [{ attempt: 1, status: 'failed', started_at: T0, finished_at: T0 + 1 }],
      };
      const next = job.next({
        status: 'running',
        nodes: [completedNode(0), failed],
        events: [{ type: 'node_completed', node: 'n0', output: { $set: '.' } }],
        intents: [{ type: 'dispatch', node: 'n2', attempt: 1 }],
        reason: 'because',
        at: T0 + 77,
      });
      await commit(submit);
      await commit(next);
      const records = await allRecords(job, 10);
      const given = records.map(({ size, version, ...record }) => {
        expect(size).toBeGreaterThan(20);
        return {
          ...record,
          ...job.ref,
          expectedVersion: version - 1,
        };
      });
      const { chunks, ...creation } = submit.creation ?? { chunks: [] };
      expect(chunks).toHaveLength(1);
      expect(given).toStrictEqual([{ ...submit, creation }, next]);
    });

    it('give the records of a long job in pages', async () => {
      const job = new StoreJob();
      await commit(job.submit());
      for (let at = 0; at < 24; at += 1) await commit(job.next());
      for (const limit of [1, 5, 25, 100]) {
        const versions = (await allRecords(job, limit)).map(({ version }) => version);
        expect(versions).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
      }
    });

    it('give fewer records at once where they are large', async () => {
      const job = new StoreJob({ nodeCount: 40 });
      await commit(job.submit());
      const output = 'x'.repeat(200_000);
      for (let index = 0; index < 12; index += 1) {
        await commit(job.next({ nodes: [{ ...completedNode(index), output }] }));
      }
      const { records, end } = await store.contents.records(job.ref, 1, 100);
      expect(end).toBe(false);
      expect(records.length).toBeGreaterThan(0);
      expect(records.length).toBeLessThan(8);
      expect((await allRecords(job, 100)).map(({ nodes }) => nodes[0]?.output)).toEqual([
        undefined,
        ...Array<string>(12).fill(output),
      ]);
    });

    it('give a record that is larger than any page', async () => {
      const job = new StoreJob({ nodeCount: 12 });
      await commit(job.submit());
      const output = 'y'.repeat(1_000_000);
      const nodes = Array.from({ length: 12 }, (_, at) => ({ ...completedNode(at), output }));
      await commit(job.next({ nodes }));
      await commit(job.next());
      const records = await allRecords(job, 50);
      expect(records.map((record) => record.nodes.length)).toEqual([0, 12, 0]);
      expect(records[1]?.nodes).toEqual(nodes);
    });

    it.each([3, 700])(
      'give the states of a job of %i nodes, outputs included',
      async (nodeCount) => {
        const job = new StoreJob({ nodeCount });
        await commit(job.submit({ chunks: job.chunks(250) }));
        for (let at = 0; at < nodeCount; at += 2) {
          if (at % 100 === 0)
            await commit(job.next({ nodes: [runningNode(at), completedNode(1)] }));
          else if (at % 10 === 0) await commit(job.next({ nodes: [completedNode(at)] }));
        }
        await store.settled();
        const expected = (first: number, end: number): unknown[] =>
          Array.from({ length: nodeCount }, (_, index) => job.state(index)).filter(
            (node) => node !== undefined && node.index >= first && node.index < end,
          );
        for (const [first, end] of [
          [0, nodeCount],
          [1, 2],
          [100, 350],
          [350, 351],
        ] as const) {
          expect(await store.contents.states(job.ref, first, end)).toEqual(expected(first, end));
        }
      },
    );

    it('list test cases of all tenants, each once', async () => {
      const put = (tenantId: string, name: string): Promise<unknown> =>
        store.catalogue.put(tenantId, { name, command: 'x', updatedAt: T0, updatedBy: 'alice' });
      const names = ['b', 'a', 'é', 'a"b', 'Z'];
      for (const name of names) {
        await put('acme', name);
        await put('zoo', name);
      }
      await put('acme', 'a');
      const found: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.contents.testCases(after, 3);
        if (page.length === 0) break;
        after = page.at(-1)?.place;
        found.push(...page.map(({ tenantId, testCase }) => `${tenantId} ${testCase.name}`));
      }
      expect(found.sort()).toEqual(
        ['acme', 'zoo'].flatMap((tenant) => names.map((name) => `${tenant} ${name}`)).sort(),
      );
    });

    it('list the names of templates of all tenants, archived or not, each once', async () => {
      const names = ['b', 'a', 'é', 'a"b'];
      for (const name of names) {
        const revision = { name, nodeCount: 1, createdAt: T0, createdBy: 'alice', content: '{}' };
        for (const hash of ['1', '2']) await store.templates.put('acme', { ...revision, hash });
        await store.templates.put('zoo', { ...revision, hash: '1' });
      }
      await store.templates.archive('zoo', 'a', true);
      const found: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.contents.templates(after, 3);
        if (page.length === 0) break;
        after = page.at(-1)?.place;
        found.push(...page.map(({ tenantId, name }) => `${tenantId} ${name}`));
      }
      expect(found.sort()).toEqual(
        ['acme', 'zoo'].flatMap((tenant) => names.map((name) => `${tenant} ${name}`)).sort(),
      );
    });

    it('list dead letters of all tenants, whole, each once', async () => {
      const jobs = ['acme', 'zoo'].map((tenantId) => new StoreJob({ tenantId, nodeCount: 5 }));
      const config = { script: 'exit 1' };
      await commit(...jobs.map((job) => job.submit(failing([0, 1, 2, 3, 4], { config }))));
      await store.settled();
      const found: DeadLetter[] = [];
      for (;;) {
        const page = await store.contents.deadLetters(found.at(-1)?.id, 3);
        if (page.length === 0) break;
        found.push(...page);
      }
      expect(found.map(({ tenantId, nodeId }) => `${tenantId} ${nodeId}`).sort()).toEqual(
        ['acme', 'zoo'].flatMap((tenant) => [0, 1, 2, 3, 4].map((node) => `${tenant} n${node}`)),
      );
      const [first] = found;
      expect(first).toMatchObject({ config });
      expect(await store.deadLetters.get(first?.tenantId ?? '', first?.id ?? '')).toEqual(first);
      await store.deadLetters.delete(first?.tenantId ?? '', [first?.id ?? '']);
      expect(await store.contents.deadLetters(undefined, 99)).toHaveLength(9);
    });

    it('list schedules of all tenants and owners, each once, as they are', async () => {
      const made = ['b', 'a', 'é', 'a"b'].flatMap((name) =>
        ['acme', 'zoo'].map((tenantId) => ({ ...aSchedule(), tenantId, name, version: 3 })),
      );
      for (const schedule of made) await store.schedules.create(schedule);
      const found: Schedule[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.contents.schedules(after, 3);
        if (page.length === 0) break;
        after = page.at(-1)?.place;
        found.push(...page.map(({ schedule }) => schedule));
      }
      expect(found).toHaveLength(made.length);
      expect(found).toEqual(expect.arrayContaining(made));
    });

    it('list redeemed tokens by their ids', async () => {
      const ids = ['t3', 't1', 'T2', 'ü', 't20'];
      for (const [at, id] of ids.entries()) await store.tokens.redeem(id, T0 + at, T0);
      const first = await store.contents.tokens(undefined, 2);
      const second = await store.contents.tokens(first.at(-1)?.id, 10);
      expect([...first, ...second]).toEqual(
        ['T2', 't1', 't20', 't3', 'ü'].map((id) => ({ id, expiresAt: T0 + ids.indexOf(id) })),
      );
    });

    it('are not opened for driving while another store is being copied into them', async () => {
      expect(await store.arrival.begun()).toBe(false);
      await store.arrival.begin();
      await store.arrival.begin();
      expect(await store.arrival.begun()).toBe(true);
      const refused = Promise.resolve().then(() => contract.reopen());
      await expect(refused).rejects.toThrow(StoreIncomplete);
      store = await contract.reopen({ arriving: true });
      expect(await store.arrival.begun()).toBe(true);
      await store.arrival.complete();
      await store.arrival.complete();
      store = await contract.reopen();
      expect(await store.arrival.begun()).toBe(false);
    });
  });
}
