import type { NodeProjection } from '../job/job-record.js';
import { isTerminalJob } from '../job/status.js';
import { isEnding } from './circumstances.js';
import type { InstanceCircumstances, JobCircumstances } from './circumstances.js';
import type { Explanation } from './explain-node.js';
import { endingGate, gatesOfJob, slotGates } from './job-gates.js';
import { count, time } from './sentence.js';

/** What nodes of a running job are under way with. */
export const WAIT_KINDS = ['running', 'job', 'approval', 'signal', 'delay', 'backoff'] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** Nodes that a wait names. */
const MOST_NAMED = 5;

export interface NodeUnderWay {
  readonly id: string;
  readonly state: NodeProjection;
}

/** Nodes that a job waits for, by what they are under way with. */
export interface Wait {
  readonly kind: WaitKind;
  readonly count: number;
  /** There are more than were looked at, which may be of this kind. */
  readonly at_least: boolean;
  /** The first of them in definition order. Times are epoch milliseconds. */
  readonly nodes: readonly {
    readonly id: string;
    readonly since?: number;
    readonly until?: number;
  }[];
}

export interface JobExplanation extends Explanation {
  readonly waits: readonly Wait[];
  /** Nodes that have not started. */
  readonly notStarted: number;
}

/**
 * Says what holds a job, and what it waits for now.
 *
 * @param underWay the first running, waiting and retrying nodes, of the waiting ones as many as can be had
 */
export function explainJob(
  job: JobCircumstances,
  instance: InstanceCircumstances,
  underWay: readonly NodeUnderWay[],
): JobExplanation {
  const { progress } = job;
  if (isTerminalJob(progress.status)) {
    return { summary: endedSummary(job), gates: [], waits: [], notStarted: 0 };
  }
  const waits = waitsOf(job, underWay);
  const notStarted = progress.counts.pending + progress.counts.ready;
  const ending = endingGate(job);
  if (ending !== undefined) {
    return { summary: summaryOf(job, waits, notStarted), gates: [ending], waits, notStarted };
  }
  const gates = gatesOfJob(job, instance);
  if (progress.status === 'running' && notStarted > 0) {
    // Of the slots of others nothing is known, and a job may well have all that it can use.
    gates.push(
      ...slotGates(job, instance).filter((gate) => gate.kind === 'slot' && gate.used !== undefined),
    );
  }
  return { summary: summaryOf(job, waits, notStarted), gates, waits, notStarted };
}

function endedSummary({ progress }: JobCircumstances): string {
  const { status, finishedAt, reason } = progress;
  const at = finishedAt === undefined ? '' : ` at ${time(finishedAt)}`;
  return `The job ended as ${status}${at}${reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`}.`;
}

function waitsOf({ progress }: JobCircumstances, underWay: readonly NodeUnderWay[]): Wait[] {
  const { counts } = progress;
  const byKind = new Map<WaitKind, NodeUnderWay[]>(WAIT_KINDS.map((kind) => [kind, []]));
  for (const node of underWay) {
    const kind = kindOf(node.state);
    if (kind !== undefined) byKind.get(kind)?.push(node);
  }
  const seen = underWay.filter(({ state }) => state.status === 'waiting').length;
  const waits: Wait[] = [];
  for (const [kind, nodes] of byKind) {
    const exact =
      kind === 'running' ? counts.running : kind === 'backoff' ? counts.retrying : undefined;
    const found = exact ?? nodes.length;
    if (found === 0) continue;
    waits.push({
      kind,
      count: found,
      at_least: exact === undefined && counts.waiting > seen,
      nodes: nodes.slice(0, MOST_NAMED).map(({ id, state: { startedAt, until } }) => ({
        id,
        ...(startedAt === undefined ? {} : { since: startedAt }),
        ...(until === undefined ? {} : { until }),
      })),
    });
  }
  return waits;
}

function kindOf({ status, awaits }: NodeProjection): WaitKind | undefined {
  if (status === 'running') return 'running';
  if (status === 'retrying') return 'backoff';
  return status === 'waiting' ? (awaits ?? 'delay') : undefined;
}

const VERBS: Readonly<Record<WaitKind, readonly [one: string, several: string]>> = {
  running: ['runs', 'run'],
  job: ['runs as a job of its own', 'run as jobs of their own'],
  approval: ['waits for an approval', 'wait for an approval'],
  signal: ['waits for a signal', 'wait for a signal'],
  delay: ['waits for a time to come', 'wait for a time to come'],
  backoff: ['is to be tried again', 'are to be tried again'],
};

function summaryOf(
  { progress }: JobCircumstances,
  waits: readonly Wait[],
  notStarted: number,
): string {
  const state = isEnding(progress) ? 'ending' : progress.status;
  const parts = waits.map(({ kind, count: number, at_least: atLeast }) => {
    const said = count(number, 'node', ...VERBS[kind]);
    return atLeast ? `at least ${said}` : said;
  });
  if (notStarted > 0) parts.push(count(notStarted, 'node', 'has not started', 'have not started'));
  return parts.length === 0 ? `The job is ${state}.` : `The job is ${state}: ${parts.join(', ')}.`;
}
