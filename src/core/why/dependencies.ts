import type { NodeDefinition, OnFailure, TriggerRule } from '../graph/definition.js';
import type { NodeProjection } from '../job/job-record.js';
import { isTerminalNode, type NodeStatus } from '../job/status.js';
import { judgeTrigger, ruleInForce } from '../job/trigger.js';
import type { DependencyCounts, Verdict } from '../job/trigger.js';

/** How a node stands, and no more. */
export interface NodeStanding {
  readonly status: NodeStatus;
  readonly skipReason?: string;
}

/** @param unstarted the status of a node of which nothing is stored */
export function standingOf(
  state: Pick<NodeProjection, 'status' | 'skipReason'> | undefined,
  unstarted: NodeStatus,
): NodeStanding {
  if (state === undefined) return { status: unstarted };
  const { status, skipReason } = state;
  return { status, ...(skipReason === undefined ? {} : { skipReason }) };
}

/** How the dependencies of a node stand, and what its trigger rule makes of it. */
export interface DependencyReport {
  readonly rule: TriggerRule;
  readonly verdict: Verdict;
  readonly counts: DependencyCounts;
  /** Those that have not counted yet, those under way before those that have not started. */
  readonly open: readonly { readonly id: string; readonly status: NodeStatus }[];
}

/** Judges a node's trigger rule by how the nodes it needs stand; those not given count as pending. */
export function reportDependencies(
  definition: NodeDefinition,
  standings: ReadonlyMap<string, NodeStanding>,
  onFailure: OnFailure,
): DependencyReport {
  const needs = definition.needs ?? [];
  let succeeded = 0;
  let failed = 0;
  let skipped = 0;
  const underWay: { id: string; status: NodeStatus }[] = [];
  const idle: { id: string; status: NodeStatus }[] = [];
  for (const id of needs) {
    const { status, skipReason } = standings.get(id) ?? { status: 'pending' };
    if (status === 'completed') succeeded++;
    else if (status === 'failed' || (status === 'skipped' && skipReason === 'upstream_failed'))
      failed++;
    else if (status === 'skipped') skipped++;
    else (isUnderWay(status) ? underWay : idle).push({ id, status });
  }
  const counts = { total: needs.length, succeeded, failed, skipped };
  const rule = ruleInForce(definition.trigger_rule ?? 'all_success', onFailure);
  return { rule, verdict: judgeTrigger(rule, counts), counts, open: [...underWay, ...idle] };
}

function isUnderWay(status: NodeStatus): boolean {
  return status !== 'pending' && !isTerminalNode(status);
}
