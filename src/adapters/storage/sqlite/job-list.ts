import type { JobPage, JobQuery } from '../../../ports/job-projections.js';
import {
  BLOCK_JOBS,
  type Bits,
  countBits,
  emptyBits,
  intersect,
  unite,
  visitBits,
} from './posting-bits.js';
import {
  EVERY_JOB,
  type IndexedJob,
  labelFacet,
  nameFacet,
  priorityFacet,
  statusFacet,
  typeFacet,
} from './job-facets.js';
import type { JobIndex } from './job-index.js';
import type { JobLookup } from './job-lookup.js';
import { decodeCursor, encodeCursor, isWhole, type ListPosition } from '../list-cursor.js';
import type { Facet, Postings } from './postings.js';
import type { Scopes } from './scopes.js';
import type { Period, TimeBounds } from './time-bounds.js';

/** Where several filters meet, jobs are counted up to this many. */
const COUNTED_JOBS = 10_000;
const PRIORITIES = [1, 2, 3, 4, 5] as const;

/** Jobs that match every group; a job matches a group when it has one of its facets. */
interface Selection {
  readonly groups: readonly (readonly Facet[])[];
  readonly period: Period | undefined;
  readonly recent: readonly IndexedJob[];
}

interface PageWalk {
  skip: number;
  readonly limit: number;
  readonly found: ListPosition<number>[];
}

/** Lists jobs by the bitmaps of their facets, whose size hardly grows with the jobs in the store. */
export class JobList {
  readonly #scopes: Scopes;
  readonly #postings: Postings;
  readonly #bounds: TimeBounds;
  readonly #index: JobIndex;
  readonly #lookup: JobLookup;

  constructor(parts: {
    readonly scopes: Scopes;
    readonly postings: Postings;
    readonly bounds: TimeBounds;
    readonly index: JobIndex;
    readonly lookup: JobLookup;
  }) {
    this.#scopes = parts.scopes;
    this.#postings = parts.postings;
    this.#bounds = parts.bounds;
    this.#index = parts.index;
    this.#lookup = parts.lookup;
  }

  page(query: JobQuery): JobPage {
    const from =
      'cursor' in query.start ? decodeCursor(query, query.start.cursor, isWhole) : undefined;
    const scope = this.#scopes.find(query.tenantId, query.owner);
    // A tenant or owner whose jobs are all recent has a scope only once one of them is sealed.
    const all = this.#select(query, scope);
    const total = this.#count(all);
    const skip = 'offset' in query.start ? query.start.offset : 0;
    const walk: PageWalk = {
      skip,
      // Where the total is known the walk ends with the last job, not with the last block.
      limit: Math.min(
        query.limit + 1,
        total.totalIsLowerBound ? Infinity : Math.max(0, total.total - skip),
      ),
      found: [],
    };
    const descending = query.sort !== 'created_at';
    if (query.sort === 'created_at' || query.sort === '-created_at') {
      this.#walk(all, descending, from, walk, undefined);
    } else {
      const wanted = PRIORITIES.filter((p) => p === (query.priority ?? p));
      const priorities = query.sort === 'priority' ? wanted : wanted.toReversed();
      const start = from === undefined ? 0 : priorities.findIndex((p) => p === from.priority);
      for (const priority of priorities.slice(start)) {
        if (walk.found.length >= walk.limit) break;
        const selection = this.#withPriority(all, scope, priority);
        const after = from?.priority === priority ? from : undefined;
        this.#walk(selection, true, after, walk, priority);
      }
    }
    const shown = walk.found.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      jobs: shown.map((position) => this.#lookup.view(position.place)),
      ...total,
      ...(walk.found.length > query.limit && last !== undefined
        ? { next: encodeCursor(query, last) }
        : {}),
    };
  }

  #select(query: JobQuery, scope: number | undefined): Selection {
    const { createdFrom, createdTo } = query;
    const period =
      createdFrom === undefined && createdTo === undefined
        ? undefined
        : { from: createdFrom ?? -Infinity, to: createdTo ?? Infinity };
    const recent = this.#index.recent.filter((job) => matches(job, query, period));
    const names = groupsOf(query);
    const groups = names.map((group) => this.#facets(scope, group));
    return { groups, period, recent };
  }

  #withPriority(all: Selection, scope: number | undefined, priority: number): Selection {
    return {
      groups: [...all.groups, this.#facets(scope, [priorityFacet(priority)])],
      period: all.period,
      recent: all.recent.filter((job) => job.priority === priority),
    };
  }

  #facets(scope: number | undefined, names: readonly string[]): readonly Facet[] {
    if (scope === undefined) return [];
    return names
      .map((name) => this.#postings.find(scope, name))
      .filter((facet) => facet !== undefined && facet.total > 0) as Facet[];
  }

