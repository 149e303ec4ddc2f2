import type { JobRef } from '../core/job/job-record.js';
import type { DeadLetter } from '../ports/dead-letters.js';
import type {
  PlacedSchedule,
  StoreContents,
  StoredJob,
  StoredTemplateName,
  StoredTestCase,
  StoredToken,
} from '../ports/store-contents.js';

const JOBS_A_PAGE = 500;
const NAMES_A_PAGE = 50;
const LETTERS_A_PAGE = 50;
const TOKENS_A_PAGE = 1_000;

/** A job of one store, and how many records another has of it. */
export interface MatchedJob {
  readonly job: StoredJob;
  /** 0 when the other has no such job. */
  readonly there: number;
}

/** All jobs of a store in order of creation, in pages, with what another store has of them. */
export async function* matchedPages(
  contents: StoreContents,
  other: StoreContents,
): AsyncGenerator<readonly MatchedJob[]> {
  let after: string | undefined;
  for (;;) {
    const jobs = await contents.jobs(after, JOBS_A_PAGE);
    if (jobs.length === 0) return;
    after = jobs.at(-1)?.place;
    const versions = await other.versions(jobs);
    yield jobs.map((job, at) => ({ job, there: versions[at] ?? 0 }));
  }
}

export async function* matchedJobs(
  contents: StoreContents,
  other: StoreContents,
): AsyncGenerator<MatchedJob> {
  for await (const page of matchedPages(contents, other)) yield* page;
}

export async function* testCasePages(
  contents: StoreContents,
): AsyncGenerator<readonly StoredTestCase[]> {
  let after: string | undefined;
  for (;;) {
    const page = await contents.testCases(after, NAMES_A_PAGE);
    if (page.length === 0) return;
    after = page.at(-1)?.place;
    yield page;
  }
}

export async function* templatePages(
  contents: StoreContents,
): AsyncGenerator<readonly StoredTemplateName[]> {
  let after: string | undefined;
  for (;;) {
    const page = await contents.templates(after, NAMES_A_PAGE);
    if (page.length === 0) return;
    after = page.at(-1)?.place;
    yield page;
  }
}

export async function* letterPages(contents: StoreContents): AsyncGenerator<readonly DeadLetter[]> {
  let after: string | undefined;
  for (;;) {
    const page = await contents.deadLetters(after, LETTERS_A_PAGE);
    if (page.length === 0) return;
    after = page.at(-1)?.id;
    yield page;
  }
}

export async function* schedulePages(
  contents: StoreContents,
): AsyncGenerator<readonly PlacedSchedule[]> {
  let after: string | undefined;
  for (;;) {
    const page = await contents.schedules(after, NAMES_A_PAGE);
    if (page.length === 0) return;
    after = page.at(-1)?.place;
    yield page;
  }
}

/** Those that have not expired at `now` (epoch ms): a store may have forgotten the others. */
export async function* tokenPages(
  contents: StoreContents,
  now: number,
): AsyncGenerator<readonly StoredToken[]> {
  let after: string | undefined;
  for (;;) {
    const page = await contents.tokens(after, TOKENS_A_PAGE);
    if (page.length === 0) return;
    after = page.at(-1)?.id;
    yield page.filter(({ expiresAt }) => expiresAt > now);
  }
}

/** A job for people. */
export function named({ tenantId, jobId }: JobRef): string {
  return `job ${jobId} of tenant ${tenantId}`;
}
