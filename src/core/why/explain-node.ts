import type { NodeDefinition } from '../graph/definition.js';
import type { NodeProjection } from '../job/job-record.js';
import { isTerminalJob, type NodeStatus } from '../job/status.js';
import type { InstanceCircumstances, JobCircumstances } from './circumstances.js';
import { reportDependencies, type DependencyReport, type NodeStanding } from './dependencies.js';
import type { Gate } from './gate.js';
import { endingGate, gatesOfJob, slotGates } from './job-gates.js';
import { plural, time } from './sentence.js';

/** Dependencies that a gate names. */
const MOST_NAMED = 20;

export interface NodeToExplain {
  readonly definition: NodeDefinition;
  readonly status: NodeStatus;
  readonly state?: NodeProjection;
  /** The nodes it needs; only those of a node that has not started are asked for. */
  readonly dependencies: ReadonlyMap<string, NodeStanding>;
  /** Where it needs a concurrency key that it does not hold. */
  readonly key?: Omit<Extract<Gate, { kind: 'concurrency_key' }>, 'kind'>;
  /** Attempts that a node may have when it says nothing about it. */
  readonly defaultAttempts: number;
}

export interface Explanation {
  /** One sentence on the whole. */
  readonly summary: string;
  /** Every gate that holds it back; none when it runs, has ended, or is about to go on. */
  readonly gates: readonly Gate[];
}

/** Says what holds a node back: every gate, or why there is none. */
export function explainNode(
  node: NodeToExplain,
  job: JobCircumstances,
  instance: InstanceCircumstances,
): Explanation {
  const settled = settledSummary(node, job);
  if (settled !== undefined) return { summary: settled, gates: [] };
  const ending = endingGate(job);
  const gates = ending === undefined ? nodeGates(node, job, instance) : [ending];
  return { summary: summaryOf(node, gates), gates };
}

/** Whether it takes the standings of its dependencies to explain a node. */
export function needsDependencies(status: NodeStatus): boolean {
  return status === 'pending';
}

/** What is said of a node that nothing holds, since it runs or has ended; absent for others. */
function settledSummary(
  { definition: { id }, status, state }: NodeToExplain,
  { progress }: JobCircumstances,
): string | undefined {
  const at = state?.finishedAt === undefined ? '' : ` at ${time(state.finishedAt)}`;
  const attempts = plural(state?.attempt ?? 0, 'attempt');
  switch (status) {
    case 'running': {
      const since = state?.startedAt === undefined ? '' : ` since ${time(state.startedAt)}`;
      return `Node ${id} runs${since}, attempt ${state?.attempt ?? 1}.`;
    }
    case 'completed':
      return state?.reused === true
        ? `Node ${id} was kept as it had completed in the job that this one runs again.`
        : `Node ${id} completed${at}, after ${attempts}.`;
    case 'failed': {
      const code = state?.error === undefined ? '' : ` with ${state.error.code}`;
      return state?.attempt === 0
        ? `Node ${id} failed${at}${code}, before its first attempt.`
        : `Node ${id} failed${at}${code}, after ${attempts}.`;
    }
    case 'skipped':
      return `Node ${id} was skipped${at} because ${skipCause(state?.skipReason)}.`;
    case 'cancelled':
      return isTerminalJob(progress.status)
        ? `Node ${id} was cancelled, since the job ended as ${progress.status} before it had.`
        : `Node ${id} was cancelled${at}.`;
    case 'pending':
    case 'ready':
    case 'waiting':
    case 'retrying':
      return undefined;
  }
}

function skipCause(reason: string | undefined): string {
  switch (reason) {
    case 'upstream_failed':
      return 'a node that it needs failed';
    case 'upstream_skipped':
      return 'a node that it needs was skipped';
    case 'trigger_rule_not_met':
      return 'its trigger rule could not be met any more';
    case 'condition_false':
      return 'its condition did not hold';
    case 'skipped_by_user':
      return 'somebody asked for it';
    default:
      return `of this: ${reason ?? 'unknown'}`;
  }
}