  #count(selection: Selection): { total: number; totalIsLowerBound: boolean } {
    const [only, ...more] = selection.groups;
    let total = selection.recent.length;
    if (only !== undefined && more.length === 0 && selection.period === undefined) {
      for (const facet of only) total += facet.total;
      return { total, totalIsLowerBound: false };
    }
    let totalIsLowerBound = false;
    this.#blocks(selection, true, undefined, (_block, bits) => {
      total += countBits(bits);
      totalIsLowerBound = total >= COUNTED_JOBS;
      return !totalIsLowerBound;
    });
    return { total, totalIsLowerBound };
  }

  #walk(
    selection: Selection,
    descending: boolean,
    after: ListPosition<number> | undefined,
    walk: PageWalk,
    priority: number | undefined,
  ): void {
    const beyond = (seq: number): boolean =>
      after === undefined || (descending ? seq < after.place : seq > after.place);
    const take = (seq: number): boolean => {
      if (!beyond(seq)) return true;
      if (walk.skip > 0) walk.skip -= 1;
      else walk.found.push({ place: seq, ...(priority === undefined ? {} : { priority }) });
      return walk.found.length < walk.limit;
    };
    const takeRecent = (): void => {
      const recent = descending ? selection.recent.toReversed() : selection.recent;
      for (const job of recent) if (!take(job.seq)) return;
    };
    if (descending) takeRecent();
    if (walk.found.length < walk.limit) {
      const start = after === undefined ? undefined : Math.floor(after.place / BLOCK_JOBS);
      this.#blocks(selection, descending, start, (block, bits) => {
        if (walk.skip > 0 && block !== start) {
          const count = countBits(bits);
          if (count <= walk.skip) {
            walk.skip -= count;
            return true;
          }
        }
        return visitBits(bits, descending, (index) => take(block * BLOCK_JOBS + index));
      });
    }
    if (!descending && walk.found.length < walk.limit) takeRecent();
  }

  /** The blocks in which jobs match, with those that do, until `visit` answers false. */
  #blocks(
    selection: Selection,
    descending: boolean,
    start: number | undefined,
    visit: (block: number, bits: Bits) => boolean,
  ): void {
    const [rarest, ...others] = selection.groups.toSorted((a, b) => sum(a) - sum(b));
    if (rarest === undefined || sum(rarest) === 0) return;
    const last = Math.floor((this.#bounds.sealed - 1) / BLOCK_JOBS);
    const { period } = selection;
    const step = descending ? -1 : 1;
    const bits = emptyBits();
    for (let block = start ?? (descending ? last : 0); block >= 0 && block <= last; block += step) {
      if (period !== undefined && !this.#bounds.mayHold(block, period)) continue;
      const nearest = this.#nearest(rarest, block, descending);
      if (nearest === undefined) return;
      if (nearest !== block) {
        block = nearest - step;
        continue;
      }
      this.#gather(bits, rarest, block);
      if (!others.every((group) => this.#intersect(bits, group, block))) continue;
      if (period !== undefined) this.#bounds.narrow(bits, block, period);
      if (!visit(block, bits)) return;
    }
  }

  #nearest(group: readonly Facet[], from: number, descending: boolean): number | undefined {
    let best: number | undefined;
    for (const facet of group) {
      const block = this.#postings.nearest(facet.id, from, descending);
      if (block === from) return block;
      if (block !== undefined && (best === undefined || block > best === descending)) best = block;
    }
    return best;
  }

  /** Sets the bits of the jobs that have any facet of the group. */
  #gather(bits: Bits, group: readonly Facet[], block: number): void {
    const [only, ...more] = group;
    const first = only && this.#postings.block(only.id, block);
    if (first === undefined) bits.fill(0);
    else bits.set(first);
    for (const facet of more) {
      const found = this.#postings.block(facet.id, block);
      if (found !== undefined) unite(bits, found);
    }
  }

  #intersect(bits: Bits, group: readonly Facet[], block: number): boolean {
    const [only, ...more] = group;
    if (more.length === 0) {
      const found = only && this.#postings.block(only.id, block);
      return found !== undefined && intersect(bits, found);
    }
    const either = emptyBits();
    this.#gather(either, group, block);
    return intersect(bits, either);
  }
}

function sum(group: readonly Facet[]): number {
  return group.reduce((total, facet) => total + facet.total, 0);
}

function groupsOf(query: JobQuery): readonly (readonly string[])[] {
  const groups: (readonly string[])[] = [];
  if (query.status !== undefined) groups.push([...new Set(query.status)].map(statusFacet));
  if (query.name !== undefined) groups.push([nameFacet(query.name)]);
  if (query.type !== undefined) groups.push([typeFacet(query.type)]);
  if (query.priority !== undefined) groups.push([priorityFacet(query.priority)]);
  for (const [label, value] of Object.entries(query.labels ?? {})) {
    groups.push([labelFacet(label, value)]);
  }
  return groups.length === 0 ? [[EVERY_JOB]] : groups;
}

function matches(job: IndexedJob, query: JobQuery, period: Period | undefined): boolean {
  return (
    job.tenantId === query.tenantId &&
    (query.owner === undefined || job.owner === query.owner) &&
    (query.status === undefined || query.status.includes(job.status)) &&
    (query.name === undefined || job.name === query.name) &&
    (query.type === undefined || job.types.includes(query.type)) &&
    (query.priority === undefined || job.priority === query.priority) &&
    (period === undefined || (job.createdAt >= period.from && job.createdAt < period.to)) &&
    Object.entries(query.labels ?? {}).every(([label, value]) => hasLabel(job, label, value))
  );
}

function hasLabel(job: IndexedJob, label: string, value: string): boolean {
  return Object.hasOwn(job.labels, label) && job.labels[label] === value;
}
