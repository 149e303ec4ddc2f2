import { createHash, type Hash } from 'node:crypto';
import type { StoredJob } from '../ports/store-contents.js';
import { digestJob, differencesOf, type JobDigest } from './compare-jobs.js';
import {
  compareLetters,
  compareSchedules,
  compareTemplates,
  compareTestCases,
  compareTokens,
  type Texts,
} from './compare-shared.js';
import { Differences } from './differences.js';
import { JOB_PARTS } from './job-parts.js';
import type { MovableStore } from './movable-store.js';
import { matchedJobs, matchedPages, named, type MatchedJob } from './pages.js';
import { severalAtOnce } from './several-at-once.js';
import { Tally } from './tally.js';

const JOBS_AT_ONCE = 8;

export interface Comparison {
  readonly source: Tally;
  readonly target: Tally;
  /** SHA-256 over everything, in hexadecimal: equal when and only when nothing differs but the order. */
  readonly sourceHash: string;
  readonly targetHash: string;
  readonly differences: Differences;
}

/**
 * Reads both stores in full and names what of the target is not as in the source. Needs a moment in
 * which nobody writes to either.
 *
 * @param now epoch milliseconds; tokens that have expired then are left out
 * @param onCompared told how many jobs and records more have been compared
 */
export async function compareStores(
  source: MovableStore,
  target: MovableStore,
  now: number,
  onCompared: (jobs: number, records: number) => void,
): Promise<Comparison> {
  await target.settled?.();
  const comparer = new StoreComparer(source, target, onCompared);
  await comparer.compareJobs();
  await comparer.findStrangers();
  await comparer.compareOrder();
  return comparer.compareRest(now);
}

const SIDES = ['source', 'target'] as const;

/** A job of the source, read in both stores. */
interface ReadJob {
  readonly job: StoredJob;
  readonly ours: JobDigest;
  /** Absent when the target does not have it. */
  readonly theirs: JobDigest | undefined;
}

class StoreComparer {
  readonly #stores: { readonly source: MovableStore; readonly target: MovableStore };
  readonly #onCompared: (jobs: number, records: number) => void;
  readonly #tallies = { source: new Tally(), target: new Tally() };
  readonly #hashes = { source: createHash('sha256'), target: createHash('sha256') };
  /** Of what stands in no order: sums of hashes. */
  readonly #sums = { source: 0n, target: 0n };
  readonly #differences = new Differences();

  constructor(
    source: MovableStore,
    target: MovableStore,
    onCompared: (jobs: number, records: number) => void,
  ) {
    this.#stores = { source, target };
    this.#onCompared = onCompared;
  }

  /** Every job of the source with the one of its id in the target. */
  async compareJobs(): Promise<void> {
    const { source, target } = this.#stores;
    const read = async ({ job, there }: MatchedJob): Promise<ReadJob> => {
      const theirs = there === 0 ? undefined : digestJob(target, job);
      return { job, ours: await digestJob(source, job), theirs: await theirs };
    };
    for await (const page of matchedPages(source.contents, target.contents)) {
      for await (const some of severalAtOnce(page, JOBS_AT_ONCE, read)) {
        for (const read of some) await this.#judge(read);
        this.#onCompared(
          some.length,
          some.reduce((sum, { ours }) => sum + ours.records, 0),
        );
      }
    }
  }

  /** Jobs that only the target has, and how many it has in each status. */
  async findStrangers(): Promise<void> {
    const { source, target } = this.#stores;
    for await (const { job, there } of matchedJobs(target.contents, source.contents)) {
      const tenant = this.#tallies.target.of(job.tenantId);
      tenant.jobs[job.status] = (tenant.jobs[job.status] ?? 0) + 1;
      if (there > 0) continue;
      const digest = await digestJob(target, job);
      this.#count('target', job, digest);
      this.#differences.add({ ...refOf(job), what: 'it is in the target only' });
    }
  }

  /** The first job that does not stand where it does in the source. */
  async compareOrder(): Promise<void> {
    const { source, target } = this.#stores;
    const [ours, theirs] = [inBoth(source, target), inBoth(target, source)];
    for (;;) {
      const [here, there] = [await ours.next(), await theirs.next()];
      if (here.done === true || there.done === true) return;
      if (sameJob(here.value, there.value)) continue;
      this.#differences.add({
        ...refOf(here.value),
        what: `its place in the order of creation is taken by ${named(there.value)} in the target`,
      });
      return;
    }
  }

  async compareRest(now: number): Promise<Comparison> {
    const [stores, tallies, differences] = [this.#stores, this.#tallies, this.#differences];
    for await (const texts of compareTestCases(stores, tallies, differences)) this.#add(texts);
    for await (const texts of compareTemplates(stores, tallies, differences)) this.#add(texts);
    for await (const texts of compareLetters(stores, tallies, differences)) this.#add(texts);
    for await (const texts of compareSchedules(stores, tallies, differences)) this.#add(texts);
    for await (const texts of compareTokens(stores, tallies, differences, now)) this.#add(texts);
    for (const side of SIDES) this.#hashes[side].update(this.#sums[side].toString());
    return {
      ...this.#tallies,
      sourceHash: this.#hashes.source.digest('hex'),
      targetHash: this.#hashes.target.digest('hex'),
      differences: this.#differences,
    };
  }

  #add(texts: Texts): void {
    for (const side of SIDES) {
      const text = texts[side];
      if (text === undefined) continue;
      this.#sums[side] += BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
    }
  }

  async #judge({ job, ours, theirs }: ReadJob): Promise<void> {
    const { source, target } = this.#stores;
    const tenant = this.#tallies.source.of(job.tenantId);
    tenant.jobs[job.status] = (tenant.jobs[job.status] ?? 0) + 1;
    this.#count('source', job, ours);
    if (theirs === undefined) {
      this.#differences.add({ ...refOf(job), what: 'it is missing in the target' });
      return;
    }
    this.#count('target', job, theirs);
    const found = await differencesOf(
      job,
      { store: source, digest: ours },
      { store: target, digest: theirs },
    );
    for (const what of found) this.#differences.add({ ...refOf(job), what });
  }

  #count(side: 'source' | 'target', job: StoredJob, digest: JobDigest): void {
    const tenant = this.#tallies[side].of(job.tenantId);
    tenant.records += digest.records;
    tenant.nodes += digest.nodes;
    addTo(this.#hashes[side], job, digest);
  }
}

function addTo(hash: Hash, { tenantId, jobId }: StoredJob, { parts, unreadable }: JobDigest): void {
  const line = [tenantId, jobId, ...JOB_PARTS.map((part) => parts[part]), unreadable ?? ''];
  hash.update(`${JSON.stringify(line)}\n`);
}

async function* inBoth(store: MovableStore, other: MovableStore): AsyncGenerator<StoredJob> {
  for await (const { job, there } of matchedJobs(store.contents, other.contents)) {
    if (there > 0) yield job;
  }
}

function sameJob(a: StoredJob, b: StoredJob): boolean {
  return a.tenantId === b.tenantId && a.jobId === b.jobId;
}

function refOf({ tenantId, jobId }: StoredJob): { tenantId: string; jobId: string } {
  return { tenantId, jobId };
}
