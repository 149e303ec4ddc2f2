import type { mongo } from 'mongoose';
import type { JobPage, JobQuery, JobSort } from '../../../ports/job-projections.js';
import { timePrefix } from './creation-order.js';
import { labelFacet, nameFacet, typeFacet } from './job-facets.js';
import { decodeCursor, encodeCursor, type ListPosition } from '../list-cursor.js';
import type { Connection } from './mongo-connection.js';
import { viewOf } from './job-view.js';
import type { OrchestrationJobDocument } from './schemas/orchestration-job.schema.js';

/** Jobs that match are counted up to this many. */
const COUNTED_JOBS = 10_000;

type Filter = mongo.Filter<OrchestrationJobDocument>;

const SORTS: Readonly<Record<JobSort, Readonly<Record<string, 1 | -1>>>> = {
  created_at: { order: 1 },
  '-created_at': { order: -1 },
  priority: { priority: 1, order: -1 },
  '-priority': { priority: -1, order: -1 },
};

/** Lists jobs by the indexes of their projections. */
export class JobList {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async page(query: JobQuery): Promise<JobPage> {
    const { jobs } = this.#connection;
    const filter = filterOf(query);
    const from =
      'cursor' in query.start ? decodeCursor(query, query.start.cursor, isOrder) : undefined;
    const [found, counted] = await Promise.all([
      jobs
        .find(from === undefined ? filter : { ...filter, ...beyond(query, from) })
        .sort(SORTS[query.sort])
        .skip('offset' in query.start ? query.start.offset : 0)
        .limit(query.limit + 1)
        .toArray(),
      jobs.countDocuments(filter, { limit: COUNTED_JOBS + 1 }),
    ]);
    const shown = found.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      jobs: shown.flatMap((job) => viewOf(job) ?? []),
      total: Math.min(counted, COUNTED_JOBS),
      totalIsLowerBound: counted > COUNTED_JOBS,
      ...(found.length > query.limit && last !== undefined
        ? { next: encodeCursor(query, positionOf(query, last)) }
        : {}),
    };
  }
}

/** Every filter is an equality, or a range of the field that the list is sorted by. */
export function filterOf(query: JobQuery): Filter {
  const facets = [
    ...Object.entries(query.labels ?? {}).map(([label, value]) => labelFacet(label, value)),
    ...(query.name === undefined ? [] : [nameFacet(query.name)]),
    ...(query.type === undefined ? [] : [typeFacet(query.type)]),
  ];
  const { createdFrom, createdTo } = query;
  return {
    tenant: query.tenantId,
    ...(query.owner === undefined ? {} : { owner: query.owner }),
    ...(query.status === undefined ? {} : { 'state.status': anyOf(query.status) }),
    ...(query.priority === undefined ? {} : { priority: query.priority }),
    ...(facets.length === 0 ? {} : { facets: { $all: facets } }),
    ...(createdFrom === undefined && createdTo === undefined
      ? {}
      : {
          createdAt: {
            ...(createdFrom === undefined ? {} : { $gte: createdFrom }),
            ...(createdTo === undefined ? {} : { $lt: createdTo }),
          },
        }),
    // A job's place is never before its time, which bounds the walk through the sorted index.
    ...(createdFrom === undefined ? {} : { order: { $gte: timePrefix(createdFrom) } }),
  };
}

function anyOf<T>(values: readonly T[]): T | { $in: T[] } {
  const [only, ...more] = new Set(values);
  return only !== undefined && more.length === 0 ? only : { $in: [...values] };
}

/** Where the list goes on. */
function beyond(query: JobQuery, { place: order, priority }: ListPosition<string>): Filter {
  const bound = query.createdFrom === undefined ? undefined : timePrefix(query.createdFrom);
  const lower = bound === undefined ? {} : { $gte: bound };
  if (query.sort === 'created_at') {
    return { order: { $gt: order, ...lower } };
  }
  const before: Filter = { order: { $lt: order, ...lower } };
  if (priority === undefined || query.priority !== undefined) return before;
  const further = query.sort === 'priority' ? { $gt: priority } : { $lt: priority };
  return { $or: [{ priority: further }, { priority, ...before }] };
}

function positionOf(query: JobQuery, job: OrchestrationJobDocument): ListPosition<string> {
  const { order: place = '', priority = 0 } = job;
  return query.sort.endsWith('priority') ? { place, priority } : { place };
}

function isOrder(value: unknown): value is string {
  return typeof value === 'string';
}
