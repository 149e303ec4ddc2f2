import { priorityOf, type JobRef } from '../../../core/job/job-record.js';
import { isTerminalJob, unstartedNodeStatus } from '../../../core/job/status.js';
import { standingOf, type NodeStanding } from '../../../core/why/dependencies.js';
import type {
  JobPage,
  JobProjections,
  JobQuery,
  JobView,
  NodeQuery,
  NodeView,
  UnfinishedJob,
} from '../../../ports/job-projections.js';
import { InvalidCursor } from '../../../ports/store-errors.js';
import { BLOCK_JOBS, visitBits } from './posting-bits.js';
import type { Connection } from './connection.js';
import type { DefinitionPlace, Definitions } from './definitions.js';
import type { DiscardedJobs } from './discarded-jobs.js';
import { NO_SCOPE, UNFINISHED } from './job-facets.js';
import type { JobIndex } from './job-index.js';
import type { JobList } from './job-list.js';
import type { JobLookup } from './job-lookup.js';
import type { NodeProjection } from '../../../core/job/job-record.js';
import type { NodeStates } from './node-states.js';
import type { Postings } from './postings.js';

/** Definitions are parsed at most this long, in ms, before the event loop has its turn. */
const TURN = 8;
/** Nodes whose standings are read before the event loop has its turn. */
const STANDINGS_A_TURN = 1_000;

export interface ProjectionParts {
  readonly definitions: Definitions;
  readonly nodes: NodeStates;
  readonly lookup: JobLookup;
  readonly list: JobList;
  readonly index: JobIndex;
  readonly postings: Postings;
  readonly discards: DiscardedJobs;
}

/** Projections in SQLite: of the same transaction as the records they follow from. */
export class SqliteJobProjections implements JobProjections {
  readonly #connection: Connection;
  readonly #parts: ProjectionParts;

