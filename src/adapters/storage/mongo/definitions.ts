import type { NodeDefinition } from '../../../core/graph/definition.js';
import type { DefinitionChunk, JobRef } from '../../../core/job/job-record.js';
import { FENCE_MS } from '../../../ports/retention.js';
import { decodeHeader, decodeInline } from './record-codec.js';
import { commitKey, jobKey, nodeKey } from './keys.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { duplicatesIn, isDuplicate } from './mongo-errors.js';
import type { JobNodeDocument } from './schemas/job-node.schema.js';

/** What pages of nodes leave unread. */
export const WITHOUT_OUTPUT = { 'state.output': 0 } as const;

/** Nodes written or read in one round trip. */
const NODES_A_TRIP = 1_000;
/** Nodes in a chunk as it is read. */
const CHUNK_NODES = 250;
/** Chunks read in one call, at most. */
const MOST_CHUNKS = 16;
const REMEMBERED = 10_000;
const SWEPT_AT_ONCE = 100;

/** Where the definition of a job is. */
interface Place {
  readonly nodeCount: number;
  /** Present when it is in version 1 of the journal. */
  readonly inline?: DefinitionChunk;
}

/** Definitions of jobs: of small ones within version 1 of the journal, else a document a node. */
export class Definitions {
  readonly #connection: Connection;
  /** ms for which what was staged is left alone: another instance may be about to create the job. */
  readonly #grace: number;
  readonly #now: () => number;
  /** Jobs that are known not to exist yet, since this process is staging them. */
  readonly #staging = new Set<string>();
  /** Sizes of definitions that are with their nodes; they never change. */
  readonly #sizes = new Map<string, number>();

  constructor(connection: Connection, grace: number, now: () => number) {
    this.#connection = connection;
    this.#grace = grace;
    this.#now = now;
  }

