import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DefinitionChunk, JobRef } from '../../src/core/job/job-record.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import { StoreJob, T0, completedNode, runningNode } from '../support/store-job.js';
import type { StoreContract, StoreUnderTest } from '../support/store-under-test.js';

async function wholeDefinition(
  journal: JobJournal,
  ref: JobRef,
): Promise<DefinitionChunk['nodes']> {
  const nodes: DefinitionChunk['nodes'][number][] = [];
  for (;;) {
    const [chunk] = await journal.readDefinition(ref, nodes.length, 1);
    if (chunk === undefined) return nodes;
    nodes.push(...chunk.nodes.slice(nodes.length - chunk.first));
  }
}

export function jobJournalContract(contract: StoreContract): void {
  describe(`job journal: ${contract.name}`, () => {
    let store: StoreUnderTest;
    let journal: JobJournal;
    beforeEach(async () => {
      store = await contract.create();
      ({ journal } = store);
    });
    afterEach(() => contract.destroy());

    const reopen = async (): Promise<void> => {
      store = await contract.reopen();
      ({ journal } = store);
    };

    it('creates a job and appends to it, version by version', async () => {
      const job = new StoreJob();
      expect(await journal.commit([job.submit()])).toEqual([{ status: 'committed', version: 1 }]);
      expect(await journal.commit([job.next()])).toEqual([{ status: 'committed', version: 2 }]);
      expect(await journal.commit([job.next()])).toEqual([{ status: 'committed', version: 3 }]);
    });

    it('answers nothing for no records', async () => {
      expect(await journal.commit([])).toEqual([]);
    });

    it('gives back events as they were, without fields that were absent', async () => {
      const job = new StoreJob();
      await journal.commit([job.submit({ at: T0 })]);
      const events = [
        { type: 'node_started', node: 'n"0\u0001é', attempt: 1 },
        { type: 'node_completed', node: 'n0', output: { deep: [null, 1.5, 'x'] } },
        { type: 'node_completed', node: 'n1', output: null },
        { type: 'node_completed', node: 'n2' },
      ] as const;
      await journal.commit([job.next({ events, at: T0 + 7 })]);
      const records = await journal.read(job.ref, 0, 10);
      expect(records).toStrictEqual([
        { version: 1, at: T0, events: [{ type: 'job_submitted', by: 'alice', nodes: 3 }] },
        { version: 2, at: T0 + 7, events },
      ]);
    });

    it('reads after a version, oldest first, at most as many as asked for', async () => {
      const job = new StoreJob();
      await journal.commit([job.submit()]);
      for (let commit = 0; commit < 5; commit += 1) await journal.commit([job.next()]);
      const versions = async (after: number, limit: number): Promise<number[]> =>
        (await journal.read(job.ref, after, limit)).map((record) => record.version);
      expect(await versions(0, 3)).toEqual([1, 2, 3]);
      expect(await versions(3, 10)).toEqual([4, 5, 6]);
      expect(await versions(6, 10)).toEqual([]);
      expect(await journal.read({ tenantId: 'acme', jobId: 'nobody' }, 0, 10)).toEqual([]);
    });

    it('refuses a record whose version is taken, and says which is the last', async () => {
      const job = new StoreJob();
      await journal.commit([job.submit()]);
      const stale = job.next();
      await journal.commit([{ ...stale, commitId: 'the other owner' }]);
      expect(await journal.commit([stale])).toEqual([{ status: 'conflict', actualVersion: 2 }]);
      expect(await journal.read(job.ref, 0, 10)).toHaveLength(2);
    });

    it('refuses a record ahead of its job and one of a job that is not there', async () => {
      const job = new StoreJob();
      await journal.commit([job.submit()]);
      job.next();
      expect(await journal.commit([job.next()])).toEqual([
        { status: 'conflict', actualVersion: 1 },
      ]);
      const ghost = new StoreJob();
      ghost.submit();
      expect(await journal.commit([ghost.next()])).toEqual([
        { status: 'conflict', actualVersion: 0 },
      ]);
    });

    it('refuses to create a job twice', async () => {
      const job = new StoreJob();
      await journal.commit([job.submit()]);
      const again = new StoreJob({ jobId: job.header.jobId, name: 'another' });
      expect(await journal.commit([again.submit()])).toEqual([
        { status: 'conflict', actualVersion: 1 },
      ]);
      await store.settled();
      expect((await store.projections.job(job.ref))?.header.name).toBe('nightly');
    });

    it('answers committed again for the same record, once more and long after', async () => {
      const job = new StoreJob();
      const first = job.submit({ idempotency: { key: 'k', bodyHash: 'h' } });
      const second = job.next({ nodes: [runningNode(0)] });
      await journal.commit([first, second]);
      await journal.commit([job.next({ status: 'completed' })]);
      for (let round = 0; round < 2; round += 1) {
        expect(await journal.commit([first, second])).toEqual([
          { status: 'committed', version: 1 },
          { status: 'committed', version: 2 },
        ]);
        await reopen();
      }
      expect(await journal.read(job.ref, 0, 10)).toHaveLength(3);
    });

    it('judges each record of a batch by itself, in order', async () => {
      const good = new StoreJob();
      const twice = new StoreJob();
      await journal.commit([twice.submit()]);
      const stale = new StoreJob({ jobId: twice.header.jobId });
      const last = new StoreJob();
      expect(
        await journal.commit([good.submit(), stale.submit(), good.next(), last.submit()]),
      ).toEqual([
        { status: 'committed', version: 1 },
        { status: 'conflict', actualVersion: 1 },
        { status: 'committed', version: 2 },
        { status: 'committed', version: 1 },
      ]);
    });

    it('gives a key to one job of an owner; a second claim writes nothing', async () => {
      const idempotency = { key: 'deploy-7', bodyHash: 'hash-1' };
      const first = new StoreJob();
      const second = new StoreJob();
      await journal.commit([first.submit({ idempotency })]);
      expect(
        await journal.commit([second.submit({ idempotency: { key: 'deploy-7', bodyHash: 'x' } })]),
      ).toEqual([{ status: 'duplicate_key', jobId: first.header.jobId, bodyHash: 'hash-1' }]);
      await store.settled();
      expect(await store.projections.job(second.ref)).toBeUndefined();
      expect(await journal.read(second.ref, 0, 1)).toEqual([]);
      expect(await journal.readDefinition(second.ref, 0, 1)).toEqual([]);
    });

    it('gives a key to the first of two jobs of one batch', async () => {
      const idempotency = { key: 'k', bodyHash: 'h' };
      const [first, second] = [new StoreJob(), new StoreJob()];
      expect(
        await journal.commit([first.submit({ idempotency }), second.submit({ idempotency })]),
      ).toEqual([
        { status: 'committed', version: 1 },
        { status: 'duplicate_key', jobId: first.header.jobId, bodyHash: 'h' },
      ]);
    });

    it('keeps the keys of owners and tenants apart', async () => {
      const idempotency = { key: 'k', bodyHash: 'h' };
      const mine = new StoreJob();
      const results = await journal.commit(
        [mine, new StoreJob({ owner: 'bob' }), new StoreJob({ tenantId: 'globex' })].map((job) =>
          job.submit({ idempotency }),
        ),
      );
      expect(results.map((result) => result.status)).toEqual(Array(3).fill('committed'));
      expect(await journal.findClaim('acme', 'alice', 'k')).toEqual({
        jobId: mine.header.jobId,
        bodyHash: 'h',
      });
      expect(await journal.findClaim('acme', 'carol', 'k')).toBeUndefined();
      expect(await journal.findClaim('initech', 'alice', 'k')).toBeUndefined();
      expect(await journal.findClaim('acme', 'alice', 'other')).toBeUndefined();
    });

    it('keeps a definition given in one chunk or several', async () => {
      for (const size of [100, 3, 1]) {
        const job = new StoreJob({ nodeCount: 10 });
        await journal.commit([job.submit({ chunks: job.chunks(size) })]);
        expect(await wholeDefinition(journal, job.ref)).toStrictEqual(job.definition);
        for (const first of [0, 4, 9]) {
          const chunks = await journal.readDefinition(job.ref, first, 3);
          const [head] = chunks;
          expect(head?.nodes[first - head.first]).toStrictEqual(job.definition[first]);
          expect(chunks.length).toBeLessThanOrEqual(3);
        }
        expect(await journal.readDefinition(job.ref, 10, 5)).toEqual([]);
      }
    });

    it('hides what is staged until the job is created, and then shows it', async () => {
      const job = new StoreJob({ nodeCount: 10 });
      const [first, second, ...rest] = job.chunks(3);
      if (first === undefined || second === undefined) throw new Error('too few chunks');
      await journal.stage(job.ref, { first: 0, nodes: [{ id: 'draft', type: 'noop' }] });
      await journal.stage(job.ref, first);
      await journal.stage(job.ref, second);
      expect(await journal.readDefinition(job.ref, 0, 10)).toEqual([]);
      expect(await store.projections.job(job.ref)).toBeUndefined();
      await journal.commit([job.submit({ chunks: rest })]);
      await store.settled();
      expect(await wholeDefinition(journal, job.ref)).toStrictEqual(job.definition);
      expect((await store.projections.node(job.ref, 'n9'))?.index).toBe(9);
    });

    it('sweeps what was staged for jobs that never were, and no more', async () => {
      const kept = new StoreJob({ nodeCount: 6 });
      const dropped = new StoreJob({ nodeCount: 6 });
      for (const chunk of kept.chunks(2)) await journal.stage(kept.ref, chunk);
      for (const chunk of dropped.chunks(3)) await journal.stage(dropped.ref, chunk);
      await journal.commit([kept.submit({ chunks: [] })]);
      await reopen();
      await journal.sweepStaged();
      expect(await wholeDefinition(journal, kept.ref)).toStrictEqual(kept.definition);
      await journal.stage(dropped.ref, { first: 0, nodes: dropped.definition.slice(0, 1) });
      await journal.commit([
        dropped.submit({ chunks: [{ first: 1, nodes: dropped.definition.slice(1) }] }),
      ]);
      expect(await wholeDefinition(journal, dropped.ref)).toStrictEqual(dropped.definition);
    });

    it('keeps tenants apart, also under one job id', async () => {
      const ours = new StoreJob({ jobId: 'same', nodeCount: 2 });
      const theirs = new StoreJob({ jobId: 'same', tenantId: 'globex', nodeCount: 4 });
      await journal.commit([ours.submit(), theirs.submit(), theirs.next()]);
      expect(await journal.read(ours.ref, 0, 10)).toHaveLength(1);
      expect(await journal.read(theirs.ref, 0, 10)).toHaveLength(2);
      expect(await wholeDefinition(journal, ours.ref)).toHaveLength(2);
      expect(await wholeDefinition(journal, theirs.ref)).toHaveLength(4);
      expect(await journal.read({ tenantId: 'initech', jobId: 'same' }, 0, 10)).toEqual([]);
    });

    it('has everything that was answered after a restart', async () => {
      const idempotency = { key: 'k', bodyHash: 'h' };
      const job = new StoreJob({ nodeCount: 700 });
      await journal.commit([job.submit({ idempotency, chunks: job.chunks(100) })]);
      for (let index = 0; index < 600; index += 20) {
        const nodes = Array.from({ length: 20 }, (_, step) => completedNode(index + step));
        await journal.commit([job.next({ status: 'running', nodes })]);
      }
      await reopen();
      expect(await journal.findClaim('acme', 'alice', 'k')).toBeDefined();
      expect(await journal.read(job.ref, 0, 100)).toHaveLength(31);
      expect(await wholeDefinition(journal, job.ref)).toHaveLength(700);
      expect(await journal.commit([job.next()])).toEqual([{ status: 'committed', version: 32 }]);
      await store.settled();
      const nodes = await store.projections.nodes(job.ref, { after: -1, limit: 700 });
      expect(nodes.filter((node) => node.state !== undefined)).toHaveLength(600);
    });
  });
}
