import { compensationSteps } from '../core/graph/compensations.js';
import { isFannedOut, MAX_SUB_JOB_DEPTH, type NodeDefinition } from '../core/graph/definition.js';
import { childrenOf } from '../core/graph/fan-out.js';
import type { AttemptError, AttemptResult } from '../core/job/attempt.js';
import { childIdOf, compensationIdOf } from '../core/job/child-ids.js';
import { deadlineOf } from '../core/job/deadline.js';
import { headerOf } from '../core/job/job-header.js';
import type { JobHeader, ParentLink, RerunOrigin } from '../core/job/job-record.js';
import type { JobState } from '../core/job/job-state.js';
import { isTerminalJob } from '../core/job/status.js';
import type { Json } from '../core/json.js';
import { planSteps } from '../core/plan/build-plan.js';
import { planNode } from '../core/plan/plan-node.js';
import type { Plan, PlanDefaults } from '../core/plan/plan.js';
import type { Clock } from '../ports/clock.js';
import type { JobProjections, JobView } from '../ports/job-projections.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { ChildDefinitions, SubJobConfig } from './child-definitions.js';
import type { JobExpressions } from './job-expressions.js';
import type { Recovery } from './recovery.js';
import { runInSlices } from './slices.js';

/** A job whose nodes, or which itself, is to be run by others. */
export interface ParentJob {
  readonly header: JobHeader;
  readonly plan: Plan;
  readonly state: JobState;
}

/** A job to be made; it belongs to another. */
export interface ChildSubmission {
  readonly header: JobHeader;
  readonly nodes: readonly NodeDefinition[];
  readonly plan: Plan;
}

export interface ChildJobsParts {
  readonly projections: JobProjections;
  readonly recovery: Recovery;
  /** Whether a node of a job that runs another again does what it did there once more. */
  readonly repeatsOnly: (header: JobHeader, plan: Plan, node: number) => Promise<boolean>;
  readonly definitions: ChildDefinitions;
  readonly clock: Clock;
  readonly planDefaults: PlanDefaults;
  /** Makes a job durable; nothing when it is there. Rejects with {@link StoreUnavailable}. */
  readonly create: (submission: ChildSubmission) => Promise<void>;
}

const NAME_LENGTH = 200;
/** How often, and how long apart, to look whether what a child reads of its parent is shown. */
const LOOKS = 100;
const LOOK_PAUSE_MS = 50;

/**
 * Makes the jobs that nodes are run by: of nodes with children, of nodes of type `sub_job`, and of
 * compensations. A job is known by the attempt that it runs, so to make it twice makes it once: the
 * first one stands, and with it the children that it has.
 */
export class ChildJobs {
  readonly #parts: ChildJobsParts;

  constructor(parts: ChildJobsParts) {
    this.#parts = parts;
  }

