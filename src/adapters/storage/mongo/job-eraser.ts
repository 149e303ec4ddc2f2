import type { JobRef } from '../../../core/job/job-record.js';
import { FENCE_MS } from '../../../ports/retention.js';
import { range } from './definitions.js';
import { commitKey, jobKey, nodeKey, partKey } from './keys.js';
import type { Connection } from './mongo-connection.js';
import { retryRace } from './mongo-errors.js';
import type { DiscardedJobDocument } from './schemas/discarded-job.schema.js';

/** Documents emptied or deleted in one call, about. */
const DOCUMENTS_A_CALL = 2_000;

/** Leaves of a commit what keeps others from its place. */
const EMPTIED = {
  $set: { swept: true },
  $unset: {
    progress: 1,
    body: 1,
    pending: 1,
    header: 1,
    order: 1,
    definition: 1,
    claim: 1,
    bodyHash: 1,
  },
} as const;

/** What is done to a job in one call: some of its commits and nodes, by their numbers. */
interface Slice {
  readonly note: DiscardedJobDocument;
  readonly versions: readonly number[];
  readonly nodes: readonly number[];
  /** How far the job is done with after this. */
  readonly done: number;
}

/**
 * Takes jobs from all who look for them: from lists first, from the journal then. Behind the last
 * version, which somebody may know and commit to, it puts a commit that is empty.
 */
export async function hide(
  { commits, jobs }: Connection,
  notes: readonly DiscardedJobDocument[],
): Promise<void> {
  await jobs.deleteMany({ _id: { $in: notes.map(({ _id }) => _id) } });
  const firsts = notes.map(({ _id }) => commitKey(_id, 1));
  const barriers = notes.map(({ _id, tenant, job, versions: version }) => ({
    updateOne: {
      filter: { _id: commitKey(_id, version) },
      update: {
        $set: { swept: true as const },
        $setOnInsert: { tenant, job, version, commitId: 'discarded', at: 0 },
      },
      upsert: true,
    },
  }));
  const empty = { updateMany: { filter: { _id: { $in: firsts } }, update: EMPTIED } };
  await retryRace(() => commits.bulkWrite([empty, ...barriers], { ordered: false }));
}

/** Erases what discarded jobs leave: first all but the keys of their commits, and in the end those. */
export class JobEraser {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Does one step; true when there is nothing more to do about these jobs now. */
  async erase(jobs: readonly JobRef[], now: number): Promise<boolean> {
    const notes = await this.#connection.discarded
      .find({ _id: { $in: jobs.map(jobKey) }, due: { $lte: now } })
      .toArray();
    if (notes.length === 0) return true;
    // Whoever discarded them may not have come so far yet, or died before.
    const visible = notes.filter(({ erased, done }) => !erased && done === 0);
    if (visible.length > 0) await hide(this.#connection, visible);
    const slices = slicesOf(notes);
    const commits = slices.flatMap(({ note, versions }) =>
      versions.map((version) => commitKey(note._id, version)),
    );
    const nodes = slices.flatMap(({ note, nodes: some }) =>
      some.map((index) => nodeKey(note._id, index)),
    );
    if (commits.length > 0) await this.#eraseCommits(slices, commits);
    if (nodes.length > 0) await this.#connection.nodes.deleteMany({ _id: { $in: nodes } });
    const over = slices.filter(isOver);
    if (over.length > 0) await this.#eraseRest(over.map(({ note }) => note));
    await this.#note(slices, now);
    return slices.length === notes.length && over.length === slices.length;
  }

  async #eraseCommits(slices: readonly Slice[], keys: readonly string[]): Promise<void> {
    const { commits, parts } = this.#connection;
    const large = await commits
      .find(
        { _id: { $in: [...keys] }, parts: { $gt: 0 } },
        { projection: { commitId: 1, parts: 1 } },
      )
      .toArray();
    if (large.length > 0) {
      const pieces = large.flatMap(({ _id, commitId, parts: count = 0 }) =>
        range(0, count).map((part) => partKey(_id, commitId, part)),
      );
      await parts.deleteMany({ _id: { $in: pieces } });
    }
    const bare = new Set(slices.filter(({ note }) => note.erased).map(({ note }) => note._id));
    const keysOf = (erased: boolean): string[] =>
      slices
        .filter(({ note }) => bare.has(note._id) === erased)
        .flatMap(({ note, versions }) => versions.map((version) => commitKey(note._id, version)));
    const [full, emptied] = [keysOf(false), keysOf(true)];
    if (full.length > 0) await commits.updateMany({ _id: { $in: full } }, EMPTIED);
    if (emptied.length > 0) await commits.deleteMany({ _id: { $in: emptied }, swept: true });
  }

  /** What is not numbered, or what somebody late has brought back. */
  async #eraseRest(notes: readonly DiscardedJobDocument[]): Promise<void> {
    const { jobs, nodes, staged } = this.#connection;
    const keys = notes.map(({ _id }) => _id);
    await nodes.deleteMany({ $or: notes.map(({ tenant, job }) => ({ tenant, job })) });
    await jobs.deleteMany({ _id: { $in: keys } });
    await staged.deleteMany({ _id: { $in: keys } });
  }

  /** Only what stands as it was read: another process may be at the same jobs. */
  async #note(slices: readonly Slice[], now: number): Promise<void> {
    await this.#connection.discarded.bulkWrite(
      slices.map((slice) => {
        const { _id, erased, done } = slice.note;
        const filter = { _id, erased, done };
        if (erased && isOver(slice)) return { deleteOne: { filter } };
        const progress = isOver(slice)
          ? { erased: true, due: now + FENCE_MS, done: 0 }
          : { done: slice.done };
        return { updateOne: { filter, update: { $set: progress } } };
      }),
      { ordered: false },
    );
  }
}

function isOver({ note, done }: Slice): boolean {
  return done >= note.versions + note.nodes;
}

function slicesOf(notes: readonly DiscardedJobDocument[]): readonly Slice[] {
  const slices: Slice[] = [];
  let room = DOCUMENTS_A_CALL;
  for (const note of notes) {
    if (room <= 0) break;
    const { versions, nodes } = note;
    const done = Math.min(versions + nodes, note.done + room);
    room -= done - note.done + 1;
    slices.push({
      note,
      versions: range(note.done, Math.min(done, versions)).map((version) => version + 1),
      nodes: range(Math.max(note.done, versions), done).map((place) => place - versions),
      done,
    });
  }
  return slices;
}
