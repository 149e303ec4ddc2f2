import { canonicalJson } from './canonical-json.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore } from './movable-store.js';
import { matchedSchedules } from './shared-things.js';

/**
 * Copies the schedules of all tenants, each with how far it has come: what has fired does not fire
 * again in the target.
 *
 * @throws MigrationStopped when the target has another one that is not older
 */
export async function copySchedules(source: MovableStore, target: MovableStore): Promise<void> {
  for await (const { schedule, there } of matchedSchedules(source, target)) {
    if (there !== undefined) {
      if (canonicalJson(there) === canonicalJson(schedule)) continue;
      if (there.id === schedule.id && there.version >= schedule.version) {
        const { tenantId, owner, name } = schedule;
        throw new MigrationStopped(
          `Schedule ${name} of ${owner} of tenant ${tenantId} was changed in the target. ` +
            'Name a target that has not been in use.',
        );
      }
      await target.schedules.delete(schedule);
    }
    await target.schedules.create(schedule);
  }
}
