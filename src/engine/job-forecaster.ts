import type { JobHeader, NodeProjection } from '../core/job/job-record.js';
import { isTerminalJob, isTerminalNode, type JobStatus } from '../core/job/status.js';
import { planSteps } from '../core/plan/build-plan.js';
import { expectedDurationSteps, type DurationBasis } from '../core/plan/durations.js';
import type { Interval } from '../core/plan/interval.js';
import { planLevelSteps, type PlanLevels } from '../core/plan/levels.js';
import type { Plan } from '../core/plan/plan.js';
import { predictSteps, type Progressed } from '../core/plan/predict.js';
import { rankSteps } from '../core/plan/ranks.js';
import { turnsOf } from '../core/plan/turns.js';
import type { Clock } from '../ports/clock.js';
import type { JobView, NodeView } from '../ports/job-projections.js';
import type { RecurringJob } from './duration-scopes.js';
import type { ExpectedDurations } from './expected-durations.js';
import { runInSlices } from './slices.js';

/** How a job will go, or went. Times are in ms. */
export interface Forecast {
  readonly levels: PlanLevels;
  /** What the critical path takes; `undefined` when nothing is known. */
  readonly criticalMs?: number;
  readonly idOf: (node: number) => string;
  readonly basis: DurationBasis;
  /** From `at` on for a job that runs, else from its start; absent when nothing is known, or it has ended. */
  readonly remaining?: Interval;
  /** Epoch ms. */
  readonly at: number;
}

export interface JobForecasterParts {
  readonly expected: ExpectedDurations;
  readonly clock: Clock;
  readonly planOf: (header: JobHeader) => Promise<{ readonly plan: Plan }>;
}

interface Kept {
  /** Epoch ms. */
  readonly at: number;
  readonly status: JobStatus | 'whole';
  readonly forecast: Promise<Forecast>;
}

/** ms for which the forecast of a running job is answered again. */
const KEPT_FOR = 2_000;
const JOBS_KEPT = 200;
/** ms that an answer waits for the forecast of a large job. */
const PATIENCE = 200;
/** Retries do not change how a forecast is made. */
const NO_DEFAULTS = { maxAttempts: 1, maxRetryDelay: 0, concurrency: 1, timeout: 1 };

/**
 * Tells the critical path of a job and when it will end, from what its nodes took before. What is
 * worked out is kept for a while: nobody who polls a job makes it dearer.
 */
