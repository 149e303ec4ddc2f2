import { createHash, type Hash } from 'node:crypto';
import { StoreUnavailable } from '../ports/store-errors.js';
import { JOB_PARTS, jobItems, type JobItem, type JobPart, type JobToRead } from './job-parts.js';
import type { MovableStore } from './movable-store.js';

/** What was read of a job in one store. */
export interface JobDigest {
  /** SHA-256 of each part, in hexadecimal. */
  readonly parts: Readonly<Record<JobPart, string>>;
  readonly records: number;
  readonly nodes: number;
  /** Why it could not be read to its end. */
  readonly unreadable?: string;
}

/** Reads all of a job. What is damaged in the store is answered, not thrown. */
export async function digestJob(store: MovableStore, job: JobToRead): Promise<JobDigest> {
  const hashes = Object.fromEntries(
    JOB_PARTS.map((part) => [part, createHash('sha256')]),
  ) as Record<JobPart, Hash>;
  const read = { records: 0, nodes: 0 };
  let unreadable: string | undefined;
  try {
    for await (const { part, text } of jobItems(store, job)) {
      // Texts are JSON, in which a line break is always escaped.
      hashes[part].update(text).update('\n');
      if (part === 'records') read.records++;
      if (part === 'definition') read.nodes++;
    }
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    unreadable = error instanceof Error ? error.message : String(error);
  }
  const parts = Object.fromEntries(
    JOB_PARTS.map((part) => [part, hashes[part].digest('hex')]),
  ) as Record<JobPart, string>;
  return { ...read, parts, ...(unreadable === undefined ? {} : { unreadable }) };
}

/** What differs about a job that two stores have, a sentence a part; nothing when they agree. */
export async function differencesOf(
  job: JobToRead,
  source: { readonly store: MovableStore; readonly digest: JobDigest },
  target: { readonly store: MovableStore; readonly digest: JobDigest },
): Promise<readonly string[]> {
  const broken = (
    [
      ['source', source.digest],
      ['target', target.digest],
    ] as const
  ).flatMap(([side, { unreadable }]) =>
    unreadable === undefined ? [] : [`it cannot be read in the ${side}: ${unreadable}`],
  );
  if (broken.length > 0) return broken;
  const parts = JOB_PARTS.filter((part) => source.digest.parts[part] !== target.digest.parts[part]);
  return Promise.all(
    parts.map((part) =>
      firstDifference(
        ofPart(jobItems(source.store, job), part),
        ofPart(jobItems(target.store, job), part),
        part,
      ),
    ),
  );
}

async function firstDifference(
  source: AsyncGenerator<JobItem>,
  target: AsyncGenerator<JobItem>,
  part: JobPart,
): Promise<string> {
  for (;;) {
    const [ours, theirs] = [await source.next(), await target.next()];
    const here = ours.done === true ? undefined : ours.value;
    const there = theirs.done === true ? undefined : theirs.value;
    if (here === undefined && there === undefined) return `${part}: it changed while it was read`;
    if (here?.text === there?.text) continue;
    if (there === undefined) return `${here?.name ?? part} is missing in the target`;
    if (here === undefined) return `${there.name} is missing in the source`;
    return here.name === there.name
      ? `${here.name} differs`
      : `${here.name} stands against ${there.name}`;
  }
}

async function* ofPart(items: AsyncGenerator<JobItem>, part: JobPart): AsyncGenerator<JobItem> {
  for await (const item of items) if (item.part === part) yield item;
}
