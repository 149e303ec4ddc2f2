import type { Statement } from 'better-sqlite3';
import type { TokenLedger } from '../../../ports/token-ledger.js';
import type { Connection } from './connection.js';

/** Entries forgotten a call, at most, so that none waits long for the others' sake. */
const SWEPT = 100;

/** Used tokens in SQLite, until they expire. */
export class SqliteTokenLedger implements TokenLedger {
  readonly #connection: Connection;
  readonly #redeem: Statement<[string, number]>;
  readonly #sweep: Statement<[number, number]>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#redeem = connection.prepare(
      'INSERT OR IGNORE INTO redeemed_token (id, expires_at) VALUES (?, ?)',
    );
    this.#sweep = connection.prepare(
      'DELETE FROM redeemed_token WHERE id IN ' +
        '(SELECT id FROM redeemed_token WHERE expires_at < ? ORDER BY expires_at LIMIT ?)',
    );
  }

  redeem(tokenId: string, expiresAt: number, now: number): Promise<boolean> {
    return this.#connection.write(() => {
      const first = this.#redeem.run(tokenId, expiresAt).changes === 1;
      this.#sweep.run(now, SWEPT);
      return first;
    });
  }
}
