import type { NodeDefinition, OnFailure, TriggerRule } from '../graph/definition.js';
import type { RetryPolicy } from '../retry/retry-policy.js';

/** A node with every default filled in. Nodes are known by their index in the definition. */
export interface PlanNode {
  readonly definition: NodeDefinition;
  readonly triggerRule: TriggerRule;
  readonly retry: RetryPolicy;
  /** 1 (low) to 5 (high): its own, or that of what needs it, by however many steps, if that is higher. */
  readonly priority: number;
}

/** Neighbours of every node in one array: those of node `i` are `targets[offsets[i] … offsets[i+1])`. */
export interface Adjacency {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** A compiled definition: what the engine needs to drive a job, sized by nodes plus edges. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly successors: Adjacency;
  /** How many dependencies each node has. */
  readonly dependencyCount: Int32Array;
  /** Node indexes, each after all it needs; ties in definition order. */
  readonly order: Int32Array;
  readonly settings: PlanSettings;
  /** Nodes that say by when they are to have ended; absent when none does. */
  readonly deadlines?: readonly number[];
}

export interface PlanSettings {
  /** Attempts of this job that may run at once. */
  readonly concurrency: number;
  /** Seconds from the job's start. */
  readonly timeout: number;
  readonly onFailure: OnFailure;
  /** 1 (low) to 5 (high). */
  readonly priority: number;
}

/** What a definition leaves open, from the service's configuration. Durations are in seconds. */
export interface PlanDefaults {
  readonly maxAttempts: number;
  readonly maxRetryDelay: number;
  readonly concurrency: number;
  readonly timeout: number;
}
