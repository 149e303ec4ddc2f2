import type { Json, JsonObject } from '../json.js';
import type { AttemptError, Awaited, CachedFrom, HeldBy } from './attempt.js';
import type { TerminalJobStatus } from './status.js';

/** Facts about a job, in the order in which they were committed; replaying them gives its state. */
export type JobEvent =
  | { readonly type: 'job_submitted'; readonly by: string; readonly nodes: number }
  | { readonly type: 'job_started' }
  | { readonly type: 'job_cancel_requested'; readonly by: string; readonly reason?: string }
  | { readonly type: 'job_paused'; readonly by: string }
  | { readonly type: 'job_resumed'; readonly by: string }
  /** From now on, for the job as a whole; which of its nodes come first is settled by its definition. */
  | { readonly type: 'job_priority_changed'; readonly by: string; readonly priority: number }
  | {
      readonly type: 'job_timed_out';
      /** Epoch milliseconds; present when it was the deadline that passed, not the time-out. */
      readonly deadline?: number;
    }
  | { readonly type: 'job_failing'; readonly node: string }
  /** What its nodes did is being undone, by a job of its own, before it ends as failed. */
  | { readonly type: 'job_compensating' }
  | {
      readonly type: 'job_finished';
      readonly status: TerminalJobStatus;
      /** How the compensation came out, where there was one. */
      readonly compensation?: string;
    }
  /** An instance took the job from the queue, or over from one that is gone. */
  | { readonly type: 'job_taken'; readonly by: string }
  /** The instance that drove the job has let go of it. */
  | { readonly type: 'job_handed_over'; readonly by: string }
  | NodeEvent;

export type NodeEvent =
  | { readonly type: 'node_started'; readonly node: string; readonly attempt: number }
  | {
      readonly type: 'node_completed';
      readonly node: string;
      readonly output?: Json;
      /** It took over the result of an earlier node. */
      readonly cached?: CachedFrom;
    }
  | {
      readonly type: 'node_failed';
      readonly node: string;
      readonly error: AttemptError;
      readonly output?: Json;
    }
  | {
      readonly type: 'node_retrying';
      readonly node: string;
      readonly error: AttemptError;
      /** Epoch milliseconds from which the next attempt may start. */
      readonly until: number;
      /** Seconds waited; decorrelated jitter builds on it. */
      readonly delay: number;
    }
  /** A round completed and was not as wanted: the node is run again. */
  | {
      readonly type: 'node_repeating';
      readonly node: string;
      /** The number of the round to come, from 2. */
      readonly iteration: number;
      /** Epoch milliseconds from which it may start. */
      readonly until: number;
    }
  /** The attempt did not begin, and does not count: the next start has its number. */
  | {
      readonly type: 'node_held';
      readonly node: string;
      readonly until: number;
      readonly held_by: HeldBy;
    }
  /** The node had completed in the job that this one runs again, and is not run once more. */
  | { readonly type: 'node_reused'; readonly node: string; readonly output?: Json }
  /** The node's condition holds. */
  | { readonly type: 'node_admitted'; readonly node: string }
  | { readonly type: 'node_ready'; readonly node: string }
  | { readonly type: 'node_resumed'; readonly node: string }
  | {
      readonly type: 'node_waiting';
      readonly node: string;
      /** Epoch milliseconds at which the wait is over. */
      readonly until?: number;
      /** Absent: the node completes when the time has come. */
      readonly awaits?: Awaited;
      readonly on_expiry?: 'fail' | 'complete';
      /** The job that it waits for. */
      readonly child?: string;
      readonly output?: Json;
    }
  | {
      readonly type: 'node_approved' | 'node_rejected';
      readonly node: string;
      readonly by: string;
      readonly comment?: string;
    }
  /** A signal arrived: for a node that waits for it, or that will. */
  | {
      readonly type: 'node_signalled';
      readonly node: string;
      readonly by: string;
      readonly payload?: Json;
    }
  | {
      readonly type: 'node_skipped';
      readonly node: string;
      readonly reason: SkipReason;
      /** Who asked for it, where somebody did. */
      readonly by?: string;
    }
  | { readonly type: 'node_cancelled'; readonly node: string };

export type SkipReason =
  | 'upstream_failed'
  | 'upstream_skipped'
  | 'trigger_rule_not_met'
  | 'condition_false'
  | 'skipped_by_user';

/**
 * What must happen once the commit that carries it is durable, and not before.
 * Recovery reads what is still owed from the job's state.
 */
export type Intent =
  | { readonly type: 'dispatch'; readonly node: string; readonly attempt: number }
  | { readonly type: 'timer'; readonly node: string; readonly at: number }
  | { readonly type: 'abort'; readonly node: string; readonly attempt: number }
  | DeadLetterIntent;

/**
 * A node has used up its attempts: it goes to the dead letters. The store derives the letter from
 * this, from the `node_failed` of the same commit and from the job's header.
 */
export interface DeadLetterIntent {
  readonly type: 'dead_letter';
  readonly node: string;
  /** The last one. */
  readonly attempt: number;
  readonly node_type: string;
  /** As it was defined; absent when there is none, or when it is too large to go along. */
  readonly config?: JsonObject;
  /** The config is too large to go along. */
  readonly config_omitted?: true;
}
