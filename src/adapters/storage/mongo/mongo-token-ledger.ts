import type { TokenLedger } from '../../../ports/token-ledger.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';

/** ms between sweeps, by the clock that calls come with. */
const SWEEP_EVERY = 60_000;

/** Used tokens in MongoDB, until they expire. When an answer is lost the token counts as used. */
export class MongoTokenLedger implements TokenLedger {
  readonly #connection: Connection;
  #swept = -Infinity;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  redeem(tokenId: string, expiresAt: number, now: number): Promise<boolean> {
    return this.#connection.call(async () => {
      const { tokens } = this.#connection;
      // Before the insert: should it fail, the token has not been used up for nothing.
      if (now - this.#swept >= SWEEP_EVERY) {
        await tokens.deleteMany({ expiresAt: { $lt: now } });
        this.#swept = now;
      }
      try {
        await tokens.insertOne({ _id: tokenId, expiresAt }, DURABLE);
        return true;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        return false;
      }
    });
  }
}
