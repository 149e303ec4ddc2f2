import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../test/support/engine-fixture.js';
import type { Instance, InstanceRegistry } from '../ports/cluster.js';
import { liveInstances } from './live-instances.js';

const instance = (id: string, beats: number, dead = false): Instance => ({
  id,
  beats,
  dead,
  host: 'runner-1',
  pid: 7,
  startedAt: 0,
});

/** A registry in which each look sees the next list, and the last one from then on. */
function seen(...looks: readonly (readonly Instance[])[]): InstanceRegistry {
  let look = 0;
  return {
    all: () => Promise.resolve(looks[Math.min(look++, looks.length - 1)] ?? []),
  } as unknown as InstanceRegistry;
}

async function live(registry: InstanceRegistry): Promise<readonly string[]> {
  const clock = new ManualClock();
  const state = { over: false };
  const found = liveInstances(registry, clock, 7_000).finally(() => (state.over = true));
  while (!state.over) {
    clock.fireNext();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return (await found).map(({ id }) => id);
}

describe('liveInstances', () => {
  it('does not wait where nobody is registered, or only the dead', async () => {
    expect(await live(seen([]))).toEqual([]);
    expect(await live(seen([instance('a', 1, true)]))).toEqual([]);
  });

  it('finds the one that beats', async () => {
    const before = [instance('a', 1), instance('b', 5)];
    expect(await live(seen(before, before, before, [instance('a', 1), instance('b', 6)]))).toEqual([
      'b',
    ]);
  });

  it('finds the one that comes meanwhile', async () => {
    expect(await live(seen([instance('a', 1)], [instance('a', 1), instance('new', 0)]))).toEqual([
      'new',
    ]);
  });

  it('finds nobody where all are silent', async () => {
    expect(await live(seen([instance('a', 1), instance('b', 2)]))).toEqual([]);
  });
});
