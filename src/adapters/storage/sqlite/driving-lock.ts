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

export interface DrivingLock {
  /** Lets the next process in. Safe to call twice. */
  release(): void;
}

/**
 * Takes the right to drive the jobs of a database, at once or not at all (throws
 * {@link StoreInUse}). The operating system takes it back when the process dies, however it dies.
 * Reading needs no lock.
 */
export function lockForDriving(databasePath: string): DrivingLock {
  const folder = realpathSync(path.dirname(path.resolve(databasePath)));
  const file = `${path.join(folder, path.basename(databasePath))}.lock`;
  const lock = new Database(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') === true) {
      throw new StoreInUse(databasePath, { cause: error });
    }
    throw error;
  }
  return { release: () => void lock.close() };
}
