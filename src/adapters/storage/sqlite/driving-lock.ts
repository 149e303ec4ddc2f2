import { realpathSync } from 'node:fs';
import path from 'node:path';
import { Database } from './driver.js';
import { sqliteCode } from './sqlite-errors.js';

/** Another process is driving the jobs of this database. */
export class StoreInUse extends Error {
  readonly code = 'store_in_use';
  constructor(file: string, options?: ErrorOptions) {
    super(
      `The database ${file} is being driven by another Baton process. ` +
        'Stop that process, or give this one another DATABASE_URL.',
      options,
    );
    this.name = 'StoreInUse';
  }
}

/** Another process has this data folder for its working folders, logs and keys. */
export class FolderInUse extends Error {
  readonly code = 'folder_in_use';
  constructor(folder: string, options?: ErrorOptions) {
    super(
      `The data folder ${folder} is used by another Baton process. ` +
        'Give each instance a DATA_DIR of its own.',
      options,
    );
    this.name = 'FolderInUse';
  }
}

export interface ProcessLock {
  /** Lets the next process in. Safe to call twice. */
  release(): void;
}

/**
 * Takes the right to drive the jobs of a database, at once or not at all (throws
 * {@link StoreInUse}). The operating system takes it back when the process dies, however it dies.
 * Reading needs no lock.
 */
export function lockForDriving(databasePath: string): ProcessLock {
  const folder = realpathSync(path.dirname(path.resolve(databasePath)));
  const file = `${path.join(folder, path.basename(databasePath))}.lock`;
  return lockFile(file, (cause) => new StoreInUse(databasePath, { cause }));
}

/** Takes a data folder for this process, as above; throws {@link FolderInUse}. */
export function lockFolder(folder: string): ProcessLock {
  const file = path.join(realpathSync(folder), 'instance.lock');
  return lockFile(file, (cause) => new FolderInUse(folder, { cause }));
}

function lockFile(file: string, inUse: (cause: unknown) => Error): ProcessLock {
  const lock = new Database(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') === true) throw inUse(error);
    throw error;
  }
  return { release: () => void lock.close() };
}
