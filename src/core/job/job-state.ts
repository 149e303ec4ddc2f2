import type { Json } from '../json.js';
import type { AttemptSummary, Awaited, HeldBy } from './attempt.js';
import type { SkipReason } from './events.js';
import type { KeyedQueues } from './keyed-queues.js';
import type { ReadyQueue } from './ready-queue.js';
import type { JobStatus, TerminalJobStatus } from './status.js';

/** What only some nodes have: those held back, and those that have failed before. */
export interface NodeDetails {
  /** Epoch milliseconds to which the node is held. */
  until?: number;
  /** The attempt that was started last has not begun, for this. */
  heldBy?: HeldBy;
  /** Seconds of the last backoff. */
  delay?: number;
  /** Output of a waiting node, kept for its completion. */
  output?: Json;
  awaits?: Awaited;
  onExpiry?: 'fail' | 'complete';
  /** The job that the node waits for, or did. */
  child?: string;
  /** A signal that arrived before the node waited for it. */
  signal?: { readonly by: string; readonly payload?: Json };
  history?: AttemptSummary[];
  /** Of a node that is repeated: the round it is in, or about to begin. */
  iteration?: number;
  /** Attempts that it had in the rounds before. */
  formerAttempts?: number;
  /** An attempt of a round before failed by itself. */
  failedBefore?: true;
}

/**
 * The state of one job, changed by `evolve` alone. Per node it is a few typed arrays, so that a job
 * of 100,000 nodes is a few megabytes and one transition costs no more than the node's degree.
 */
export interface JobState {
  status: JobStatus;
  version: number;
  updatedAt: number;
  startedAt?: number;
  finishedAt?: number;
  reason?: string;
  /** In force once it has been changed; until then that of the plan's settings. */
  priority?: number;
  /** Set once the job is to end before its nodes have: nothing starts any more. */
  ending?: TerminalJobStatus;
  /** A node failed for good. */
  anyFailed: boolean;

  readonly nodeStatus: Uint8Array;
  readonly attempts: Uint32Array;
  /** Epoch milliseconds of the current attempt's start, 0 for none. */
  readonly nodeStartedAt: number[];
  readonly succeededDeps: Int32Array;
  readonly failedDeps: Int32Array;
  readonly skippedDeps: Int32Array;
  readonly details: Map<number, NodeDetails>;

  /** How many nodes are in each status, by code. */
  readonly counts: Int32Array;
  /** Of those that are ready, the ones never tried. */
  freshReady: number;
  readonly ready: ReadyQueue;
  /** Of those that are ready, the ones that start only with a concurrency key. */
  readonly keyed: KeyedQueues;
  /** Of those that are ready, the ones whose condition is still to be judged; they are in no queue. */
  readonly undecided: Set<number>;
  /** Nodes whose trigger rule can no longer be met, to be skipped. */
  readonly toSkip: Map<number, SkipReason>;
  /** Nodes with a live attempt. */
  readonly live: Set<number>;
  /** Nodes between two attempts: started before, neither running nor ended. */
  readonly held: Set<number>;
  /** Of those that are held, the ones that wait for a job of their own. */
  readonly children: Set<number>;
}
