import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ArtifactRef, ArtifactStore } from '../../src/ports/artifact-store.js';

export interface ArtifactStoreContract {
  readonly name: string;
  /** A store on empty storage. */
  create(): Promise<ArtifactStore>;
  /** Another store on the same storage, as after a restart. */
  reopen(): Promise<ArtifactStore>;
  destroy(): Promise<void>;
}

const ref: ArtifactRef = {
  tenantId: 'acme',
  jobId: 'job-1',
  nodeId: 'suite:Login',
  attempt: 1,
  name: 'output.log',
};
const MiB = 1024 * 1024;

async function put(
  store: ArtifactStore,
  at: ArtifactRef,
  bytes: Uint8Array | string,
  cap = MiB,
): Promise<void> {
  const writer = store.create(at, cap);
  writer.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  await writer.close();
}

async function text(store: ArtifactStore, at: ArtifactRef): Promise<string | undefined> {
  const slice = await store.read(at, 0, MiB);
  return slice && Buffer.from(slice.bytes).toString();
}

export function artifactStoreContract(contract: ArtifactStoreContract): void {
  describe(`artifact store: ${contract.name}`, () => {
    let store: ArtifactStore;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    it('keeps what was written, in order', async () => {
      const writer = store.create(ref, MiB);
      for (let line = 0; line < 2000; line++) writer.write(Buffer.from(`${line}\n`));
      await writer.close();
      expect(await text(store, ref)).toBe(
        Array.from({ length: 2000 }, (_, line) => `${line}\n`).join(''),
      );
    });

    it('loses nothing that is written while an earlier write is ending', async () => {
      const writer = store.create(ref, MiB);
      for (let line = 0; line < 200; line++) {
        writer.write(Buffer.from('x'));
        await writer.drain();
        writer.write(Buffer.from('y'));
        await Promise.resolve();
      }
      await writer.close();
      expect(await text(store, ref)).toBe('xy'.repeat(200));
    });

    it('keeps bytes that are no text, and is not upset when the caller reuses its buffer', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      const writer = store.create(ref, MiB);
      writer.write(bytes);
      bytes.fill(0);
      await writer.close();
      const slice = await store.read(ref, 0, MiB);
      expect(Array.from(slice?.bytes ?? [])).toEqual(Array.from({ length: 256 }, (_, v) => v));
    });

    it('shows what is drained before the writer is closed', async () => {
      const writer = store.create(ref, MiB);
      writer.write(Buffer.from('so far'));
      await writer.drain();
      expect(await text(store, ref)).toBe('so far');
      await writer.close();
    });

    it('reads a part by offset and limit, and says how much there is', async () => {
      await put(store, ref, '0123456789');
      const part = await store.read(ref, 3, 4);
      expect(Buffer.from(part?.bytes ?? []).toString()).toBe('3456');
      expect(part?.size).toBe(10);
      expect((await store.read(ref, 8, 100))?.bytes).toHaveLength(2);
      expect((await store.read(ref, 50, 10))?.bytes).toHaveLength(0);
      expect((await store.read(ref, 0, 0))?.size).toBe(10);
    });

    it('keeps no more than the cap and says in a last line how much is missing', async () => {
      const writer = store.create(ref, 100);
      for (let i = 0; i < 10; i++) writer.write(Buffer.from('0123456789ABCDEF'));
      await writer.close();
      const all = (await text(store, ref)) ?? '';
      expect(all.slice(0, 100)).toBe('0123456789ABCDEF'.repeat(10).slice(0, 100));
      expect(all.slice(100)).toMatch(/60 more bytes were dropped/);
      expect(all.length).toBeLessThan(300);
    });

    it('replaces an artifact, or goes on after it when asked to', async () => {
      await put(store, ref, 'first');
      await put(store, ref, 'second');
      expect(await text(store, ref)).toBe('second');
      const writer = store.create(ref, 10, 'append');
      writer.write(Buffer.from(' and third'));
      await writer.close();
      const all = (await text(store, ref)) ?? '';
      expect(all.startsWith('second and\n')).toBe(true);
      expect(all).toMatch(/6 more bytes were dropped/);
    });

    it('has an empty artifact when nothing was written', async () => {
      await store.create(ref, MiB).close();
      expect(await store.read(ref, 0, 10)).toEqual({ bytes: expect.anything(), size: 0 });
    });

    it('can be closed twice, and drops what is written after', async () => {
      const writer = store.create(ref, MiB);
      writer.write(Buffer.from('a'));
      await Promise.all([writer.close(), writer.close()]);
      writer.write(Buffer.from('b'));
      await writer.close();
      expect(await text(store, ref)).toBe('a');
    });

    it('answers undefined and an empty list where there is nothing', async () => {
      expect(await store.read(ref, 0, 10)).toBeUndefined();
      expect(await store.list(ref)).toEqual([]);
    });

    it('lists the artifacts of one attempt, sorted, by the names they were given', async () => {
      const names = [
        'ünïcode report.xml',
        'b.log',
        'a.log',
        'CON.txt',
        "it's(1)*~.log",
        'x:y.json',
      ];
      for (const name of names) await put(store, { ...ref, name }, name);
      await put(store, { ...ref, attempt: 2, name: 'other.log' }, 'x');
      expect(await store.list(ref)).toEqual([...names].sort());
      for (const name of names) expect(await text(store, { ...ref, name })).toBe(name);
    });

    it('keeps tenants, jobs, nodes and attempts apart, also when their ids are odd or alike', async () => {
      const refs: ArtifactRef[] = [
        ref,
        { ...ref, tenantId: 'other' },
        { ...ref, tenantId: '..' },
        { ...ref, jobId: '../job-1' },
        { ...ref, nodeId: 'suite_Login' },
        { ...ref, nodeId: 'suite:login' },
        { ...ref, nodeId: 'Suite:Login' },
        { ...ref, nodeId: 'nul' },
        { ...ref, nodeId: 'a.' },
        { ...ref, nodeId: 'a'.repeat(128) },
        { ...ref, nodeId: `${'a'.repeat(127)}b` },
        { ...ref, attempt: 2 },
      ];
      for (const [index, each] of refs.entries()) await put(store, each, `${index}`);
      for (const [index, each] of refs.entries()) expect(await text(store, each)).toBe(`${index}`);
    });

    it.each(['', '.', '..', '../x', 'a/b', '/etc/passwd', 'a\\b', 'a\u0000', 'x'.repeat(300)])(
      'refuses the name %j',
      async (name) => {
        expect(() => store.create({ ...ref, name }, MiB)).toThrow(/plain file name/);
        expect(await store.read({ ...ref, name }, 0, 10)).toBeUndefined();
      },
    );

    it('deletes what a job left behind, and nothing of another', async () => {
      const ours = [ref, { ...ref, nodeId: 'n:2', attempt: 3, name: 'ünïcode report.xml' }];
      const others: ArtifactRef[] = [
        { ...ref, jobId: 'job-10' },
        { ...ref, jobId: 'Job-1' },
        { ...ref, tenantId: 'globex' },
        { ...ref, jobId: '../acme' },
      ];
      for (const each of [...ours, ...others]) await put(store, each, 'kept');
      await store.deleteJob(ref);
      for (const each of ours) {
        expect(await store.read(each, 0, 10)).toBeUndefined();
        expect(await store.list(each)).toEqual([]);
      }
      for (const each of others) expect(await text(store, each)).toBe('kept');
      await store.deleteJob(ref);
      await store.deleteJob({ tenantId: '..', jobId: '..' });
      for (const each of others) expect(await text(store, each)).toBe('kept');
      await put(store, ref, 'again');
      expect(await text(store, ref)).toBe('again');
    });

    it('survives a restart', async () => {
      await put(store, ref, 'kept');
      const again = await contract.reopen();
      expect(await text(again, ref)).toBe('kept');
      expect(await again.list(ref)).toEqual(['output.log']);
    });
  });
}
