import type { Schedule } from '../core/schedule/schedule.js';
import type { FoundTemplate } from '../ports/template-store.js';
import type { DeadLetter } from '../ports/dead-letters.js';
import type { TestCase } from '../ports/test-catalogue.js';
import type { MovableStore } from './movable-store.js';
import type { PlacedSchedule, StoredTestCase, StoredToken } from '../ports/store-contents.js';
import { letterPages, schedulePages, templatePages, testCasePages, tokenPages } from './pages.js';
import { severalAtOnce } from './several-at-once.js';

const READS_AT_ONCE = 8;

export interface MatchedTestCase {
  readonly tenantId: string;
  readonly testCase: TestCase;
  /** The one of its name in the other store. */
  readonly there: TestCase | undefined;
}

/** All test cases of a store, with those of another. */
export async function* matchedTestCases(
  store: MovableStore,
  other: MovableStore,
): AsyncGenerator<MatchedTestCase> {
  const match = async ({ tenantId, testCase }: StoredTestCase): Promise<MatchedTestCase> => ({
    tenantId,
    testCase,
    there: await other.catalogue.get(tenantId, testCase.name),
  });
  for await (const page of testCasePages(store.contents)) {
    for await (const some of severalAtOnce(page, READS_AT_ONCE, match)) yield* some;
  }
}

/** A template by its latest revision. */
export interface MatchedTemplate {
  readonly tenantId: string;
  readonly name: string;
  readonly latest: FoundTemplate;
  /** The one of its name in the other store. */
  readonly there: FoundTemplate | undefined;
}

/** All templates of a store, with those of another. */
export async function* matchedTemplates(
  store: MovableStore,
  other: MovableStore,
): AsyncGenerator<MatchedTemplate> {
  for await (const page of templatePages(store.contents)) {
    for (const { tenantId, name } of page) {
      const latest = await store.templates.get(tenantId, name);
      // A name may be there before its first revision is, which then was never answered.
      if (latest === undefined) continue;
      yield { tenantId, name, latest, there: await other.templates.get(tenantId, name) };
    }
  }
}

export interface MatchedLetter {
  readonly letter: DeadLetter;
  /** The one of its id in the other store. */
  readonly there: DeadLetter | undefined;
}

/** All dead letters of a store, with those of another. */
export async function* matchedLetters(
  store: MovableStore,
  other: MovableStore,
): AsyncGenerator<MatchedLetter> {
  const match = async (letter: DeadLetter): Promise<MatchedLetter> => ({
    letter,
    there: await other.deadLetters.get(letter.tenantId, letter.id),
  });
  for await (const page of letterPages(store.contents)) {
    for await (const some of severalAtOnce(page, READS_AT_ONCE, match)) yield* some;
  }
}

export interface MatchedSchedule {
  readonly schedule: Schedule;
  /** The one of its owner and name in the other store. */
  readonly there: Schedule | undefined;
}

/** All schedules of a store, with those of another. */
export async function* matchedSchedules(
  store: MovableStore,
  other: MovableStore,
): AsyncGenerator<MatchedSchedule> {
  const match = async ({ schedule }: PlacedSchedule): Promise<MatchedSchedule> => ({
    schedule,
    there: await other.schedules.get(schedule),
  });
  for await (const page of schedulePages(store.contents)) {
    for await (const some of severalAtOnce(page, READS_AT_ONCE, match)) yield* some;
  }
}

/** One token, as each of two stores has it. */
export interface MatchedToken {
  readonly id: string;
  readonly source: StoredToken | undefined;
  readonly target: StoredToken | undefined;
}

/** The tokens of both stores that have not expired at `now` (epoch ms). */
export async function* matchedTokens(
  source: MovableStore,
  target: MovableStore,
  now: number,
): AsyncGenerator<MatchedToken> {
  const [ours, theirs] = [tokensOf(source, now), tokensOf(target, now)];
  let [here, there] = [await nextOf(ours), await nextOf(theirs)];
  for (;;) {
    const first = earlier(here, there);
    if (first === undefined) return;
    const { id } = first;
    const match = { id, source: matching(here, id), target: matching(there, id) };
    yield match;
    if (match.source !== undefined) here = await nextOf(ours);
    if (match.target !== undefined) there = await nextOf(theirs);
  }
}

async function* tokensOf({ contents }: MovableStore, now: number): AsyncGenerator<StoredToken> {
  for await (const page of tokenPages(contents, now)) yield* page;
}

async function nextOf(tokens: AsyncGenerator<StoredToken>): Promise<StoredToken | undefined> {
  const next = await tokens.next();
  return next.done === true ? undefined : next.value;
}

/** By the bytes of their ids, which is the order of the stores. */
function earlier(a: StoredToken | undefined, b: StoredToken | undefined): StoredToken | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)) <= 0 ? a : b;
}

function matching(token: StoredToken | undefined, id: string): StoredToken | undefined {
  return token?.id === id ? token : undefined;
}
