import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Instance } from '../../src/ports/cluster.js';
import type { ClusterContract, ClusterUnderTest } from '../support/cluster-under-test.js';
import { T0 } from '../support/store-job.js';

const registration = (id: string): Omit<Instance, 'beats' | 'dead'> => ({
  id,
  host: 'runner-1.example',
  pid: 4711,
  startedAt: T0,
});

export function instanceRegistryContract(contract: ClusterContract): void {
  describe(`instance registry: ${contract.name}`, () => {
    let store: ClusterUnderTest;
    beforeEach(async () => {
      store = await contract.create();
    });
    afterEach(() => contract.destroy());

    const named = async (id: string): Promise<Instance | undefined> =>
      (await store.cluster.instances.all()).find((instance) => instance.id === id);

    it('are shown as they registered, with every sign of life counted', async () => {
      await store.cluster.instances.register(registration('a'));
      await store.cluster.instances.register({ ...registration('b'), pid: 1, host: 'é' });
      expect(await named('a')).toStrictEqual({ ...registration('a'), beats: 0, dead: false });
      const seen: number[] = [];
      for (let beat = 0; beat < 3; beat += 1) {
        expect(await store.cluster.instances.beat('a')).toBe(true);
        seen.push((await named('a'))?.beats ?? 0);
      }
      expect(seen).toEqual([...new Set(seen)].sort((x, y) => x - y));
      expect(seen[0]).toBeGreaterThan(0);
      store = await contract.reopen();
      expect((await named('a'))?.beats).toBe(seen.at(-1));
      expect(await named('b')).toStrictEqual({
        ...registration('b'),
        pid: 1,
        host: 'é',
        beats: 0,
        dead: false,
      });
    });

    it('cannot have the id of another, also not of a dead one', async () => {
      const { instances } = store.cluster;
      await instances.register(registration('a'));
      await instances.beat('a');
      const before = await named('a');
      await expect(instances.register({ ...registration('a'), pid: 2 })).rejects.toThrow(/already/);
      expect(await named('a')).toEqual(before);
      await instances.declareDead('a', before?.beats ?? 0);
      await expect(instances.register(registration('a'))).rejects.toThrow(/already/);
      expect(await instances.beat('a')).toBe(false);
    });

    it('are told by their next beat that they were declared dead, and stay dead', async () => {
      const { instances } = store.cluster;
      await instances.register(registration('a'));
      await instances.register(registration('b'));
      await instances.beat('a');
      const { beats = -1 } = (await named('a')) ?? {};
      expect(await instances.declareDead('a', beats)).toBe(true);
      expect(await instances.beat('a')).toBe(false);
      expect(await instances.beat('a')).toBe(false);
      expect(await named('a')).toMatchObject({ dead: true, beats });
      expect(await instances.beat('b')).toBe(true);
      expect(await named('b')).toMatchObject({ dead: false });
    });

    it('live on when they have beaten since they were looked at', async () => {
      const { instances } = store.cluster;
      await instances.register(registration('a'));
      await instances.beat('a');
      const { beats = -1 } = (await named('a')) ?? {};
      await instances.beat('a');
      expect(await instances.declareDead('a', beats)).toBe(false);
      expect(await instances.declareDead('a', 0)).toBe(false);
      expect(await instances.beat('a')).toBe(true);
      expect(await named('a')).toMatchObject({ dead: false });
    });

    it('are dead for everyone who declares them so, whenever that is', async () => {
      const { instances } = store.cluster;
      await instances.register(registration('a'));
      await instances.beat('a');
      const { beats = -1 } = (await named('a')) ?? {};
      const declared = Array.from({ length: 5 }, () => instances.declareDead('a', beats));
      expect(await Promise.all(declared)).toEqual(Array(5).fill(true));
      expect(await instances.declareDead('a', beats)).toBe(true);
      expect(await instances.declareDead('a', beats - 1)).toBe(true);
      expect(await instances.declareDead('never registered', 0)).toBe(true);
    });

    it('either beat or are dead, when both are tried at once', async () => {
      const { instances } = store.cluster;
      for (let round = 0; round < 20; round += 1) {
        const id = `racer-${round}`;
        await instances.register(registration(id));
        const [lives, dead] = await Promise.all([instances.beat(id), instances.declareDead(id, 0)]);
        expect(lives).toBe(!dead);
        expect(await named(id)).toMatchObject({ dead, beats: lives ? 1 : 0 });
      }
    });

    it('that were removed are not shown and cannot beat', async () => {
      const { instances } = store.cluster;
      for (const id of ['a', 'b']) await instances.register(registration(id));
      await instances.remove('a');
      await instances.remove('a');
      await instances.remove('never registered');
      expect(await instances.beat('a')).toBe(false);
      expect(await instances.beat('never registered')).toBe(false);
      expect((await instances.all()).map(({ id }) => id)).toEqual(['b']);
      expect(await instances.declareDead('a', 0)).toBe(true);
    });
  });
}
