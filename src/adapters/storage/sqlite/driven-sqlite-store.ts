import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { lockForDriving } from './driving-lock.js';
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.js';

/** A store that no other process drives while this one has it. */
export interface DrivenSqliteStore extends Omit<SqliteStore, 'close'> {
  /** Lets go of the database, and lets the next process in. */
  close(): Promise<void>;
}

/** Opens a database for driving its jobs, in a folder that is made if need be. Throws `StoreInUse`, too. */
export function openDrivenSqliteStore(options: SqliteStoreOptions): DrivenSqliteStore {
  mkdirSync(path.dirname(options.path), { recursive: true });
  const lock = lockForDriving(options.path);
  try {
    const store = openSqliteStore(options);
    return {
      ...store,
      close: () => {
        store.close();
        lock.release();
        return Promise.resolve();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
