import type { mongo } from 'mongoose';
import { isTerminalJob, JOB_STATUSES } from '../../../core/job/status.js';
import type { JobRef } from '../../../core/job/job-record.js';
import type { JobLeases } from '../../../ports/cluster.js';
import type { JobView } from '../../../ports/job-projections.js';
import type { JobProjector } from './job-projector.js';
import { viewOf, type ViewedJob } from './job-view.js';
import { jobOf } from './keys.js';
import type { Connection } from './mongo-connection.js';
import type { OrchestrationJobDocument } from './schemas/orchestration-job.schema.js';

const UNFINISHED = JOB_STATUSES.filter((status) => !isTerminalJob(status));
const LEFT_THE_QUEUE = UNFINISHED.filter((status) => status !== 'queued');
/** Databases of before jobs had drivers lack the field, which reads as null. */
const NOBODY = { $in: ['', null] };

type Order = Readonly<Record<string, 1 | -1>>;
const BY_URGENCY: Order = { priority: -1, order: 1 };
const BY_DEADLINE: Order = { dueBy: 1 };
/** As the index has them: a list of many instances' jobs is walked, not sorted. */
const BY_DRIVER: Order = { 'state.driver': 1, 'state.status': 1, ...BY_URGENCY };

/**
 * The leases as the projections show them, by priority, then in order of creation; those of several
 * instances one instance after the other. What this process has committed is waited for, up to a bound;
 * what others committed may be seen a moment late.
 */
export class MongoJobLeases implements JobLeases {
  readonly #connection: Connection;
  readonly #projector: JobProjector;
  /** ms that a read waits for this process's own commits. */
  readonly #patience: number;

  constructor(connection: Connection, projector: JobProjector, patience: number) {
    this.#connection = connection;
    this.#projector = projector;
    this.#patience = patience;
  }

  waiting(limit: number): Promise<readonly JobView[]> {
    return this.#connection.call(() =>
      this.#find({ 'state.driver': NOBODY, 'state.status': 'queued' }, limit),
    );
  }

  overdue(now: number, limit: number): Promise<readonly JobView[]> {
    return this.#connection.call(() =>
      this.#find(
        { dueBy: { $lte: now }, 'state.driver': NOBODY, 'state.status': 'queued' },
        limit,
        BY_DEADLINE,
      ),
    );
  }

  handedOver(limit: number): Promise<readonly JobView[]> {
    return this.#connection.call(() =>
      this.#find({ 'state.driver': NOBODY, 'state.status': { $in: LEFT_THE_QUEUE } }, limit),
    );
  }

  /** Shows also what the instance committed just before it died, and did not get to project. */
  heldBy(instanceId: string, limit: number): Promise<readonly JobView[]> {
    return this.#connection.call(async () => {
      await this.#projector.catchUpDriver(instanceId);
      const filter = { 'state.driver': instanceId, 'state.status': { $in: UNFINISHED } };
      return this.#find(filter, limit);
    });
  }

  /** What the instance has not projected yet it shows once it has. */
  namesHeldBy(instanceId: string): Promise<readonly JobRef[]> {
    return this.#connection.call(async () => {
      const found = await this.#connection.jobs
        .find({ 'state.driver': instanceId, 'state.status': { $in: UNFINISHED } })
        .project<{ readonly _id: string }>({ _id: 1 })
        .toArray();
      return found.map(({ _id }) => jobOf(_id));
    });
  }

  heldByOthers(than: readonly string[], limit: number): Promise<readonly JobView[]> {
    return this.#connection.call(() =>
      this.#find(
        { 'state.driver': { $gt: '', $nin: than }, 'state.status': { $in: UNFINISHED } },
        limit,
        BY_DRIVER,
      ),
    );
  }

  async #find(
    filter: mongo.Filter<OrchestrationJobDocument>,
    limit: number,
    order = BY_URGENCY,
  ): Promise<readonly JobView[]> {
    if (limit < 1) return [];
    await this.#projector.caughtUp(this.#patience);
    const found = await this.#connection.jobs
      .find(filter)
      .sort(order)
      .limit(limit)
      .project<ViewedJob>({ header: 1, 'state.progress': 1 })
      .toArray();
    // Jobs whose first commit is not projected have no priority yet and come last.
    return found.flatMap((job) => viewOf(job) ?? []);
  }
}
