import { existsSync } from 'node:fs';
import type BetterSqlite3 from 'better-sqlite3';
import { Database } from './driver.js';
import { StoreIncomplete, StoreMissing, StoreUnavailable } from '../../../ports/store-errors.js';
import { asStoreError } from './sqlite-errors.js';
import { SCHEMA_VERSION, SchemaTooNew, isArriving, migrate, schemaVersion } from './migrations.js';

export interface ConnectionOptions {
  /** The database file; its folder must exist. */
  readonly path: string;
  /** Opens an existing, up-to-date database for reading only. */
  readonly readOnly?: boolean;
  /** Throws `StoreMissing` where there is no store yet, instead of making one. */
  readonly mustExist?: boolean;
  /** Opens it also while another store is being copied into it; else that throws `StoreIncomplete`. */
  readonly arriving?: boolean;
  /** How long a call may wait for another connection's lock, in ms. The event loop waits with it. */
  readonly busyTimeout?: number;
}

/** A part of the adapter that remembers what is in the database. */
export interface Remembering {
  /** Forgets everything: it may no longer be what the database says. */
  forget(): void;
}

const DEFAULT_BUSY_TIMEOUT = 25;
/** 8 MiB of log between checkpoints: fewer rewrite the same hot pages more often, more take longer. */
const CHECKPOINT_PAGES = 2048;

/**
 * The one connection that the stores share. Everything runs synchronously in transactions, so that
 * what a transaction reads is never older or newer than what it writes.
 */
export class Connection {
  readonly #db: BetterSqlite3.Database;
  readonly #statements: string[] = [];
  readonly #remembering: Remembering[] = [];
  readonly #begin: BetterSqlite3.Statement<[]>;
  readonly #beginRead: BetterSqlite3.Statement<[]>;
  readonly #commit: BetterSqlite3.Statement<[]>;
  readonly #dataVersion: BetterSqlite3.Statement<[], number>;
  #seenVersion: number;
  #writeFailed = false;

  /** Throws {@link SchemaTooNew}, and {@link StoreUnavailable} when the file cannot be used now. */
  constructor(options: ConnectionOptions) {
    const readonly = options.readOnly ?? false;
    const mustExist = options.mustExist ?? false;
    if (mustExist && !existsSync(options.path)) throw new StoreMissing();
    try {
      this.#db = new Database(options.path, {
        readonly,
        fileMustExist: readonly || mustExist,
        timeout: options.busyTimeout ?? DEFAULT_BUSY_TIMEOUT,
      });
    } catch (error) {
      throw asStoreError(error);
    }
    try {
      if (mustExist && schemaVersion(this.#db) === 0) throw new StoreMissing();
      this.#db.pragma('foreign_keys = OFF');
      this.#db.pragma('cache_size = -65536');
      this.#db.pragma('temp_store = MEMORY');
      if (readonly) {
        const found = schemaVersion(this.#db);
        if (found > SCHEMA_VERSION) throw new SchemaTooNew(found, SCHEMA_VERSION);
        if (found < SCHEMA_VERSION) {
          throw new Error(
            `The database has schema version ${found} and reading it needs ${SCHEMA_VERSION}. ` +
              'Start the service on it once, which brings it up to date.',
          );
        }
      } else {
        this.#db.pragma('journal_mode = WAL');
        this.#db.pragma('synchronous = FULL');
        this.#db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
        migrate(this.#db);
      }
      if (options.arriving !== true && isArriving(this.#db)) throw new StoreIncomplete();
      this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
      this.#beginRead = this.#db.prepare('BEGIN');
      this.#commit = this.#db.prepare('COMMIT');
      this.#dataVersion = this.#db.prepare<[], number>('PRAGMA data_version').pluck();
      this.#seenVersion = this.#dataVersion.get() ?? 0;
    } catch (error) {
      this.#db.close();
      throw asStoreError(error);
    }
  }

  /** Every statement prepared so far, for a spec to have explained. */
  get statements(): readonly string[] {
    return this.#statements;
  }

  prepare<Parameters extends unknown[], Row = unknown>(
    sql: string,
  ): BetterSqlite3.Statement<Parameters, Row> {
    this.#statements.push(sql);
    return this.#db.prepare<Parameters, Row>(sql);
  }

  /** Registers a cache that must not outlive a rollback or another process's write. */
  remember(cache: Remembering): void {
    this.#remembering.push(cache);
  }

  /**
   * Runs `work` at once, in a transaction that is on disk when this resolves. When it rejects nothing
   * has happened; what may go well later rejects with {@link StoreUnavailable}.
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => resolve(this.#write(work)));
  }

  /** Runs `work` at once, on one state of the database. */
  read<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => resolve(this.#read(work)));
  }

  #write<T>(work: () => T): T {
    this.#assertOpen();
    try {
      this.#begin.run();
      this.#noticeOthers();
      const result = work();
      this.#commit.run();
      this.#writeFailed = false;
      return result;
    } catch (error) {
      this.#abandon();
      this.#forgetAll();
      const translated = asStoreError(error);
      if (translated instanceof StoreUnavailable) this.#writeFailed = true;
      throw translated;
    }
  }

  #read<T>(work: () => T): T {
    this.#assertOpen();
    try {
      this.#beginRead.run();
      this.#noticeOthers();
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      this.#abandon();
      throw asStoreError(error);
    }
  }

  /** Rejects with {@link StoreUnavailable} while the database cannot be read, or not written either. */
  probe(now: number): Promise<void> {
    // A write is tried only while writes are known to fail, so that health checks cost no fsync.
    return this.#writeFailed
      ? this.write(() => {
          this.#db.prepare('INSERT OR REPLACE INTO write_probe (id, at) VALUES (1, ?)').run(now);
        })
      : this.read(() => {
          this.#db.prepare('SELECT version FROM schema_version').get();
        });
  }

  /** For tests: settings of this connection, such as a limit on its size. */
  pragma(source: string): unknown {
    return this.#db.pragma(source);
  }

  close(): void {
    this.#db.close();
  }

  #assertOpen(): void {
    if (this.#db.open) return;
    throw new StoreUnavailable('The database has been closed. Start the service again.');
  }

  #noticeOthers(): void {
    const version = this.#dataVersion.get() ?? 0;
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.#forgetAll();
  }

  #forgetAll(): void {
    for (const cache of this.#remembering) cache.forget();
  }

  #abandon(): void {
    if (!this.#db.open || !this.#db.inTransaction) return;
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // Some failures roll back by themselves; then there is nothing left to undo.
    }
  }
}