  /**
   * Writes nodes of a job that is about to be created, over what was written for it before. Nothing
   * is written when the job exists already.
   */
  async write(ref: JobRef, chunks: readonly DefinitionChunk[]): Promise<void> {
    const job = jobKey(ref);
    if (!(await this.#beginStaging(job, ref))) return;
    const documents = chunks.flatMap(({ first, nodes }) =>
      nodes.map((node, at) => nodeDocument(job, ref, first + at, node)),
    );
    for (let at = 0; at < documents.length; at += NODES_A_TRIP) {
      await this.#insert(documents.slice(at, at + NODES_A_TRIP));
    }
  }

  /** The job has been created, or never will be by this process. */
  settled(job: string): void {
    this.#staging.delete(job);
  }

  /** The chunks that hold node `first` and those after it; none when there is no such job. */
  async read(ref: JobRef, first: number, limit: number): Promise<readonly DefinitionChunk[]> {
    const place = await this.#place(ref);
    if (place === undefined || limit < 1 || first >= place.nodeCount) return [];
    if (place.inline !== undefined) return [place.inline];
    const count = Math.min(limit, MOST_CHUNKS) * CHUNK_NODES;
    const end = Math.min(place.nodeCount, first + count);
    const [documents, there] = await Promise.all([
      this.documents(jobKey(ref), range(first, end)),
      this.#isThere(ref),
    ]);
    if (!there) return [];
    const chunks: DefinitionChunk[] = [];
    for (let at = first; at < end; at += CHUNK_NODES) {
      const indexes = range(at, Math.min(end, at + CHUNK_NODES));
      chunks.push({
        first: at,
        nodes: indexes.map((index) => definitionOf(documents, index, ref)),
      });
    }
    return chunks;
  }

  /** The definition of a small job, in one chunk. */
  async readInline(ref: JobRef): Promise<DefinitionChunk> {
    const place = await this.#place(ref);
    if (place?.inline === undefined) {
      throw new Error(`The definition of job ${ref.jobId} is not in its first record.`);
    }
    return place.inline;
  }

  /** Node documents of a job by index, without outputs; those that are not there are left out. */
  async documents(job: string, indexes: readonly number[]): Promise<Map<number, JobNodeDocument>> {
    const found = new Map<number, JobNodeDocument>();
    for (let at = 0; at < indexes.length; at += NODES_A_TRIP) {
      const keys = indexes.slice(at, at + NODES_A_TRIP).map((index) => nodeKey(job, index));
      const some = await this.#connection.nodes
        .find({ _id: { $in: keys } }, { projection: WITHOUT_OUTPUT })
        .batchSize(NODES_A_TRIP + 1)
        .toArray();
      for (const document of some) found.set(document.index, document);
    }
    return found;
  }

  /** Forgets nodes that were staged longer than the grace ago for jobs that were never created. */
  async sweep(): Promise<void> {
    for (;;) {
      const old = await this.#connection.call(() =>
        this.#connection.staged
          .find({ at: { $lte: this.#now() - this.#grace } })
          .limit(SWEPT_AT_ONCE)
          .toArray(),
      );
      if (old.length === 0) return;
      for (const { _id, tenant, job } of old) {
        await this.#sweepOne(_id, { tenantId: tenant, jobId: job });
      }
    }
  }

  async #sweepOne(job: string, ref: JobRef): Promise<void> {
    const { nodes, staged } = this.#connection;
    const deleteSome = async (): Promise<boolean> => {
      const some = await nodes
        .find({ tenant: ref.tenantId, job: ref.jobId }, { projection: { _id: 1 } })
        .limit(NODES_A_TRIP)
        .toArray();
      await nodes.deleteMany({ _id: { $in: some.map(({ _id }) => _id) } });
      return some.length === NODES_A_TRIP;
    };
    if (await this.#connection.call(() => this.#closeForCreation(job, ref))) {
      while (await this.#connection.call(deleteSome));
      await this.#connection.call(() => this.#forgetLater(job, ref));
    }
    await this.#connection.call(() => staged.deleteOne({ _id: job }));
  }

  /**
   * Puts a record in the place of the job's first, so that an instance that was staging it, however
   * late it comes, cannot create a job whose nodes are gone. False when the job exists.
   */
  async #closeForCreation(job: string, ref: JobRef): Promise<boolean> {
    const { commits } = this.#connection;
    const _id = commitKey(job, 1);
    try {
      await commits.insertOne(
        {
          _id,
          tenant: ref.tenantId,
          job: ref.jobId,
          version: 1,
          commitId: 'swept',
          at: this.#now(),
          swept: true,
        },
        DURABLE,
      );
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    const first = await commits.findOne({ _id }, { projection: { swept: 1 } });
    return first?.swept === true;
  }

  /** Has what was put in the place of the first commit deleted in the end. */
  async #forgetLater(job: string, ref: JobRef): Promise<void> {
    const due = this.#now() + FENCE_MS;
    const { tenantId: tenant, jobId } = ref;
    const tombstone = { tenant, job: jobId, due, erased: true, done: 0, versions: 1, nodes: 0 };
    await this.#connection.discarded.updateOne(
      { _id: job },
      { $setOnInsert: tombstone },
      { upsert: true },
    );
  }

  async #beginStaging(job: string, ref: JobRef): Promise<boolean> {
    if (this.#staging.has(job)) return true;
    const first = await this.#connection.commits.findOne(
      { _id: commitKey(job, 1) },
      { projection: { _id: 1 } },
    );
    if (first !== null) return false;
    await this.#connection.staged.updateOne(
      { _id: job },
      { $set: { tenant: ref.tenantId, job: ref.jobId, at: this.#now() } },
      { upsert: true, ...DURABLE },
    );
    remember(this.#staging, job);
    return true;
  }

  async #insert(documents: readonly JobNodeDocument[]): Promise<void> {
    const { nodes } = this.#connection;
    let there: readonly number[];
    try {
      await nodes.insertMany([...documents], { ordered: false, ...DURABLE });
      return;
    } catch (error) {
      there = duplicatesIn(error);
    }
    await nodes.bulkWrite(
      there.flatMap((index) => {
        const document = documents[index];
        if (document === undefined) return [];
        const { _id, nodeId = '', definition = '' } = document;
        return [{ updateOne: { filter: { _id }, update: { $set: { nodeId, definition } } } }];
      }),
      { ordered: false, ...DURABLE },
    );
  }

  async #isThere(ref: JobRef): Promise<boolean> {
    const first = await this.#connection.commits.findOne(
      { _id: commitKey(jobKey(ref), 1) },
      { projection: { swept: 1 } },
    );
    return first !== null && first.swept !== true;
  }

  async #place(ref: JobRef): Promise<Place | undefined> {
    const job = jobKey(ref);
    const known = this.#sizes.get(job);
    if (known !== undefined) return { nodeCount: known };
    const first = await this.#connection.commits.findOne(
      { _id: commitKey(job, 1) },
      { projection: { header: 1, definition: 1 } },
    );
    if (first?.header === undefined) return undefined;
    const { nodeCount } = decodeHeader(first.header);
    if (first.definition !== undefined)
      return { nodeCount, inline: decodeInline(first.definition) };
    this.#sizes.set(job, nodeCount);
    forgetOldest(this.#sizes);
    return { nodeCount };
  }
}

export function definitionOf(
  documents: ReadonlyMap<number, JobNodeDocument>,
  index: number,
  ref: JobRef,
): NodeDefinition {
  const text = documents.get(index)?.definition;
  if (text === undefined) throw new Error(`Node ${index} of job ${ref.jobId} has no definition.`);
  return JSON.parse(text) as NodeDefinition;
}

/** `from`, `from + 1`, … without `end`. */
export function range(from: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - from) }, (_, step) => from + step);
}

function nodeDocument(
  job: string,
  ref: JobRef,
  index: number,
  node: NodeDefinition,
): JobNodeDocument {
  return {
    _id: nodeKey(job, index),
    tenant: ref.tenantId,
    job: ref.jobId,
    index,
    nodeId: node.id,
    definition: JSON.stringify(node),
  };
}

function remember(set: Set<string>, key: string): void {
  set.add(key);
  const [oldest] = set;
  if (set.size > REMEMBERED && oldest !== undefined) set.delete(oldest);
}

function forgetOldest(map: Map<string, number>): void {
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
