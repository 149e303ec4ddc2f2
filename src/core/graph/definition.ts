import type { Json, JsonObject } from '../json.js';
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

/** That a node may take the result of one that did the same before. */
export interface CacheRule {
  /** May hold expressions. What it comes to is part of what must be the same. */
  readonly key?: string;
  /** Seconds for which the result may be used again. */
  readonly ttl: number;
}

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
  /** Plain text, which is the key with a limit of 1; or both. */
  readonly concurrency_key?: string | { readonly key: string; readonly limit?: number };
  /** By when it is to have ended: seconds from the job's start, or an ISO 8601 time with its zone. */
  readonly deadline?: number | string;
  readonly repeat?: RepeatDefinition;
  /** One child for each of these; a text is an expression that gives them. */
  readonly for_each?: readonly Json[] | string;
  /** One child for each combination of the values of its axes. */
  readonly matrix?: Matrix;
  /** Children that may run at once. */
  readonly max_parallel?: number;
  /** What undoes the node, once it has completed, when its job fails. */
  readonly compensate?: Compensation;
  readonly cache?: CacheRule;
  /** What the node depends on, by a name that other nodes of the tenant may give, too. */
  readonly breaker?: string;
  /** What the node is a child for; only in jobs that the engine makes of a node. */
  readonly each?: { readonly item: Json; readonly index: number };
}

/** Children that one node may have. */
export const MAX_CHILDREN = 10_000;

/** Axes by name, each a list or an expression that gives one; `include` and `exclude` are no axes. */
export type Matrix = Readonly<Record<string, readonly Json[] | string>>;

/** An action of any node type. */
export interface Compensation {
  readonly type: string;
  readonly config?: JsonObject;
  readonly retry?: Partial<RetryPolicy>;
  /** Seconds one attempt may take. */
  readonly timeout?: number;
}

/** The type of nodes that run a job of their own. */
export const SUB_JOB = 'sub_job';

/** Jobs that a job may be within. */
export const MAX_SUB_JOB_DEPTH = 8;

/** What is compiled of a definition that a node brings along: its name is the node's unless it has one. */
export function subJobDefinition(definition: JsonObject, nodeId: string): JsonObject {
  return { name: nodeId, ...definition };
}

/** Whether a node is run by a job of its own, whose end is the node's. */
export function isRunByJob(node: NodeDefinition): boolean {
  return node.type === SUB_JOB || isFannedOut(node);
}

/** Whether a node stands for children, one an item. */
export function isFannedOut({ for_each: items, matrix }: NodeDefinition): boolean {
  return items !== undefined || matrix !== undefined;
}

/** A node that is run again, round after round, until what it gives is as wanted. */
export interface RepeatDefinition {
  /** An expression between `{%` and `%}`, judged after each round that completed. */
  readonly until: string;
  /** Rounds at most. */
  readonly max: number;
  /** Seconds between two rounds. */
  readonly delay?: number;
  /** What becomes of the node when the rounds are used up. */
  readonly on_exhausted?: 'fail' | 'complete';
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
  /** By when it is to have ended: an ISO 8601 time with its zone. */
  readonly deadline?: string;
}
