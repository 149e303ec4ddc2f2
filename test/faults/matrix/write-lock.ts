import type BetterSqlite3 from 'better-sqlite3';
import { Database } from '../../../src/adapters/storage/sqlite/driver.js';
import { sqliteCode } from '../../../src/adapters/storage/sqlite/sqlite-errors.js';

/** Another program's hold on a SQLite database: nobody else can write. */
export class WriteLock {
  readonly #db: BetterSqlite3.Database;
  #given: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#db = new Database(file, { timeout: 0 });
  }

  /** At once, or as soon as a transaction that is under way has ended. */
  take(): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (sqliteCode(error) !== 'SQLITE_BUSY') throw error;
      this.#given = setTimeout(() => this.take(), 1);
    }
  }

  /** Throws when there never was a hold. */
  release(): void {
    clearTimeout(this.#given);
    const held = this.#db.inTransaction;
    this.#db.close();
    if (!held) throw new Error('The write lock could not be had.');
  }
}
