import type { Clock } from '../ports/clock.js';
import type { Instance, InstanceRegistry } from '../ports/cluster.js';

const BETWEEN_LOOKS = 500;

/**
 * The instances that give a sign of life within `patience` ms. Those that were killed stay in the
 * registry until another instance has declared them dead, so being in it says nothing.
 */
export async function liveInstances(
  registry: InstanceRegistry,
  clock: Clock,
  patience: number,
): Promise<readonly Instance[]> {
  const present = async (): Promise<readonly Instance[]> =>
    (await registry.all()).filter(({ dead }) => !dead);
  const before = new Map((await present()).map(({ id, beats }) => [id, beats]));
  const ends = clock.now() + patience;
  while (before.size > 0 && clock.now() < ends) {
    await new Promise<void>((resolve) => {
      clock.setTimer(BETWEEN_LOOKS, resolve);
    });
    const live = (await present()).filter(({ id, beats }) => before.get(id) !== beats);
    if (live.length > 0) return live;
  }
  return [];
}
