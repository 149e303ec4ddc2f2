import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { FileArtifactStore } from './adapters/system/file-artifact-store.js';
import { InProcessConcurrencyKeys } from './adapters/system/in-process-concurrency-keys.js';
import { InstanceFile } from './adapters/system/instance-file.js';
import { LocalCommandRunner } from './adapters/system/local-command-runner.js';
import { systemClock } from './adapters/system/system-clock.js';
import { jobShape } from './core/graph/job-shape.js';
import { executorsOn } from './composition-executors.js';
import { openStore } from './composition-store.js';
import { DagExecutionEngine } from './engine/dag-execution-engine.js';
import { DurationRecorder } from './engine/duration-recorder.js';
import { ExpectedDurations } from './engine/expected-durations.js';
import { JobForecaster } from './engine/job-forecaster.js';
import { JobRetention, type Sweep } from './engine/job-retention.js';
import { ScheduleRunner } from './engine/schedule-runner.js';
import type { SharingParts } from './engine/shared-jobs.js';
import { logStates } from './engine/state-log.js';
import type { Dependencies } from './modules/dependencies.js';
import { scheduleSubmit } from './modules/schedules/index.js';
import { TokenService } from './platform/auth/index.js';
import type { Config } from './platform/config/index.js';
import type { Cluster } from './ports/cluster.js';
import type { DeadLetters } from './ports/dead-letters.js';
import type { Logger } from './ports/logger.js';

/** How long an aborted executor has beyond the grace of the processes it started, in ms. */
const SETTLE_MS = 8_000;
const DAY_MS = 24 * 3_600_000;
/** Deleted in one step of retention: what it takes is a few ms. */
const SWEPT_AT_ONCE = 200;

export interface Composition {
  readonly dependencies: Dependencies;
  readonly tokens: TokenService;
  /** Takes up what the store holds, and accepts work from then on. */
  start(): Promise<void>;
  /** Accepts no more work, and lets running nodes end within `graceMs` milliseconds. */
  stop(graceMs: number): Promise<void>;
  /** Lets go of the store. */
  close(): Promise<void>;
}

/** The service: every port with its adapter, those of the store by `open`. Rejects as `open` does. */
export async function compose(
  config: Config,
  secret: string,
  logger: Logger,
  open = openStore,
): Promise<Composition> {
  // Definitions and logs may hold secrets of tests: a folder that is made here is its user's alone.
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const store = await open(config, logger);
  const { journal, projections, catalogue, tokens: ledger, cluster } = store;
  const artifacts = new FileArtifactStore(config.artifactsDir, logger);
  const runner = new LocalCommandRunner({
    workRoot: path.join(config.dataDir, 'work'),
    artifacts,
    logger,
    graceMs: config.killGrace * 1000,
    logCapBytes: config.maxLogBytes,
  });
  const keys = cluster?.keys ?? new InProcessConcurrencyKeys();
  const executors = executorsOn({ runner, artifacts, catalogue, clock: systemClock });
  const expected = new ExpectedDurations(store.durations, systemClock);
  const compileOptions = {
    shape: jobShape(executors, { maxNodes: config.maxNodesPerJob }),
    defaults: {
      maxAttempts: config.defaultRetryAttempts,
      maxRetryDelay: config.maxRetryDelay,
      concurrency: config.maxConcurrentNodes,
      timeout: config.jobTimeout,
    },
  };
  const engine = new DagExecutionEngine({
    journal,
    projections,
    artifacts,
    templates: store.templates,
    compileOptions,
    executors,
    keys,
    clock: systemClock,
    logger,
    expected,
    options: {
      maxRunningNodes: config.maxRunningNodes,
      maxRunningJobs: config.maxRunningJobs,
      abortLimit: config.killGrace * 1000 + SETTLE_MS,
      newInstanceId: () => randomBytes(12).toString('base64url'),
    },
    cache: {
      results: store.results,
      digest: (text) => createHash('sha256').update(text).digest('base64url'),
    },
    ...(cluster === undefined ? {} : { sharing: sharing(config, cluster) }),
  });
  logStates(engine.tracker, logger);
  const recorder = new DurationRecorder({
    tracker: engine.tracker,
    history: store.durations,
    clock: systemClock,
    logger,
    added: (tenantId, scope) => expected.forget(tenantId, scope),
  });
  const retention = new JobRetention({
    retention: store.retention,
    artifacts,
    clock: systemClock,
    logger,
    days: config.retentionDays,
    shared: cluster !== undefined,
    sweeps: [
      letterSweep(store.deadLetters, config.deadLetterDays),
      (now) => store.results.expire(now, SWEPT_AT_ONCE),
    ],
  });
  const forecaster = new JobForecaster({
    expected,
    clock: systemClock,
    planOf: (header) => engine.planOf(header),
  });
  const schedules = new ScheduleRunner({
    schedules: store.schedules,
    projections,
    tracker: engine.tracker,
    submit: scheduleSubmit({
      compileOptions,
      forecaster,
      engine,
      journal,
      projections,
      catalogue,
      templates: store.templates,
      clock: systemClock,
      executors,
    }),
    cancel: (job, reason) => engine.steer(job, { type: 'cancel', by: 'schedule', reason }),
    clock: systemClock,
    logger,
  });
  return {
    dependencies: {
      config,
      logger,
      clock: systemClock,
      engine,
      forecaster,
      journal,
      projections,
      catalogue,
      templates: store.templates,
      deadLetters: store.deadLetters,
      results: store.results,
      schedules: store.schedules,
      wakeSchedules: () => schedules.wake(),
      tokens: ledger,
      artifacts,
      executors,
      compileOptions,
      keys,
      storeHealth: () => store.health(),
    },
    tokens: new TokenService({
      secret,
      defaultTenant: config.tenantId,
      accessTtl: config.accessTokenTtl,
      refreshTtl: config.refreshTokenTtl,
    }),
    start: async () => {
      // With an embedded store, recovery does it, attempt by attempt.
      if (cluster !== undefined) await runner.reclaimAll();
      await engine.start();
      schedules.start();
      retention.start();
    },
    stop: async (graceMs) => {
      await retention.stop();
      await schedules.stop();
      await engine.stop(graceMs);
      await recorder.stop();
    },
    close: () => store.close(),
  };
}

/** Deletes letters that are older than so many days; 0 keeps them for ever. */
function letterSweep(letters: DeadLetters, days: number): Sweep {
  return (now) =>
    letters.expire({ now, limit: SWEPT_AT_ONCE, ...(days > 0 && { before: now - days * DAY_MS }) });
}

function sharing(config: Config, cluster: Cluster): SharingParts {
  const file = new InstanceFile(config.dataDir);
  const formerInstance = file.read();
  return {
    cluster,
    leaseDuration: config.leaseDuration * 1000,
    host: hostname(),
    pid: process.pid,
    ...(formerInstance === undefined ? {} : { formerInstance }),
    joined: (id) => file.note(id),
  };
}
