import { canonicalJson } from './canonical-json.js';
import type { Differences } from './differences.js';
import type { MovableStore } from './movable-store.js';
import {
  matchedLetters,
  matchedSchedules,
  matchedTemplates,
  matchedTestCases,
  matchedTokens,
} from './shared-things.js';
import type { Tally } from './tally.js';

interface Sides<T> {
  readonly source: T;
  readonly target: T;
}

/** One thing as each store has it, in a form that is the same in every store. */
export type Texts = Partial<Sides<string>>;

/** Compares the catalogues of all tenants. */
export async function* compareTestCases(
  { source, target }: Sides<MovableStore>,
  tallies: Sides<Tally>,
  differences: Differences,
): AsyncGenerator<Texts> {
  for await (const { tenantId, testCase, there } of matchedTestCases(source, target)) {
    tallies.source.of(tenantId).testCases++;
    const ours = canonicalJson([tenantId, testCase]);
    if (there === undefined) {
      differences.add({ tenantId, what: `test case ${testCase.name} is missing in the target` });
      yield { source: ours };
      continue;
    }
    const theirs = canonicalJson([tenantId, there]);
    if (ours !== theirs) differences.add({ tenantId, what: `test case ${testCase.name} differs` });
    yield { source: ours, target: theirs };
  }
  for await (const { tenantId, testCase, there } of matchedTestCases(target, source)) {
    tallies.target.of(tenantId).testCases++;
    if (there !== undefined) continue;
    differences.add({ tenantId, what: `test case ${testCase.name} is in the target only` });
    yield { target: canonicalJson([tenantId, testCase]) };
  }
}

/** Compares every revision of every template. */
export async function* compareTemplates(
  { source, target }: Sides<MovableStore>,
  tallies: Sides<Tally>,
  differences: Differences,
): AsyncGenerator<Texts> {
  for await (const { tenantId, name, latest, there } of matchedTemplates(source, target)) {
    tallies.source.of(tenantId).templates++;
    if (there === undefined) {
      differences.add({ tenantId, what: `template ${name} is missing in the target` });
    } else if (there.archived !== latest.archived) {
      const [yes, no] = latest.archived ? ['source', 'target'] : ['target', 'source'];
      differences.add({
        tenantId,
        what: `template ${name} is archived in the ${yes} and not in the ${no}`,
      });
    }
    yield {
      source: canonicalJson([tenantId, name, latest.archived]),
      ...(there === undefined ? {} : { target: canonicalJson([tenantId, name, there.archived]) }),
    };
    const last = Math.max(latest.revision.revision, there?.revision.revision ?? 0);
    for (let number = 1; number <= last; number++) {
      const ours = await revisionText(source, tenantId, name, number);
      const theirs =
        there === undefined ? undefined : await revisionText(target, tenantId, name, number);
      if (there !== undefined && ours !== theirs) {
        differences.add({ tenantId, what: `revision ${number} of template ${name} differs` });
      }
      yield {
        ...(ours === undefined ? {} : { source: ours }),
        ...(theirs === undefined ? {} : { target: theirs }),
      };
    }
  }
  for await (const { tenantId, name, latest, there } of matchedTemplates(target, source)) {
    tallies.target.of(tenantId).templates++;
    if (there !== undefined) continue;
    differences.add({ tenantId, what: `template ${name} is in the target only` });
    yield { target: canonicalJson([tenantId, latest]) };
  }
}

/** Compares the schedules of all tenants, with how far each has come. */
export async function* compareSchedules(
  { source, target }: Sides<MovableStore>,
  tallies: Sides<Tally>,
  differences: Differences,
): AsyncGenerator<Texts> {
  for await (const { schedule, there } of matchedSchedules(source, target)) {
    const { tenantId, owner, name } = schedule;
    tallies.source.of(tenantId).schedules++;
    const ours = canonicalJson(schedule);
    const theirs = there === undefined ? undefined : canonicalJson(there);
    const how = theirs === undefined ? 'is missing in the target' : 'differs';
    if (ours !== theirs) {
      differences.add({ tenantId, what: `schedule ${name} of ${owner} ${how}` });
    }
    yield { source: ours, ...(theirs === undefined ? {} : { target: theirs }) };
  }
  for await (const { schedule, there } of matchedSchedules(target, source)) {
    const { tenantId, owner, name } = schedule;
    tallies.target.of(tenantId).schedules++;
    if (there !== undefined) continue;
    differences.add({ tenantId, what: `schedule ${name} of ${owner} is in the target only` });
    yield { target: canonicalJson(schedule) };
  }
}

async function revisionText(
  { templates }: MovableStore,
  tenantId: string,
  name: string,
  revision: number,
): Promise<string | undefined> {
  const found = await templates.get(tenantId, name, revision);
  return found === undefined ? undefined : canonicalJson([tenantId, found.revision]);
}

/** Compares the dead letters. */
export async function* compareLetters(
  { source, target }: Sides<MovableStore>,
  tallies: Sides<Tally>,
  differences: Differences,
): AsyncGenerator<Texts> {
  for await (const { letter, there } of matchedLetters(source, target)) {
    const { tenantId, jobId, nodeId } = letter;
    tallies.source.of(tenantId).deadLetters++;
    const what = `the dead letter of node ${nodeId}`;
    const ours = canonicalJson(letter);
    if (there === undefined) {
      differences.add({ tenantId, jobId, what: `${what} is missing in the target` });
      yield { source: ours };
      continue;
    }
    const theirs = canonicalJson(there);
    if (ours !== theirs) differences.add({ tenantId, jobId, what: `${what} differs` });
    yield { source: ours, target: theirs };
  }
  for await (const { letter, there } of matchedLetters(target, source)) {
    const { tenantId, jobId, nodeId } = letter;
    tallies.target.of(tenantId).deadLetters++;
    if (there !== undefined) continue;
    const what = `the dead letter of node ${nodeId} is in the target only`;
    differences.add({ tenantId, jobId, what });
    yield { target: canonicalJson(letter) };
  }
}

/** Compares the redeemed tokens that have not expired at `now` (epoch ms). */
export async function* compareTokens(
  stores: Sides<MovableStore>,
  tallies: Sides<Tally>,
  differences: Differences,
  now: number,
): AsyncGenerator<Texts> {
  for await (const { id, source, target } of matchedTokens(stores.source, stores.target, now)) {
    if (source !== undefined) tallies.source.tokens++;
    if (target !== undefined) tallies.target.tokens++;
    if (target === undefined) differences.add({ what: `token ${id} is missing in the target` });
    else if (source === undefined) differences.add({ what: `token ${id} is in the target only` });
    else if (source.expiresAt !== target.expiresAt)
      differences.add({ what: `token ${id} differs` });
    yield {
      ...(source === undefined ? {} : { source: canonicalJson(source) }),
      ...(target === undefined ? {} : { target: canonicalJson(target) }),
    };
  }
}
