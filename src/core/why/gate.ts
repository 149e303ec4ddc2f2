import type { TriggerRule } from '../graph/definition.js';
import type { AttemptError } from '../job/attempt.js';
import type { SkipReason } from '../job/events.js';
import type { NodeStatus } from '../job/status.js';
import type { DependencyCounts } from '../job/trigger.js';

/**
 * One thing that holds a node or a job back, for programs. Times are epoch milliseconds. A new kind is
 * a member here, a finder among the gates of nodes or jobs, and a sentence.
 */
export type Gate =
  | {
      readonly kind: 'dependency';
      /** The first of those that it waits for, those under way before those that have not started. */
      readonly nodes: readonly { readonly id: string; readonly status: NodeStatus }[];
      /** How many it waits for besides. */
      readonly more: number;
      /** How many it needs in all. */
      readonly total: number;
    }
  | {
      readonly kind: 'trigger_rule';
      /** The rule in force, which the job's `on_failure` may have made another than the node's. */
      readonly rule: TriggerRule;
      /** `wait`: not decided; else why the node is to be skipped. */
      readonly verdict: 'wait' | SkipReason;
      readonly dependencies: DependencyCounts;
    }
  /** Its condition has not been judged. */
  | { readonly kind: 'condition'; readonly when: string }
  | {
      readonly kind: 'slot';
      /** Whose places are taken: the job's own `concurrency`, or those of an instance. */
      readonly scope: 'job' | 'instance';
      /** Absent where only another instance knows. */
      readonly used?: number;
      readonly limit?: number;
      /** The instance that knows. */
      readonly instance?: string;
    }
  | {
      readonly kind: 'concurrency_key';
      readonly key: string;
      /** Nodes that hold the key, of all jobs of the tenant. */
      readonly used: number;
      /** Nodes that may hold it when this one starts, itself included. */
      readonly limit: number;
      /** Of those that hold it, the ones that whoever asks may know of. */
      readonly holders: readonly { readonly job_id: string; readonly node_id: string }[];
    }
  | {
      readonly kind: 'backoff';
      readonly until?: number;
      /** The attempt that failed. */
      readonly attempt: number;
      readonly max_attempts: number;
      readonly error?: AttemptError;
    }
  /** What it depends on has failed several times in a row; its attempt has not begun. */
  | { readonly kind: 'breaker'; readonly upstream: string; readonly until?: number }
  | { readonly kind: 'delay'; readonly until?: number }
  | {
      readonly kind: 'approval';
      /** Users, and roles as `role:name`. */
      readonly approvers: readonly string[];
      readonly until?: number;
      readonly on_expiry: 'reject' | 'approve';
    }
  | { readonly kind: 'signal'; readonly until?: number; readonly on_expiry: 'fail' | 'complete' }
  /** It is run by a job of its own, which has not ended. */
  | { readonly kind: 'sub_job'; readonly job: string }
  | { readonly kind: 'paused'; readonly since?: number; readonly by?: string }
  | {
      readonly kind: 'job_queued';
      /** Jobs that are taken before it; absent where only another instance knows. */
      readonly ahead?: number;
      /** It ran before, was paused, and needs a place again. */
      readonly resumed?: true;
      /** Jobs that run on the instance that answers. */
      readonly used: number;
      readonly limit: number;
    }
  | {
      readonly kind: 'job_ending';
      readonly reason?: string;
      /** Attempts that are waited for. */
      readonly running: number;
    }
  | {
      readonly kind: 'lease_elsewhere';
      /** Absent while no instance drives the job. */
      readonly instance?: string;
    };

export type GateKind = Gate['kind'];

export const GATE_KINDS = [
  'dependency',
  'trigger_rule',
  'condition',
  'slot',
  'concurrency_key',
  'backoff',
  'breaker',
  'delay',
  'approval',
  'signal',
  'sub_job',
  'paused',
  'job_queued',
  'job_ending',
  'lease_elsewhere',
] as const satisfies readonly GateKind[];
