import type { Rejection } from '../core/job/commands.js';
import type { JobHeader } from '../core/job/job-record.js';
import type { Clock } from '../ports/clock.js';
import type { CommitRequest, CommitResult } from '../ports/job-journal.js';
import type { CircuitBreakers } from './circuit-breakers.js';
import type { ExecutionStateTracker } from './execution-state-tracker.js';
import type { GroupCommit } from './group-commit.js';
import type { JobChildrenParts } from './job-children.js';
import type { KeyDesk } from './key-desk.js';
import type { JobScheduler } from './job-scheduler.js';
import type { NodeInputs } from './node-inputs.js';
import type { NodeRunner } from './node-runner.js';
import type { OuterJobs } from './outer-jobs.js';
import type { CachedResults } from './result-cache.js';
import type { RetryMechanism } from './retry-mechanism.js';
import type { Timers } from './timers.js';

/** What is told of a driver that is done with its job. */
export interface DoneDriver {
  readonly header: JobHeader;
  readonly key: string;
  /** This process drives it on. */
  readonly admitted: boolean;
  /** It has a place among the running jobs. */
  readonly placed: boolean;
}

/** What drivers share. */
export interface DriverParts {
  readonly commits: GroupCommit;
  readonly scheduler: JobScheduler;
  readonly runner: NodeRunner;
  readonly retries: RetryMechanism;
  readonly inputs: NodeInputs;
  readonly outerJobs: OuterJobs;
  readonly children: JobChildrenParts;
  readonly keys: KeyDesk;
  readonly cached: CachedResults;
  readonly breakers: CircuitBreakers;
  readonly timers: Timers;
  readonly tracker: ExecutionStateTracker;
  readonly clock: Clock;
  /** The id of this instance, never used before by anybody. */
  readonly instance: { readonly id: string };
  /** Others may take jobs: each commit names the instance that drives the job. */
  readonly shared: boolean;
  /** Told when a job that is driven on has given its place among the running ones back. */
  readonly placeFreed: () => void;
  /** Told when a driver is done with its job, for whatever reason. */
  readonly left: (driver: DoneDriver, why: DriverEnd) => void;
}

/**
 * `ended`: the job has; `refused`: it was never created; `lost`: somebody else drives it;
 * `handed_over`: anybody may; `failed`: it cannot be driven on.
 */
export type DriverEnd = 'ended' | 'refused' | 'lost' | 'handed_over' | 'failed';

/** How the creation of a job came out. */
export type CreationOutcome =
  | { readonly status: 'created'; readonly request: CommitRequest }
  | Extract<CommitResult, { status: 'duplicate_key' | 'conflict' }>;

/** Called once the command's commit is durable, with the reason if it was refused. */
export type CommandSettled = (rejection: Rejection | undefined) => void;
