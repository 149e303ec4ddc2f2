import type { Plan } from '../plan/plan.js';
import { settleNode } from './evolve.js';
import type { JobState } from './job-state.js';
import { KeyedQueues } from './keyed-queues.js';
import { ReadyQueue } from './ready-queue.js';
import { NODE_STATUSES } from './status.js';
import { NODE_CODE } from './transitions.js';

/** The state of a job of which nothing has been committed. */
export function initialState(plan: Plan): JobState {
  const size = plan.nodes.length;
  const counts = new Int32Array(NODE_STATUSES.length);
  counts[NODE_CODE.pending] = size;
  const state: JobState = {
    status: 'queued',
    version: 0,
    updatedAt: 0,
    anyFailed: false,
    nodeStatus: new Uint8Array(size),
    attempts: new Uint32Array(size),
    nodeStartedAt: new Array<number>(size).fill(0),
    succeededDeps: new Int32Array(size),
    failedDeps: new Int32Array(size),
    skippedDeps: new Int32Array(size),
    details: new Map(),
    counts,
    freshReady: 0,
    ready: new ReadyQueue(),
    keyed: new KeyedQueues(),
    undecided: new Set(),
    toSkip: new Map(),
    live: new Set(),
    held: new Set(),
    children: new Set(),
  };
  for (let node = 0; node < size; node++) settleNode(plan, state, node);
  return state;
}
