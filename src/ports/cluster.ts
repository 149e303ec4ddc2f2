import type { Rejection, SteeringCommand } from '../core/job/commands.js';
import type { JobRef } from '../core/job/job-record.js';
import type { ConcurrencyKeys } from './concurrency-keys.js';
import type { JobView } from './job-projections.js';

/** A process that drives jobs of a store which it shares with others. */
export interface Instance {
  /** Never used twice, not even by the same process. */
  readonly id: string;
  /** Raised by every sign of life; says nothing about time, so that clocks need not agree. */
  readonly beats: number;
  /** Another instance has declared it dead and may take its jobs. */
  readonly dead: boolean;
  readonly host: string;
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Who is there. An instance registers before it drives its first job. */
export interface InstanceRegistry {
  register(instance: Omit<Instance, 'beats' | 'dead'>): Promise<void>;
  /** Gives a sign of life; false when the instance was declared dead or removed: it drives nothing. */
  beat(id: string): Promise<boolean>;
  /** Every instance that has not been removed. */
  all(): Promise<readonly Instance[]>;
  /** Declares an instance dead unless it has beaten since it had `beats`; answers whether it is dead. */
  declareDead(id: string, beats: number): Promise<boolean>;
  /** Forgets an instance that has ended, or whose jobs have all been taken. */
  remove(id: string): Promise<void>;
}

/**
 * Which jobs are whose. The lease of a job is its last commit, which names the instance that made it
 * (`progress.driver`): taking a job means committing to it, so no two can have it, and who has lost
 * it learns so from its next commit. Answers may lag behind the journal; a commit then conflicts.
 */
export interface JobLeases {
  /** Queued jobs that nobody has taken, by priority, then in order of creation. */
  waiting(limit: number): Promise<readonly JobView[]>;
  /** Queued jobs that nobody has taken and whose deadline, in epoch ms, has come by `now`; in any order. */
  overdue(now: number, limit: number): Promise<readonly JobView[]>;
  /** Unfinished jobs that have left the queue and that nobody drives: they were handed over. */
  handedOver(limit: number): Promise<readonly JobView[]>;
  /** Unfinished jobs that this instance has. */
  heldBy(instanceId: string, limit: number): Promise<readonly JobView[]>;
  /** The names of the jobs that {@link heldBy} answers, of all of them, in any order. */
  namesHeldBy(instanceId: string): Promise<readonly JobRef[]>;
  /** Unfinished jobs of instances that are not among these. */
  heldByOthers(than: readonly string[], limit: number): Promise<readonly JobView[]>;
}

/** What can be asked of a job from an instance that does not drive it. */
export type RemoteCommand = SteeringCommand;

/** What became of a command: done, or why it was refused. */
export type CommandAnswer = 'done' | Rejection;

export interface JobMessage extends JobRef {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly command: RemoteCommand;
}

/**
 * Commands for jobs that another instance drives. A message is durable when `put` resolves; whoever
 * drives the job answers it once its effect is committed, or it was refused. Until then it may be read
 * again. Whoever put it deletes it; what nobody came back for is deleted by anybody, after a while.
 */
export interface JobInbox {
  put(message: JobMessage): Promise<void>;
  /** Those that nobody has answered, oldest first. */
  read(limit: number): Promise<readonly JobMessage[]>;
  /** Answers messages; those that are not there (any more) are passed over. */
  answer(answers: ReadonlyMap<string, CommandAnswer>): Promise<void>;
  /** The answer to a message; `undefined` while there is none, or when the message is gone. */
  answerTo(id: string): Promise<CommandAnswer | undefined>;
  delete(ids: readonly string[]): Promise<void>;
  /** Deletes answered messages that were put before a time, in epoch milliseconds. */
  deleteAnswered(before: number): Promise<void>;
}

/**
 * What instances on one store share. Absent where one process has the store for itself.
 * All of it rejects with {@link StoreUnavailable} when the store cannot be reached.
 */
export interface Cluster {
  readonly instances: InstanceRegistry;
  readonly leases: JobLeases;
  readonly inbox: JobInbox;
  readonly keys: ConcurrencyKeys;
}