function summaryOf({ definition: { id }, status }: NodeToExplain, gates: readonly Gate[]): string {
  if (gates.length === 0) return `Nothing holds node ${id} back: it goes on with the next commit.`;
  const kinds = [...new Set(gates.map(({ kind }) => kind))].join(', ');
  return `Node ${id} is ${status} and is held back by ${plural(gates.length, 'gate')}: ${kinds}.`;
}

/** In the order in which a node meets them, those of its job first. */
function nodeGates(
  node: NodeToExplain,
  job: JobCircumstances,
  instance: InstanceCircumstances,
): Gate[] {
  const ofJob = gatesOfJob(job, instance);
  switch (node.status) {
    case 'pending': {
      const report = reportDependencies(node.definition, node.dependencies, job.header.onFailure);
      const own = dependencyGates(report);
      if (report.verdict !== 'run') return [...ofJob, ...own];
      // One whose condition holds is shown as ready.
      return node.definition.when === undefined
        ? startGates(node, ofJob, job, instance)
        : [...ofJob, { kind: 'condition', when: node.definition.when }];
    }
    case 'ready':
      return startGates(node, ofJob, job, instance);
    case 'retrying':
      return [...ofJob, backoff(node)];
    case 'waiting':
      // What is waited for may come while the job is paused, too: the node then goes on to its end.
      return [
        ...ofJob.filter(({ kind }) => kind !== 'paused' && kind !== 'job_queued'),
        awaited(node, job),
      ];
    case 'running':
    case 'completed':
    case 'failed':
    case 'cancelled':
    case 'skipped':
      return [];
  }
}

function startGates(
  { key }: NodeToExplain,
  ofJob: readonly Gate[],
  job: JobCircumstances,
  instance: InstanceCircumstances,
): Gate[] {
  // Slots are given out when the job runs; until then they say nothing about this node.
  if (ofJob.some(({ kind }) => kind === 'job_queued')) return [...ofJob];
  const keyed: Gate[] = key === undefined ? [] : [{ kind: 'concurrency_key', ...key }];
  return [...ofJob, ...keyed, ...slotGates(job, instance)];
}

function dependencyGates({ rule, verdict, counts, open }: DependencyReport): Gate[] {
  if (verdict === 'run') return [];
  const ruled: Gate = { kind: 'trigger_rule', rule, verdict, dependencies: counts };
  if (verdict !== 'wait') return [ruled];
  const nodes = open.slice(0, MOST_NAMED);
  const more = open.length - nodes.length;
  return [{ kind: 'dependency', nodes, more, total: counts.total }, ruled];
}

function backoff({ definition, state, defaultAttempts }: NodeToExplain): Gate {
  if (state?.heldBy !== undefined) {
    const until = state.until === undefined ? {} : { until: state.until };
    return { kind: 'breaker', upstream: state.heldBy.upstream, ...until };
  }
  return {
    kind: 'backoff',
    attempt: state?.attempt ?? 1,
    max_attempts: definition.retry?.max_attempts ?? defaultAttempts,
    ...(state?.until === undefined ? {} : { until: state.until }),
    ...(state?.error === undefined ? {} : { error: state.error }),
  };
}

/** What a node that has given its slot back waits for. */
function awaited({ definition, state }: NodeToExplain, { header }: JobCircumstances): Gate {
  const until = state?.until === undefined ? {} : { until: state.until };
  const config = definition.config ?? {};
  switch (state?.awaits) {
    case 'approval': {
      const given = config['approvers'];
      return {
        kind: 'approval',
        approvers: Array.isArray(given) ? given.map(String) : [header.owner, 'role:admin'],
        ...until,
        on_expiry: config['on_expiry'] === 'approve' ? 'approve' : 'reject',
      };
    }
    case 'signal':
      return {
        kind: 'signal',
        ...until,
        on_expiry: config['on_expiry'] === 'complete' ? 'complete' : 'fail',
      };
    case 'job':
      return { kind: 'sub_job', job: state.child ?? '' };
    case undefined:
      return { kind: 'delay', ...until };
  }
}
