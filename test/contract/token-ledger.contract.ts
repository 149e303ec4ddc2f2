import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TokenLedger } from '../../src/ports/token-ledger.js';
import { T0 } from '../support/store-job.js';
import type { StoreContract } from '../support/store-under-test.js';

export function tokenLedgerContract(contract: StoreContract): void {
  describe(`token ledger: ${contract.name}`, () => {
    let tokens: TokenLedger;
    beforeEach(async () => {
      ({ tokens } = await contract.create());
    });
    afterEach(() => contract.destroy());

    it('redeems a token once', async () => {
      expect(await tokens.redeem('a', T0 + 1000, T0)).toBe(true);
      expect(await tokens.redeem('a', T0 + 1000, T0)).toBe(false);
      expect(await tokens.redeem('b', T0 + 1000, T0)).toBe(true);
      expect(await tokens.redeem('a', T0 + 1000, T0 + 999)).toBe(false);
    });

    it('lets one of many racing calls through', async () => {
      const calls = Array.from({ length: 20 }, () => tokens.redeem('a', T0 + 1000, T0));
      const answers = await Promise.all(calls);
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('remembers across a restart', async () => {
      await tokens.redeem('a', T0 + 1000, T0);
      ({ tokens } = await contract.reopen());
      expect(await tokens.redeem('a', T0 + 1000, T0)).toBe(false);
    });

    it('keeps live tokens while expired ones go', async () => {
      await tokens.redeem('live', T0 + 10_000, T0);
      for (let token = 0; token < 50; token += 1) await tokens.redeem(`t${token}`, T0 + 1, T0);
      await tokens.redeem('later', T0 + 10_000, T0 + 5000);
      expect(await tokens.redeem('live', T0 + 10_000, T0 + 5000)).toBe(false);
    });
  });
}
