import type { OnFailure, TriggerRule } from '../graph/definition.js';
import type { SkipReason } from './events.js';

/** How the dependencies of a node stand. A dependency skipped because of a failure counts as failed. */
export interface DependencyCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

export type Verdict = 'run' | 'wait' | SkipReason;

/** The rule that a node is judged by: in a job that is to go on after failures, one that lets it. */
export function ruleInForce(rule: TriggerRule, onFailure: OnFailure): TriggerRule {
  return onFailure === 'continue' && rule === 'all_success' ? 'all_done' : rule;
}

/**
 * Judges a trigger rule, with the meanings Airflow gives them
 * (https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#trigger-rules).
 * A verdict other than `wait` is given as soon as no further result can change it, so that the
 * verdict is the same in whatever order the results come.
 */
export function judgeTrigger(rule: TriggerRule, counts: DependencyCounts): Verdict {
  const { total, succeeded, failed, skipped } = counts;
  if (total === 0) return 'run';
  const open = total - succeeded - failed - skipped;
  switch (rule) {
    case 'all_success':
      if (failed > 0) return 'upstream_failed';
      if (open > 0) return 'wait';
      return skipped > 0 ? 'upstream_skipped' : 'run';
    case 'all_done':
      return open === 0 ? 'run' : 'wait';
    case 'all_failed':
      if (succeeded > 0 || skipped > 0) return 'trigger_rule_not_met';
      return open === 0 ? 'run' : 'wait';
    case 'one_success':
      if (succeeded > 0) return 'run';
      if (open > 0) return 'wait';
      return failed > 0 ? 'upstream_failed' : 'upstream_skipped';
    case 'one_failed':
      if (failed > 0) return 'run';
      return open > 0 ? 'wait' : 'trigger_rule_not_met';
    case 'none_failed':
      if (failed > 0) return 'upstream_failed';
      return open === 0 ? 'run' : 'wait';
    case 'none_failed_min_one_success':
      if (failed > 0) return 'upstream_failed';
      if (open > 0) return 'wait';
      return succeeded > 0 ? 'run' : 'upstream_skipped';
    case 'always':
      return 'run';
  }
}
