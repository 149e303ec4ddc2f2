import { InProcessConcurrencyKeys } from '../../src/adapters/system/in-process-concurrency-keys.js';
import { DagExecutionEngine, type Submission } from '../../src/engine/dag-execution-engine.js';
import type { NodeDefinition, OnFailure } from '../../src/core/graph/definition.js';
import { jobShape } from '../../src/core/graph/job-shape.js';
import { buildPlan } from '../../src/core/plan/build-plan.js';
import type { PlanDefaults } from '../../src/core/plan/plan.js';
import type { ArtifactStore } from '../../src/ports/artifact-store.js';
import type { ConcurrencyKeys } from '../../src/ports/concurrency-keys.js';
import type { Cluster } from '../../src/ports/cluster.js';
import type { Clock, TimerHandle } from '../../src/ports/clock.js';
import type { JobJournal } from '../../src/ports/job-journal.js';
import type { JobProjections } from '../../src/ports/job-projections.js';
import type { Logger } from '../../src/ports/logger.js';
import type { ResultCache } from '../../src/ports/result-cache.js';
import type { AttemptContext, NodeExecutor } from '../../src/ports/node-executor.js';
import type { TemplateStore } from '../../src/ports/template-store.js';
import type { AttemptResult } from '../../src/core/job/attempt.js';

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const planDefaults: PlanDefaults = {
  maxAttempts: 3,
  maxRetryDelay: 300,
  concurrency: 10,
  timeout: 3600,
};

interface Due {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved; its timers fire in the order of their times. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: Due[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  setTimer(ms: number, callback: () => void): TimerHandle {
    const timer: Due = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Moves on by so many milliseconds and fires what is due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#timers.some((timer) => timer.at <= end)) this.fireNext();
    this.#now = end;
  }

  /** Moves to the next timer and fires it; false when there is none. */
  fireNext(): boolean {
    const next = this.#timers.reduce<Due | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    );
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((other) => other !== next);
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    return true;
  }
}

/** An executor of type `scripted` that does what the test's function says. */
export function scriptedExecutor(
  run: (attempt: AttemptContext) => AttemptResult | Promise<AttemptResult>,
): NodeExecutor {
  return { type: 'scripted', summary: 'For tests.', configShape: { type: 'object' }, execute: run };
}

/** An artifact store for tests whose outputs are small. */
export const noArtifacts = {
  create: () => {
    throw new Error('this test keeps no artifacts');
  },
} as unknown as ArtifactStore;

let instances = 0;

export function makeEngine(parts: {
  readonly store: JobJournal & JobProjections;
  readonly executors: readonly NodeExecutor[];
  readonly templates?: TemplateStore;
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly maxRunningNodes?: number;
  readonly maxRunningJobs?: number;
  readonly ownerId?: string;
  /** Lets the engine keep results. */
  readonly results?: ResultCache;
  /** Lets the engine share its store with others. */
  readonly cluster?: Cluster;
  readonly leaseDuration?: number;
  readonly keys?: ConcurrencyKeys;
}): DagExecutionEngine {
  const executors = new Map(parts.executors.map((executor) => [executor.type, executor]));
  return new DagExecutionEngine({
    journal: parts.store,
    projections: parts.store,
    artifacts: noArtifacts,
    keys: parts.keys ?? parts.cluster?.keys ?? new InProcessConcurrencyKeys(),
    templates: parts.templates ?? ({} as TemplateStore),
    compileOptions: { shape: jobShape(executors), defaults: planDefaults },
    executors,
    clock: parts.clock,
    logger: parts.logger ?? silentLogger,
    options: {
      maxRunningNodes: parts.maxRunningNodes ?? 100,
      maxRunningJobs: parts.maxRunningJobs ?? 100,
      abortLimit: 1_000,
      newInstanceId: () => `${parts.ownerId ?? 'owner'}${++instances}`,
    },
    ...(parts.results === undefined
      ? {}
      : { cache: { results: parts.results, digest: (text: string) => text } }),
    ...(parts.cluster === undefined
      ? {}
      : {
          sharing: {
            cluster: parts.cluster,
            leaseDuration: parts.leaseDuration ?? 15_000,
            host: 'here',
            pid: 1,
          },
        }),
  });
}

export function submissionOf(
  jobId: string,
  nodes: readonly NodeDefinition[],
  settings: {
    readonly concurrency?: number;
    readonly onFailure?: OnFailure;
    readonly priority?: number;
    readonly timeout?: number;
    readonly createdAt?: number;
    readonly tenantId?: string;
    readonly owner?: string;
  } = {},
): Submission {
  const plan = buildPlan(
    nodes,
    {
      concurrency: settings.concurrency ?? planDefaults.concurrency,
      timeout: settings.timeout ?? planDefaults.timeout,
      onFailure: settings.onFailure ?? 'finish_branches',
      priority: settings.priority ?? 3,
    },
    planDefaults,
  );
  return {
    header: {
      tenantId: settings.tenantId ?? 'acme',
      jobId,
      owner: settings.owner ?? 'ada',
      name: jobId,
      labels: {},
      createdAt: settings.createdAt ?? 1_700_000_000_000,
      nodeCount: nodes.length,
      types: [...new Set(nodes.map((node) => node.type))],
      correlationId: 'test',
      ...plan.settings,
    },
    nodes,
    plan,
  };
}
