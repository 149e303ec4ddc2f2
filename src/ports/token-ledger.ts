/** Remembers which single-use tokens have been used. */
export interface TokenLedger {
  /**
   * Marks a token as used. Answers true the first time and false ever after, also when two calls
   * race and across restarts. An entry may be forgotten once `expiresAt` (epoch ms) has passed.
   */
  redeem(tokenId: string, expiresAt: number, now: number): Promise<boolean>;
}