  constructor(connection: Connection, parts: ProjectionParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  job(ref: JobRef): Promise<JobView | undefined> {
    return this.#connection.read(() => {
      const job = this.#parts.lookup.find(ref);
      return job === undefined ? undefined : this.#parts.lookup.view(job.seq);
    });
  }

  async nodes(ref: JobRef, query: NodeQuery): Promise<readonly NodeView[]> {
    const chosen = await this.#connection.read(() => {
      const job = this.#parts.lookup.find(ref);
      return job === undefined ? undefined : { job, states: this.#choose(job, query) };
    });
    return chosen === undefined ? [] : this.#defined(ref, chosen.job, chosen.states);
  }

  node(ref: JobRef, nodeId: string): Promise<NodeView | undefined> {
    return this.#connection.read(() => {
      const job = this.#parts.lookup.find(ref);
      const found = job && this.#parts.definitions.find(job, nodeId);
      if (job === undefined || found === undefined) return undefined;
      const state = this.#parts.nodes.one(job.seq, found.index);
      return { ...found, ...(state === undefined ? {} : { state }) };
    });
  }

  async standings(
    ref: JobRef,
    nodeIds: readonly string[],
  ): Promise<ReadonlyMap<string, NodeStanding>> {
    const job = await this.#connection.read(() => this.#parts.lookup.find(ref));
    const found = new Map<string, NodeStanding>();
    if (job === undefined) return found;
    const places = await this.#placesOf(job, new Set(nodeIds));
    for (let at = 0; at < places.length; at += STANDINGS_A_TURN) {
      if (at > 0) await breathe();
      const some = places.slice(at, at + STANDINGS_A_TURN);
      const gone = await this.#connection.read(() => {
        if (this.#parts.lookup.find(ref)?.seq !== job.seq) return true;
        const { progress } = this.#parts.lookup.view(job.seq);
        const unstarted = unstartedNodeStatus(progress.status);
        const states = this.#parts.nodes.among(
          job.seq,
          some.map(({ index }) => index),
        );
        for (const { id, index } of some) found.set(id, standingOf(states.get(index), unstarted));
        return false;
      });
      if (gone) return new Map();
    }
    return found;
  }

  list(query: JobQuery): Promise<JobPage> {
    return this.#connection.read(() => this.#parts.list.page(query));
  }

  unfinished(after: UnfinishedJob | undefined, limit: number): Promise<readonly UnfinishedJob[]> {
    return this.#connection.read(() => {
      let from = 0;
      if (after !== undefined) {
        const seq = this.#parts.lookup.find(after)?.seq ?? this.#parts.discards.seqOf(after);
        if (seq === undefined) throw new InvalidCursor();
        from = seq + 1;
      }
      return this.#unfinishedFrom(from, limit).map((seq) => {
        const view = this.#parts.lookup.view(seq);
        const { tenantId, jobId, createdAt, deadline } = view.header;
        const { status } = view.progress;
        return {
          tenantId,
          jobId,
          priority: priorityOf(view),
          createdAt,
          status,
          ...(deadline === undefined ? {} : { deadline }),
        };
      });
    });
  }

  #unfinishedFrom(from: number, limit: number): readonly number[] {
    const { postings, index } = this.#parts;
    const found: number[] = [];
    if (limit < 1) return found;
    const take = (seq: number): boolean => {
      if (seq >= from) found.push(seq);
      return found.length < limit;
    };
    const facet = postings.find(NO_SCOPE, UNFINISHED);
    let block = Math.floor(from / BLOCK_JOBS);
    for (; facet !== undefined; block += 1) {
      const nearest = postings.nearest(facet.id, block, false);
      const bits = nearest === undefined ? undefined : postings.block(facet.id, nearest);
      if (nearest === undefined || bits === undefined) break;
      block = nearest;
      const base = block * BLOCK_JOBS;
      if (!visitBits(bits, false, (bit) => take(base + bit))) return found;
    }
    for (const job of index.recent) {
      if (!isTerminalJob(job.status) && !take(job.seq)) break;
    }
    return found;
  }

  /** The nodes of a page, by index, with the states they have. */
  #choose(
    job: DefinitionPlace,
    query: NodeQuery,
  ): readonly (readonly [number, NodeProjection | undefined])[] {
    const { nodes, lookup } = this.#parts;
    const { after, limit, status } = query;
    if (limit < 1) return [];
    const { header, progress } = lookup.view(job.seq);
    let indexes: number[] = [];
    if (status === undefined) {
      const end = Math.min(after + limit, header.nodeCount - 1);
      for (let index = after + 1; index <= end; index += 1) indexes.push(index);
    } else if (status === unstartedNodeStatus(progress.status)) {
      indexes = nodes.unstartedOr(job.seq, status, after, limit, header.nodeCount);
    } else {
      return nodes
        .withStatus(job.seq, status, after, limit)
        .map((node) => [node.index, node] as const);
    }
    const first = indexes[0];
    const last = indexes.at(-1);
    if (first === undefined || last === undefined) return [];
    const states = nodes.among(job.seq, indexes);
    return indexes.map((index) => [index, states.get(index)] as const);
  }

  /** Where nodes are in the definition, in its order: found by walking over it until all are. */
  async #placesOf(
    job: DefinitionPlace,
    wanted: ReadonlySet<string>,
  ): Promise<readonly { readonly id: string; readonly index: number }[]> {
    const places: { id: string; index: number }[] = [];
    let next = 0;
    let turnEnds = performance.now() + TURN;
    while (places.length < wanted.size) {
      if (performance.now() > turnEnds) {
        await breathe();
        turnEnds = performance.now() + TURN;
      }
      const [chunk] = await this.#connection.read(() => this.#parts.definitions.read(job, next, 1));
      if (chunk === undefined) break;
      for (const [at, { id }] of chunk.nodes.entries()) {
        if (wanted.has(id)) places.push({ id, index: chunk.first + at });
      }
      next = chunk.first + chunk.nodes.length;
    }
    return places;
  }

  /** Definitions never change, so they can be gathered over several turns of the event loop. */
  async #defined(
    ref: JobRef,
    job: DefinitionPlace,
    chosen: readonly (readonly [number, NodeProjection | undefined])[],
  ): Promise<readonly NodeView[]> {
    const views: NodeView[] = [];
    let turnEnds = performance.now() + TURN;
    while (views.length < chosen.length) {
      if (performance.now() > turnEnds) {
        await breathe();
        turnEnds = performance.now() + TURN;
      }
      const wanted = chosen[views.length]?.[0] ?? 0;
      const [chunk] = await this.#connection.read(() =>
        this.#parts.definitions.read(job, wanted, 1),
      );
      if (chunk === undefined && this.#parts.discards.seqOf(ref) === job.seq) return [];
      if (chunk === undefined)
        throw new Error(`Node ${wanted} of job number ${job.seq} has no definition.`);
      for (const [index, state] of chosen.slice(views.length)) {
        const definition = chunk.nodes[index - chunk.first];
        if (definition === undefined) break;
        views.push({ index, definition, ...(state === undefined ? {} : { state }) });
      }
    }
    return views;
  }
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
