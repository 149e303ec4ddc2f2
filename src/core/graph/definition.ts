import type { JsonObject } from '../json.js';
import type { RetryPolicy } from '../retry/retry-policy.js';

/** When a node may start, judged by how its dependencies ended (as in Airflow). */
export const TRIGGER_RULES = [
  'all_success',
  'all_done',
  'all_failed',
  'one_success',
  'one_failed',
  'none_failed',
  'none_failed_min_one_success',
  'always',
] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** What a failed node does to the rest of its job. */
export const ON_FAILURE = ['finish_branches', 'fail_fast', 'continue'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** A node as it is stored: edges are merged into `needs`; what was left out stays out. */
export interface NodeDefinition {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly config?: JsonObject;
  readonly needs?: readonly string[];
  /** An expression between `{%` and `%}`; the node is skipped when it is false. */
  readonly when?: string;
  readonly trigger_rule?: TriggerRule;
  readonly retry?: Partial<RetryPolicy>;
  /** Seconds one attempt may take. */
  readonly timeout?: number;
  readonly priority?: number;
}

/** What a submitter sends, once its shape is known to be right. Durations are in seconds. */
export interface JobDefinition {
  readonly name: string;
  readonly description?: string;
  readonly dag_definition: {
    readonly nodes: readonly NodeDefinition[];
    readonly edges?: readonly { readonly from: string; readonly to: string }[];
  };
  readonly inputs?: JsonObject;
  readonly concurrency?: number;
  readonly priority?: number;
  readonly timeout?: number;
  readonly on_failure?: OnFailure;
  readonly labels?: Readonly<Record<string, string>>;
}
