import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { InProcessConcurrencyKeys } from '../src/adapters/system/in-process-concurrency-keys.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import {
  compile,
  compileSteps,
  type CompileOptions,
  type CompileResult,
} from '../src/core/graph/compile.js';
import { jobShape } from '../src/core/graph/job-shape.js';
import type { JobHeader } from '../src/core/job/job-record.js';
import { isTerminalJob } from '../src/core/job/status.js';
import { DagExecutionEngine } from '../src/engine/dag-execution-engine.js';
import { DurationRecorder } from '../src/engine/duration-recorder.js';
import { ExpectedDurations } from '../src/engine/expected-durations.js';
import { runInSlices } from '../src/engine/slices.js';
import { noopExecutor } from '../src/executors/noop.js';
import type { ArtifactStore } from '../src/ports/artifact-store.js';
import type { Logger } from '../src/ports/logger.js';
import { parseInPieces } from '../src/platform/http/parse-json.js';
import type { NodeExecutor } from '../src/ports/node-executor.js';
import type { TemplateStore } from '../src/ports/template-store.js';
import type { OpenStore } from './stores.js';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: console.warn,
  error: console.error,
};

const PLAN_DEFAULTS = { maxAttempts: 3, maxRetryDelay: 300, timeout: 3600 };

export interface BenchSettings {
  /** Attempts of one job at once. */
  readonly concurrency: number;
  readonly maxRunningNodes: number;
  readonly maxRunningJobs: number;
}

/** As the service has it by default, in ms. */
const LEASE_DURATION = 15_000;

/** An engine on a store, driven from within the process. */
export class BenchEngine {
  readonly engine: DagExecutionEngine;
  readonly store: OpenStore;
  readonly #executors: ReadonlyMap<string, NodeExecutor>;
  readonly #recorder: DurationRecorder;
  readonly #compileOptions: CompileOptions;
  readonly #ended = new Map<string, () => void>();
  #jobs = 0;

  constructor(store: OpenStore, settings: BenchSettings) {
    this.store = store;
    this.#executors = new Map([[noopExecutor.type, noopExecutor]]);
    this.#compileOptions = {
      shape: jobShape(this.#executors),
      defaults: { ...PLAN_DEFAULTS, concurrency: settings.concurrency },
    };
    const expected = new ExpectedDurations(store.durations, systemClock);
    this.engine = new DagExecutionEngine({
      expected,
      journal: store.journal,
      projections: store.projections,
      artifacts: {} as ArtifactStore,
      templates: {} as TemplateStore,
      compileOptions: this.#compileOptions,
      executors: this.#executors,
      keys: store.cluster?.keys ?? new InProcessConcurrencyKeys(),
      clock: systemClock,
      logger: silent,
      options: {
        maxRunningNodes: settings.maxRunningNodes,
        maxRunningJobs: settings.maxRunningJobs,
        abortLimit: 1_000,
        newInstanceId: () => randomUUID(),
      },
      ...(store.cluster === undefined
        ? {}
        : {
            sharing: {
              cluster: store.cluster,
              leaseDuration: LEASE_DURATION,
              host: hostname(),
              pid: process.pid,
            },
          }),
    });
    this.#recorder = new DurationRecorder({
      tracker: this.engine.tracker,
      history: store.durations,
      clock: systemClock,
      logger: silent,
      added: (tenantId, scope) => expected.forget(tenantId, scope),
    });
    this.engine.tracker.subscribe(({ header, progress }) => {
      if (!isTerminalJob(progress.status)) return;
      if (progress.status !== 'completed') throw new Error(`${header.jobId} ${progress.status}`);
      this.#ended.get(header.jobId)?.();
      this.#ended.delete(header.jobId);
    });
  }

  /** Compiles and submits a definition as the API does; `ended` resolves when the job has completed. */
  submit(definition: object): Promise<{ readonly jobId: string; readonly ended: Promise<void> }> {
    return this.#accept(compile(definition, this.#compileOptions));
  }

  /** The same from a body's text, in slices that let the event loop breathe. */
  async submitInSlices(body: string): Promise<{ readonly jobId: string }> {
    const definition = await parseInPieces(body);
    return this.#accept(await runInSlices(compileSteps(definition, this.#compileOptions)));
  }

  /** Resolves when the job has completed. */
  ended(jobId: string): Promise<void> {
    return new Promise((resolve) => this.#ended.set(jobId, resolve));
  }

  /** Resolves when so many nodes of the job have completed. */
  completed(jobId: string, nodes: number): Promise<void> {
    return new Promise((resolve) => {
      const unsubscribe = this.engine.tracker.subscribe(({ header, progress }) => {
        if (header.jobId !== jobId || progress.counts.completed < nodes) return;
        unsubscribe();
        resolve();
      });
    });
  }

  async #accept(
    result: CompileResult,
  ): Promise<{ readonly jobId: string; readonly ended: Promise<void> }> {
    if (!result.ok) throw new Error(JSON.stringify(result.problems.slice(0, 3)));
    const { job, plan } = result;
    const jobId = `job_${String(++this.#jobs).padStart(9, '0')}`;
    const header: JobHeader = {
      tenantId: 'bench',
      jobId,
      owner: 'bench',
      name: job.name,
      labels: {},
      priority: job.priority,
      createdAt: Date.now(),
      nodeCount: job.nodes.length,
      types: ['noop'],
      concurrency: job.concurrency,
      timeout: job.timeout,
      onFailure: job.onFailure,
      correlationId: jobId,
    };
    const ended = this.ended(jobId);
    const outcome = await this.engine.submit({ header, nodes: job.nodes, plan });
    if (outcome.status !== 'accepted') throw new Error(outcome.status);
    return { jobId, ended };
  }

  async run(definition: object): Promise<void> {
    const { ended } = await this.submit(definition);
    await ended;
  }

  /** Resolves when lists and status reads show what has happened so far. */
  settled(): Promise<void> {
    return this.store.settled();
  }

  /** Stops the engine, which lets what runs go on for `graceMs` milliseconds, and closes the store. */
  async close(graceMs = 1_000): Promise<void> {
    await this.engine.stop(graceMs);
    await this.#recorder.stop();
    await this.store.close();
  }
}
