import type { Statement } from 'better-sqlite3';
import type { StoreArrival } from '../../../ports/store-arrival.js';
import type { Connection } from './connection.js';

/** The mark of an unfinished copy in SQLite: a row, looked for when the database is opened. */
export class SqliteStoreArrival implements StoreArrival {
  readonly #connection: Connection;
  readonly #find: Statement<[]>;
  readonly #mark: Statement<[]>;
  readonly #unmark: Statement<[]>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#find = connection.prepare('SELECT 1 FROM arrival WHERE id = 1');
    this.#mark = connection.prepare('INSERT OR IGNORE INTO arrival (id) VALUES (1)');
    this.#unmark = connection.prepare('DELETE FROM arrival WHERE id = 1');
  }

  begun(): Promise<boolean> {
    return this.#connection.read(() => this.#find.get() !== undefined);
  }

  begin(): Promise<void> {
    return this.#connection.write(() => void this.#mark.run());
  }

  complete(): Promise<void> {
    return this.#connection.write(() => void this.#unmark.run());
  }
}
