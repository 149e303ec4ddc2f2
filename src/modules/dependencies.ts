import { Inject } from '@nestjs/common';
import type { CompileOptions } from '../core/graph/compile.js';
import type { DagExecutionEngine } from '../engine/dag-execution-engine.js';
import type { JobForecaster } from '../engine/job-forecaster.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { Clock } from '../ports/clock.js';
import type { DeadLetters } from '../ports/dead-letters.js';
import type { ConcurrencyKeys } from '../ports/concurrency-keys.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobProjections } from '../ports/job-projections.js';
import type { Logger } from '../ports/logger.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import type { ResultCache } from '../ports/result-cache.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
import type { TemplateStore } from '../ports/template-store.js';
import type { TestCatalogue } from '../ports/test-catalogue.js';
import type { TokenLedger } from '../ports/token-ledger.js';
import type { Config } from '../platform/config/index.js';

/** What the resources are built on; the composition root provides it, one value a name. */
export interface Dependencies {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly engine: Pick<
    DagExecutionEngine,
    'submit' | 'steer' | 'planOf' | 'stats' | 'jobsAhead' | 'compensations' | 'breakers'
  >;
  readonly forecaster: Pick<JobForecaster, 'ofPlan' | 'ofJob'>;
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly catalogue: TestCatalogue;
  readonly templates: TemplateStore;
  readonly deadLetters: DeadLetters;
  readonly results: ResultCache;
  readonly schedules: ScheduleStore;
  /** To be called when a schedule was put or changed. */
  readonly wakeSchedules: () => void;
  readonly tokens: TokenLedger;
  readonly artifacts: ArtifactStore;
  readonly executors: ReadonlyMap<string, NodeExecutor>;
  readonly compileOptions: CompileOptions;
  readonly keys: ConcurrencyKeys;
  /** Rejects, or says why, when the store cannot be used. */
  readonly storeHealth: () => Promise<void>;
}

/** Asks Nest for one of the {@link Dependencies}. */
export const Use = (name: keyof Dependencies): ParameterDecorator => Inject(dependency(name));

/** The name under which Nest knows a dependency. */
export function dependency(name: keyof Dependencies): string {
  return `baton:${name}`;
}
