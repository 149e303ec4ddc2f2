import type { Clock } from '../ports/clock.js';
import { compareStores, type Comparison } from './compare-stores.js';
import { copyJobs } from './copy-jobs.js';
import { copyLetters } from './copy-letters.js';
import { copyTestCases, copyTokens } from './copy-shared.js';
import { copySchedules } from './copy-schedules.js';
import { copyTemplates } from './copy-templates.js';
import type { MovableStore, Progress } from './movable-store.js';
import { patient } from './patient-store.js';
import { refuseForeign } from './refuse-foreign.js';

export interface MigrationParts {
  readonly source: MovableStore;
  readonly target: MovableStore;
  readonly clock: Clock;
  /** How long a store may be unavailable before the migration gives up, in ms. */
  readonly patience: number;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Copies everything from one store to another that nobody drives, and compares the two. What the
 * target has already is not copied again, so after any interruption the same call goes on. Until
 * nothing differs the target is marked, and cannot be opened for driving.
 *
 * @throws MigrationStopped when the target holds anything that is not from this source
 */
export async function migrateStore(parts: MigrationParts): Promise<Comparison> {
  const { source, target } = patientPair(parts);
  const now = parts.clock.now();
  if (!(await target.arrival.begun())) {
    await refuseForeign(source, target, now);
    await target.arrival.begin();
  }
  await copyTokens(source, target, now);
  await copyTestCases(source, target);
  await copyTemplates(source, target);
  await copySchedules(source, target);
  await copyJobs(source, target, await counting(parts, 'copied'));
  await copyLetters(source, target);
  const comparison = await verifyStore(parts);
  if (comparison.differences.count === 0) await target.arrival.complete();
  return comparison;
}

/** Compares two stores that nobody drives; changes nothing. */
export async function verifyStore(parts: MigrationParts): Promise<Comparison> {
  const { source, target } = patientPair(parts);
  return compareStores(source, target, parts.clock.now(), await counting(parts, 'verified'));
}

function patientPair({
  source,
  target,
  clock,
  patience,
}: MigrationParts): Pick<MigrationParts, 'source' | 'target'> {
  const waiting = (store: MovableStore): MovableStore => patient(store, clock, patience);
  return { source: waiting(source), target: waiting(target) };
}

async function counting(
  { source, onProgress }: MigrationParts,
  phase: Progress['phase'],
): Promise<(jobs: number, records: number) => void> {
  const of = await source.contents.size();
  let [jobs, records] = [0, 0];
  return (moreJobs, moreRecords) => {
    jobs += moreJobs;
    records += moreRecords;
    onProgress?.({ phase, jobs, records, ofJobs: of.jobs, ofRecords: of.records });
  };
}