  /**
   * Makes the job that runs an attempt of a node; answers that it is waited for, or why there is none.
   * Rejects with {@link StoreUnavailable} when that is not known; to be asked again then.
   */
  async launch(
    parent: ParentJob,
    node: number,
    attempt: number,
    expressions: JobExpressions,
  ): Promise<AttemptResult> {
    const { definition } = planNode(parent.plan, node);
    const { header } = parent;
    const depth = (header.parent?.depth ?? 0) + 1;
    if (depth > MAX_SUB_JOB_DEPTH) {
      return failed({
        class: 'non_retryable',
        code: 'sub_job_too_deep',
        message: `Jobs are at most ${MAX_SUB_JOB_DEPTH} levels deep. See whether a template runs itself.`,
      });
    }
    const link: ParentLink = {
      jobId: header.jobId,
      kind: isFannedOut(definition) ? 'children' : 'sub_job',
      nodeId: definition.id,
      attempt,
      depth,
    };
    const jobId = childIdOf(header, definition.id, attempt);
    const waiting: AttemptResult = { status: 'waiting', awaits: 'job', child: jobId };
    if ((await this.#parts.projections.job({ ...header, jobId })) !== undefined) return waiting;
    const submission =
      (await this.#again(parent, node, attempt, jobId, link)) ??
      (link.kind === 'children'
        ? await this.#children(parent, node, jobId, link, expressions)
        : await this.#subJob(parent, node, jobId, link, expressions));
    if ('status' in submission) return submission;
    const deadline = deadlineOf(parent.plan, parent.state, node);
    await this.#parts.create(dueBy(submission, deadline, this.#parts.clock.now()));
    return waiting;
  }

  /** Makes the job that undoes what a job did, unless it is there. Rejects as {@link launch} does. */
  async compensate(
    parent: Pick<ParentJob, 'header' | 'plan'>,
    hasCompleted: (node: number) => boolean,
  ): Promise<void> {
    const { plan, header } = parent;
    const jobId = compensationIdOf(header);
    if ((await this.#parts.projections.job({ ...header, jobId })) !== undefined) return;
    const nodes = await runInSlices(compensationSteps(plan, hasCompleted));
    const depth = (header.parent?.depth ?? 0) + 1;
    const link: ParentLink = { jobId: header.jobId, kind: 'compensation', attempt: 1, depth };
    await this.#parts.create(await this.#ofNodes(parent, nodes, jobId, link));
  }

  /**
   * What runs again of what ran the node before, all that had succeeded kept: in another attempt, or
   * in a job that is run again, unless something that the node needs runs anew.
   */
  async #again(
    { header, plan }: ParentJob,
    node: number,
    attempt: number,
    jobId: string,
    link: ParentLink,
  ): Promise<ChildSubmission | undefined> {
    const former =
      attempt > 1
        ? childIdOf(header, planNode(plan, node).definition.id, attempt - 1)
        : await this.#formerChild(header, plan, node);
    if (former === undefined) return undefined;
    const view = await this.#parts.projections.job({ ...header, jobId: former });
    if (view === undefined || !isTerminalJob(view.progress.status)) return undefined;
    const definition = await this.#parts.recovery.plan(view.header);
    const rerunOf: RerunOrigin = { jobId: former, from: [] };
    const now = this.#parts.clock.now();
    return {
      ...definition,
      header: { ...view.header, jobId, parent: link, rerunOf, createdAt: now, ...traceOf(header) },
    };
  }

  async #formerChild(header: JobHeader, plan: Plan, node: number): Promise<string | undefined> {
    const { rerunOf, tenantId } = header;
    if (rerunOf?.from === undefined) return undefined;
    if (!(await this.#parts.repeatsOnly(header, plan, node))) return undefined;
    const { id } = planNode(plan, node).definition;
    const former = await this.#parts.projections.node({ tenantId, jobId: rerunOf.jobId }, id);
    return former?.state?.child;
  }

  async #children(
    parent: ParentJob,
    node: number,
    jobId: string,
    link: ParentLink,
    expressions: JobExpressions,
  ): Promise<ChildSubmission | AttemptResult> {
    await this.#shown(parent);
    const found = await expressions.items(node);
    if ('error' in found) return failed(found.error);
    if (found.items.length === 0) return { status: 'completed', output: NO_CHILDREN };
    const { definition } = planNode(parent.plan, node);
    return this.#ofNodes(parent, childrenOf(definition, found.items), jobId, link);
  }

  async #subJob(
    parent: ParentJob,
    node: number,
    jobId: string,
    link: ParentLink,
    expressions: JobExpressions,
  ): Promise<ChildSubmission | AttemptResult> {
    const { header, plan } = parent;
    const { definition, priority } = planNode(plan, node);
    const evaluated = await (expressions.config(node) ?? { config: definition.config ?? {} });
    if ('error' in evaluated) return failed(evaluated.error);
    const { tenantId, owner } = header;
    const config = evaluated.config as SubJobConfig;
    const child = await this.#parts.definitions.read(tenantId, definition.id, config);
    if ('error' in child) return failed(child.error);
    const { job, template } = child;
    const timeout = Math.min(job.timeout, definition.timeout ?? Infinity);
    const settings = {
      ...child.plan.settings,
      timeout,
      priority: Math.max(job.priority, priority),
    };
    return {
      nodes: job.nodes,
      plan: { ...child.plan, settings },
      header: headerOf(
        { ...job, timeout, priority: settings.priority },
        {
          tenantId,
          jobId,
          owner,
          createdAt: this.#parts.clock.now(),
          parent: link,
          ...(template === undefined ? {} : { template }),
          ...traceOf(header),
        },
      ),
    };
  }

  async #ofNodes(
    { header, plan }: Pick<ParentJob, 'header' | 'plan'>,
    nodes: readonly NodeDefinition[],
    jobId: string,
    link: ParentLink,
  ): Promise<ChildSubmission> {
    const { tenantId, owner, name, timeout } = header;
    const index = link.nodeId === undefined ? undefined : plan.indexOf.get(link.nodeId);
    const node = index === undefined ? undefined : planNode(plan, index);
    const priority = node?.priority ?? header.priority;
    const concurrency = node?.definition.max_parallel ?? header.concurrency;
    // Whatever becomes of one action that undoes something, the others are tried.
    const onFailure = link.kind === 'compensation' ? 'continue' : header.onFailure;
    const what = link.nodeId ?? 'compensation';
    const settings = { concurrency, timeout, onFailure, priority };
    const job = {
      ...settings,
      name: `${name} / ${what}`.slice(-NAME_LENGTH),
      labels: {},
      nodes,
    };
    return {
      nodes,
      plan: await runInSlices(planSteps(nodes, settings, this.#parts.planDefaults)),
      header: headerOf(job, {
        tenantId,
        jobId,
        owner,
        createdAt: this.#parts.clock.now(),
        parent: link,
        ...traceOf(header),
      }),
    };
  }

  /** Waits until everything that a job's children may read of it can be read. */
  async #shown({ header, state }: ParentJob): Promise<void> {
    const { version } = state;
    for (let looks = 0; looks < LOOKS; looks++) {
      const view: JobView | undefined = await this.#parts.projections.job(header);
      if ((view?.progress.version ?? 0) >= version) return;
      await new Promise<void>((resolve) => this.#parts.clock.setTimer(LOOK_PAUSE_MS, resolve));
    }
    throw new StoreUnavailable(
      `The store does not show job ${header.jobId} as it is yet. Try again.`,
    );
  }
}

const NO_CHILDREN: Json = {
  total: 0,
  completed: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
  results: [],
};

function traceOf({
  correlationId,
  traceparent,
}: JobHeader): Pick<JobHeader, 'correlationId' | 'traceparent'> {
  return { correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
}

function failed(error: AttemptError): AttemptResult {
  return { status: 'failed', error };
}

/**
 * Has a job end by its own deadline or by that of the node that it runs, whichever comes first. Of one
 * that is run again a deadline that has passed was meant for the run before.
 */
function dueBy(
  { header: given, ...rest }: ChildSubmission,
  ofNode: number | undefined,
  now: number,
): ChildSubmission {
  const { deadline = Infinity, ...header } = given;
  const own = header.rerunOf !== undefined && deadline <= now ? Infinity : deadline;
  const first = Math.min(own, ofNode ?? Infinity);
  return { ...rest, header: first === Infinity ? header : { ...header, deadline: first } };
}
