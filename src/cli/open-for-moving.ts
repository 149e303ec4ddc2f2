import { existsSync } from 'node:fs';
import { openMongoStore } from '../adapters/storage/mongo/index.js';
import { openDrivenSqliteStore } from '../adapters/storage/sqlite/index.js';
import { systemClock } from '../adapters/system/system-clock.js';
import { liveInstances } from '../migration/live-instances.js';
import type { MovableStore } from '../migration/movable-store.js';
import type { DatabaseLocation } from '../platform/config/index.js';
import { StoreMissing } from '../ports/store-errors.js';

/** A store that no service drives. */
export interface OpenedStore extends MovableStore {
  close(): Promise<void>;
}

export interface MovingOptions {
  /** Reject where there is no store yet, instead of making one. */
  readonly mustExist: boolean;
  /** Open it also when a copy into it has not been completed. */
  readonly arriving: boolean;
  /** Do not mind commands to its jobs that nobody has carried out; they are not copied. */
  readonly giveUpCommands: boolean;
  /** Milliseconds within which a running service on a MongoDB gives a sign of life. */
  readonly lookFor: number;
  /** Told what goes wrong for a while. */
  readonly onTrouble: (error: unknown) => void;
}

/** A call that takes longer is given up, and repeated: ms. */
const CALL_TIMEOUT = 10_000;

/** Opens a store for copying, and keeps services out of it; rejects when one is driving it. */
export async function openForMoving(
  location: DatabaseLocation,
  options: MovingOptions,
): Promise<OpenedStore> {
  return location.kind === 'sqlite'
    ? openEmbedded(location.path, options)
    : openShared(location.url, options);
}

function openEmbedded(file: string, options: MovingOptions): OpenedStore {
  if (options.mustExist && !existsSync(file)) throw new StoreMissing();
  const { mustExist, arriving } = options;
  return openDrivenSqliteStore({ path: file, mustExist, arriving });
}

async function openShared(url: string, options: MovingOptions): Promise<OpenedStore> {
  const { mustExist, arriving, lookFor, onTrouble, giveUpCommands } = options;
  const store = await openMongoStore({
    url,
    mustExist,
    arriving,
    timeout: CALL_TIMEOUT,
    onProjectionError: onTrouble,
  });
  try {
    const [live] = await liveInstances(store.cluster.instances, systemClock, lookFor);
    if (live !== undefined) {
      throw new Error(
        `A service on ${live.host} (process ${live.pid}) is driving its jobs. ` +
          'Stop every service on this store, and do it again.',
      );
    }
    if (!giveUpCommands && (await store.cluster.inbox.read(1)).length > 0) {
      throw new Error(
        'Some of its jobs were sent commands, such as to cancel, that no service has carried out. ' +
          'Start a service on it for a moment, stop it, and do it again.',
      );
    }
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
