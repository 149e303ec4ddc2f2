import type { Json } from '../json.js';
import type { AttemptError, AttemptResult, HeldAttempt } from './attempt.js';
import type { SkipReason } from './events.js';

/** What can be asked of a job. Nodes are given by their index in the plan. */
export type JobCommand =
  | { readonly type: 'submit'; readonly by: string }
  | { readonly type: 'start' }
  | {
      readonly type: 'finish_attempt';
      readonly node: number;
      readonly attempt: number;
      readonly result: AttemptResult | HeldAttempt;
      /** Uniform in [0, 1): the jitter of a backoff that may follow. */
      readonly random: number;
      /** Of a node that is repeated, what its condition made of what completed. */
      readonly until?: RoundOutcome;
    }
  /** The job that a node waited for has ended: what it came to. */
  | {
      readonly type: 'end_child';
      readonly node: number;
      readonly child: string;
      readonly result: Exclude<AttemptResult, { readonly status: 'waiting' }>;
      /** Uniform in [0, 1): the jitter of a backoff that may follow. */
      readonly random: number;
    }
  /** The job that undid what this one did has ended. */
  | { readonly type: 'end_compensation'; readonly summary: string }
  /** The time a held node waited for has come. */
  | { readonly type: 'release'; readonly node: number }
  /** `deadline` is in epoch milliseconds; absent when it is the time-out that has passed. */
  | { readonly type: 'time_out'; readonly deadline?: number }
  /** The deadline of a node has passed. */
  | { readonly type: 'miss_deadline'; readonly node: number }
  /** What a node's condition came to: it holds, or does not, or cannot be judged. */
  | {
      readonly type: 'judge_condition';
      readonly node: number;
      readonly outcome: 'run' | 'skip' | AttemptError;
    }
  /** Keep these nodes as they were in the job that this one runs again; before it starts. */
  | { readonly type: 'reuse'; readonly nodes: readonly ReusedNode[] }
  | SteeringCommand
  /** The instance that drives the job lets go of it; `forced`: although attempts are live. */
  | { readonly type: 'hand_over'; readonly by: string; readonly forced: boolean }
  /** Start what is ready, skip what cannot run, end what is done. */
  | {
      readonly type: 'advance';
      readonly slots: number;
      readonly limit: number;
      /** Nodes that hold the concurrency key that they need. */
      readonly granted?: ReadonlySet<number> | undefined;
    };

/** Whether a round was as wanted, or why that cannot be judged. */
export type RoundOutcome = boolean | AttemptError;

/** A node that is kept, with the output it had, or with why it was skipped. */
export interface ReusedNode {
  readonly node: number;
  readonly output?: Json;
  readonly skipped?: SkipReason;
}

/** What people ask of a job that has not ended. */
export type SteeringCommand =
  | { readonly type: 'cancel'; readonly by: string; readonly reason?: string }
  /** Nothing new starts; what runs goes on. */
  | { readonly type: 'pause'; readonly by: string }
  | { readonly type: 'resume'; readonly by: string }
  /** 1 (low) to 5 (high). */
  | { readonly type: 'change_priority'; readonly by: string; readonly priority: number }
  /** A node that neither runs nor has ended is not to run. */
  | { readonly type: 'skip_node'; readonly node: number; readonly by: string }
  | {
      readonly type: 'judge_node';
      readonly node: number;
      readonly approved: boolean;
      readonly by: string;
      readonly comment?: string;
    }
  | {
      readonly type: 'signal_node';
      readonly node: number;
      readonly by: string;
      readonly payload?: Json;
    };

/** Why a command was refused; nothing has changed. */
export interface Rejection {
  readonly code:
    | 'job_finished'
    | 'already_ending'
    | 'not_queued'
    | 'stale_attempt'
    | 'not_held'
    | 'attempts_live'
    | 'not_running'
    | 'not_paused'
    | 'node_ended'
    | 'not_awaiting'
    | 'signalled_already'
    /** This process no longer drives the job; nothing is known of what became of the command. */
    | 'not_driven';
  readonly message: string;
}
