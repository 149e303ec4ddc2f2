import { canonicalJson } from './canonical-json.js';
import { MigrationStopped } from './migration-stopped.js';
import type { MovableStore } from './movable-store.js';
import { matchedJobs, named } from './pages.js';
import {
  matchedSchedules,
  matchedTemplates,
  matchedTestCases,
  matchedTokens,
} from './shared-things.js';

/**
 * Looks whether a target holds nothing but what an earlier copy of this source can have left there.
 * It is done before the target is marked: a store that is in use must not be shut by mistake.
 *
 * @param now epoch milliseconds
 * @throws MigrationStopped when it holds anything else
 */
export async function refuseForeign(
  source: MovableStore,
  target: MovableStore,
  now: number,
): Promise<void> {
  for await (const { job, there } of matchedJobs(target.contents, source.contents)) {
    if (there === 0) throw foreign(`${named(job)} is not in the source`);
    if (there < job.version) throw foreign(`${named(job)} has gone on in it`);
  }
  for await (const { tenantId, testCase, there } of matchedTestCases(target, source)) {
    const name = `test case ${testCase.name} of tenant ${tenantId}`;
    if (there === undefined) throw foreign(`${name} is not in the source`);
    const same = canonicalJson(testCase) === canonicalJson(there);
    if (!same && testCase.updatedAt >= there.updatedAt) throw foreign(`${name} was changed in it`);
  }
  for await (const { tenantId, name, latest, there } of matchedTemplates(target, source)) {
    const template = `template ${name} of tenant ${tenantId}`;
    if (there === undefined) throw foreign(`${template} is not in the source`);
    if (there.revision.revision < latest.revision.revision) {
      throw foreign(`${template} has gone on in it`);
    }
  }
  for await (const { schedule, there } of matchedSchedules(target, source)) {
    const name = `schedule ${schedule.name} of ${schedule.owner} of tenant ${schedule.tenantId}`;
    if (there === undefined) throw foreign(`${name} is not in the source`);
    if (there.id !== schedule.id || there.version < schedule.version) {
      throw foreign(`${name} has gone on in it`);
    }
  }
  for await (const token of matchedTokens(source, target, now)) {
    if (token.source === undefined) throw foreign(`token ${token.id} was used with it`);
  }
}

function foreign(how: string): MigrationStopped {
  return new MigrationStopped(
    `The target has been in use: ${how}. Nothing was changed in it. ` +
      'Name a target that is empty, or that only this source has been copied to.',
  );
}
