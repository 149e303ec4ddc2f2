import { canonicalJson } from './canonical-json.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore } from './movable-store.js';
import { testCasePages, tokenPages } from './pages.js';
import { withAll } from './several-at-once.js';
import type { StoredTestCase } from '../ports/store-contents.js';

const WRITES_AT_ONCE = 8;

/**
 * Copies the test cases of all tenants.
 *
 * @throws MigrationStopped when the target has another one that is not older
 */
export async function copyTestCases(source: MovableStore, target: MovableStore): Promise<void> {
  const copy = async ({ tenantId, testCase }: StoredTestCase): Promise<void> => {
    const there = await target.catalogue.get(tenantId, testCase.name);
    if (there !== undefined) {
      if (canonicalJson(there) === canonicalJson(testCase)) return;
      if (there.updatedAt >= testCase.updatedAt) {
        throw new MigrationStopped(
          `Test case ${testCase.name} of tenant ${tenantId} was changed in the target. ` +
            'Name a target that has not been in use.',
        );
      }
    }
    await target.catalogue.put(tenantId, testCase);
  };
  for await (const page of testCasePages(source.contents)) {
    await withAll(page, WRITES_AT_ONCE, copy);
  }
}

/** Copies the redeemed tokens that have not expired at `now` (epoch ms). */
export async function copyTokens(
  source: MovableStore,
  target: MovableStore,
  now: number,
): Promise<void> {
  for await (const page of tokenPages(source.contents, now)) {
    await withAll(page, WRITES_AT_ONCE, ({ id, expiresAt }) =>
      target.tokens.redeem(id, expiresAt, now),
    );
  }
}