export class JobForecaster {
  readonly #parts: JobForecasterParts;
  /** By job; the one asked for last is last. */
  readonly #kept = new Map<string, Kept>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(parts: JobForecasterParts) {
    this.#parts = parts;
  }

  /** Of a job that has not started. */
  async ofPlan(job: RecurringJob, plan: Plan): Promise<Forecast> {
    return this.#forecast(job, plan, undefined);
  }

  /**
   * Of a job as it stands. With all of its nodes in hand the forecast follows each of them; of a job
   * with more nodes than are given here it is made once, for the whole, and shrinks with the share of
   * the nodes that have not ended; `undefined` while it is being made.
   */
  async ofJob(view: JobView, nodes: readonly NodeView[]): Promise<Forecast | undefined> {
    const { header, progress } = view;
    if (nodes.length < header.nodeCount) {
      const whole = await this.#soon(this.#keep(header, 'whole', () => this.#whole(header)));
      return whole === undefined ? undefined : scaled(whole, view, this.#parts.clock.now());
    }
    return this.#keep(header, progress.status, async () => {
      const { concurrency, timeout, onFailure, priority } = header;
      const definitions = nodes.map(({ definition }) => definition);
      const plan = await runInSlices(
        planSteps(definitions, { concurrency, timeout, onFailure, priority }, NO_DEFAULTS),
      );
      return this.#forecast(header, plan, { view, nodes });
    });
  }

  async #forecast(
    job: RecurringJob,
    plan: Plan,
    soFar: { readonly view: JobView; readonly nodes: readonly NodeView[] } | undefined,
  ): Promise<Forecast> {
    const at = this.#parts.clock.now();
    const known = await this.#parts.expected.of(job, plan);
    const expected = await runInSlices(expectedDurationSteps(plan, known));
    const status = soFar?.view.progress.status ?? 'queued';
    const over = isTerminalJob(status);
    const tookOf = (node: number): number | undefined => tookSoFar(soFar?.nodes[node]?.state);
    const unknown = expected === undefined && !over;
    const levels = await runInSlices(
      planLevelSteps(
        plan,
        unknown ? undefined : (node) => tookOf(node) ?? (over ? 0 : (expected?.[node] ?? 0)),
      ),
    );
    const forecast: Forecast = {
      levels,
      ...(unknown ? {} : { criticalMs: levels.criticalDuration }),
      idOf: (node) => plan.nodes[node]?.definition.id ?? '',
      basis: known.basis,
      at,
    };
    if (expected === undefined || over || !PREDICTED.has(status)) return forecast;
    const ranks = await runInSlices(rankSteps(plan, (node) => (expected[node] ?? 0) + 1));
    const progress = soFar?.nodes.map(({ state }) => progressOf(state, at));
    const remaining = await runInSlices(
      predictSteps(
        plan,
        known,
        turnsOf(plan, ranks),
        progress === undefined ? undefined : (node) => progress[node] ?? AHEAD,
      ),
    );
    return remaining === undefined ? forecast : { ...forecast, remaining };
  }

  /** Reads all of a large job; one at a time, since that takes a while. */
  #whole(header: JobHeader): Promise<Forecast> {
    const made = this.#reading.then(async () => {
      const { plan } = await this.#parts.planOf(header);
      return this.#forecast(header, plan, undefined);
    });
    this.#reading = made.catch(() => undefined);
    return made;
  }

  /** `undefined` when it is not there in time, or could not be made: a later call finds it. */
  #soon(forecast: Promise<Forecast>): Promise<Forecast | undefined> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimer(PATIENCE, () => resolve(undefined));
      const settle = (made: Forecast | undefined): void => {
        timer.cancel();
        resolve(made);
      };
      forecast.then(settle, () => settle(undefined));
    });
  }

  #keep(
    header: JobHeader,
    status: Kept['status'],
    make: () => Promise<Forecast>,
  ): Promise<Forecast> {
    const key = `${header.tenantId}/${header.jobId}`;
    const now = this.#parts.clock.now();
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const lasts = status === 'whole' || isTerminalJob(status);
    const kept =
      known !== undefined && known.status === status && (lasts || now - known.at < KEPT_FOR)
        ? known
        : { at: now, status, forecast: make() };
    kept.forecast.catch(() => this.#kept.delete(key));
    this.#kept.set(key, kept);
    if (this.#kept.size > JOBS_KEPT) {
      const [oldest = ''] = this.#kept.keys();
      this.#kept.delete(oldest);
    }
    return kept.forecast;
  }
}

const PREDICTED: ReadonlySet<JobStatus> = new Set(['queued', 'running', 'paused']);
const AHEAD: Progressed = { standing: 'ahead', elapsed: 0, idle: false, atLeast: 0 };

function progressOf(state: NodeProjection | undefined, now: number): Progressed {
  if (state === undefined || state.status === 'pending' || state.status === 'ready') return AHEAD;
  if (isTerminalNode(state.status)) return { ...AHEAD, standing: 'ended' };
  return {
    standing: 'under_way',
    elapsed: Math.max(0, now - (firstStart(state) ?? now)),
    idle: state.status !== 'running',
    atLeast: Math.max(0, (state.until ?? now) - now),
  };
}

/** ms; `undefined` of a node that has not ended, 0 of one that ended without a start. */
function tookSoFar(state: NodeProjection | undefined): number | undefined {
  if (state?.finishedAt === undefined) return undefined;
  return state.finishedAt - (firstStart(state) ?? state.finishedAt);
}

function firstStart({ history, startedAt }: NodeProjection): number | undefined {
  return history?.[0]?.started_at ?? startedAt;
}

function scaled(whole: Forecast, { header, progress }: JobView, now: number): Forecast {
  const { remaining, ...rest } = whole;
  if (remaining === undefined || !PREDICTED.has(progress.status)) return rest;
  const { counts } = progress;
  const statuses = Object.keys(counts) as (keyof typeof counts)[];
  const ended = statuses.filter(isTerminalNode).reduce((sum, status) => sum + counts[status], 0);
  const share = 1 - ended / header.nodeCount;
  const { expected, low, high } = remaining;
  return {
    ...rest,
    at: now,
    remaining: { expected: expected * share, low: low * share, high: high * share },
  };
}
