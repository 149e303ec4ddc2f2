import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { lockForDriving, openSqliteStore } from './adapters/storage/sqlite/index.js';
import { FileArtifactStore } from './adapters/system/file-artifact-store.js';
import { LocalCommandRunner } from './adapters/system/local-command-runner.js';
import { systemClock } from './adapters/system/system-clock.js';
import { executorsOn } from './composition-executors.js';
import { DagExecutionEngine } from './engine/dag-execution-engine.js';
import { logStates } from './engine/state-log.js';
import type { Dependencies } from './modules/dependencies.js';
import { TokenService } from './platform/auth/index.js';
import type { Config } from './platform/config/index.js';
import type { Logger } from './ports/logger.js';

/** How long an aborted executor has beyond the grace of the processes it started, in ms. */
const SETTLE_MS = 8_000;

export interface Composition {
  readonly dependencies: Dependencies;
  readonly tokens: TokenService;
  /** Takes up what the store holds, and accepts work from then on. */
  start(): Promise<void>;
  /** Accepts no more work, and lets running nodes end within `graceMs` milliseconds. */
  stop(graceMs: number): Promise<void>;
  /** Lets go of the store. */
  close(): void;
}

/**
 * The service in embedded mode: every port with its adapter, on one folder. Throws `StoreInUse` when
 * another process drives the same database.
 */
export function compose(config: Config, secret: string, logger: Logger): Composition {
  // Definitions and logs may hold secrets of tests: a folder that is made here is its user's alone.
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  mkdirSync(path.dirname(config.databasePath), { recursive: true });
  const lock = lockForDriving(config.databasePath);
  const store = openSqliteStore({ path: config.databasePath });
  const { journal, projections, catalogue, tokens: ledger } = store;
  const artifacts = new FileArtifactStore(path.join(config.dataDir, 'artifacts'), logger);
  const runner = new LocalCommandRunner({
    workRoot: path.join(config.dataDir, 'work'),
    artifacts,
    logger,
    graceMs: config.killGrace * 1000,
    logCapBytes: config.maxLogBytes,
  });
  const executors = executorsOn({ runner, artifacts, catalogue, clock: systemClock });
  const engine = new DagExecutionEngine({
    journal,
    projections,
    artifacts,
    executors,
    clock: systemClock,
    logger,
    options: {
      maxRunningNodes: config.maxRunningNodes,
      maxRunningJobs: config.maxRunningJobs,
      abortLimit: config.killGrace * 1000 + SETTLE_MS,
      planDefaults: {
        maxAttempts: config.defaultRetryAttempts,
        maxRetryDelay: config.maxRetryDelay,
        concurrency: config.maxConcurrentNodes,
        timeout: config.jobTimeout,
      },
      ownerId: randomUUID(),
    },
  });
  logStates(engine.tracker, logger);
  return {
    dependencies: {
      config,
      logger,
      clock: systemClock,
      engine,
      journal,
      projections,
      catalogue,
      tokens: ledger,
      artifacts,
      executors,
      storeHealth: () => store.health(),
    },
    tokens: new TokenService({
      secret,
      defaultTenant: config.tenantId,
      accessTtl: config.accessTokenTtl,
      refreshTtl: config.refreshTokenTtl,
    }),
    start: () => engine.start(),
    stop: (graceMs) => engine.stop(graceMs),
    close: () => {
      store.close();
      lock.release();
    },
  };
}
