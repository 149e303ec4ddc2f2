import { JOB_STATUSES, NODE_STATUSES, type JobStatus, type NodeStatus } from './status.js';

/** Every move a job may make; all others are refused. */
export const JOB_TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['running', 'cancelled', 'timed_out'],
  running: [
    'completed',
    'failed',
    'cancelled',
    'timed_out',
    'paused',
    'cancelling',
    'compensating',
  ],
  paused: ['running', 'cancelling', 'compensating', 'failed', 'timed_out'],
  cancelling: ['cancelled'],
  compensating: ['failed'],
  completed: [],
  failed: [],
  cancelled: [],
  timed_out: [],
};

/** Every move a node may make; all others are refused. */
export const NODE_TRANSITIONS: Readonly<Record<NodeStatus, readonly NodeStatus[]>> = {
  pending: ['ready', 'completed', 'failed', 'skipped', 'cancelled'],
  ready: ['running', 'completed', 'failed', 'cancelled', 'skipped'],
  running: ['completed', 'failed', 'cancelled', 'retrying', 'waiting'],
  waiting: ['running', 'cancelled', 'skipped'],
  retrying: ['ready', 'failed', 'cancelled', 'skipped'],
  completed: [],
  failed: [],
  cancelled: [],
  skipped: [],
};

/** Node statuses as small integers, in which a job keeps them. */
export const NODE_CODE = Object.fromEntries(
  NODE_STATUSES.map((status, code) => [status, code]),
) as Readonly<Record<NodeStatus, number>>;

const nodeMoves: readonly number[] = NODE_STATUSES.map((from) =>
  NODE_TRANSITIONS[from].reduce((mask, to) => mask | (1 << NODE_CODE[to]), 0),
);

export function mayMoveJob(from: JobStatus, to: JobStatus): boolean {
  return JOB_TRANSITIONS[from].includes(to);
}

/** As {@link NODE_TRANSITIONS} says, by the codes of {@link NODE_CODE}. */
export function mayMoveNode(from: number, to: number): boolean {
  return ((nodeMoves[from] ?? 0) & (1 << to)) !== 0;
}

/** A journal that asks for a move the tables do not have: it was not written by this engine. */
export class IllegalTransition extends Error {
  readonly code = 'illegal_transition';
  constructor(what: string, from: string, to: string) {
    super(`${what} cannot move from ${from} to ${to}`);
    this.name = 'IllegalTransition';
  }
}

/** The state diagrams of the docs, drawn from the tables (Mermaid). */
export function renderTransitions(of: 'job' | 'node'): string {
  const table: Readonly<Record<string, readonly string[]>> =
    of === 'job' ? JOB_TRANSITIONS : NODE_TRANSITIONS;
  const statuses: readonly string[] = of === 'job' ? JOB_STATUSES : NODE_STATUSES;
  const lines = ['stateDiagram-v2', `  [*] --> ${statuses[0] ?? ''}`];
  for (const from of statuses) {
    const targets = table[from] ?? [];
    for (const to of targets) lines.push(`  ${from} --> ${to}`);
    if (targets.length === 0) lines.push(`  ${from} --> [*]`);
  }
  return lines.join('\n') + '\n';
}
