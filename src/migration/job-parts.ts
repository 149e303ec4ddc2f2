import type { JobRef } from '../core/job/job-record.js';
import type { StoredRecord } from '../ports/store-contents.js';
import { canonicalJson } from './canonical-json.js';
import { undriven } from './copy-jobs.js';
import type { MovableStore } from './movable-store.js';

export const JOB_PARTS = ['header', 'claim', 'records', 'definition', 'nodes', 'status'] as const;
export type JobPart = (typeof JOB_PARTS)[number];

/** A piece of a job in a form that is the same in every store. */
export interface JobItem {
  readonly part: JobPart;
  /** For people. */
  readonly name: string;
  readonly text: string;
}

const RECORDS_A_READ = 256;
const CHUNKS_A_READ = 4;
const NODES_A_READ = 100;

/** A job that is believed to have so many records: right or wrong, all that it has are read. */
export interface JobToRead extends JobRef {
  readonly version: number;
}

/**
 * All of a job, piece by piece, in an order that does not depend on the store: from the journal the
 * header, the claim, the records and the definition, from the projections the states of the nodes
 * and the job as lists show it. Who drives it is left out.
 */
export async function* jobItems(store: MovableStore, job: JobToRead): AsyncGenerator<JobItem> {
  const nodeCount = yield* recordItems(store, job);
  yield* definitionItems(store, job, nodeCount);
  yield* stateItems(store, job, nodeCount);
  yield* statusItems(store, job);
}

/** Answers how many nodes the job's header says it has. */
async function* recordItems(
  { contents }: MovableStore,
  job: JobToRead,
): AsyncGenerator<JobItem, number> {
  let after = 0;
  let nodeCount = 0;
  for (;;) {
    // One more than there should be, which tells at once that there are no more.
    const limit = Math.min(RECORDS_A_READ, Math.max(0, job.version - after) + 1);
    const { records, end } = await contents.records(job, after, limit);
    for (const record of records) {
      after = record.version;
      if (record.creation !== undefined) {
        const { header, idempotency } = record.creation;
        ({ nodeCount } = header);
        yield { part: 'header', name: 'its header', text: canonicalJson(header) };
        if (idempotency !== undefined) {
          yield { part: 'claim', name: 'its idempotency key', text: canonicalJson(idempotency) };
        }
      }
      yield { part: 'records', name: `record ${record.version}`, text: recordText(record) };
    }
    if (end || records.length === 0) return nodeCount;
  }
}

function recordText(record: StoredRecord): string {
  const { version, commitId, at, events, intents, progress, nodes } = record;
  return canonicalJson({
    version,
    commitId,
    at,
    events,
    intents,
    progress: undriven(progress),
    nodes,
  });
}

async function* definitionItems(
  { journal }: MovableStore,
  ref: JobRef,
  nodeCount: number,
): AsyncGenerator<JobItem> {
  let first = 0;
  while (first < nodeCount) {
    const chunks = await journal.readDefinition(ref, first, CHUNKS_A_READ);
    const start = first;
    for (const chunk of chunks) {
      for (const node of chunk.nodes.slice(Math.max(0, first - chunk.first))) {
        const name = `the definition of node ${node.id}`;
        yield { part: 'definition', name, text: canonicalJson(node) };
        first++;
      }
    }
    if (first === start) return;
  }
}

async function* stateItems(
  { contents }: MovableStore,
  ref: JobRef,
  nodes: number,
): AsyncGenerator<JobItem> {
  for (let first = 0; first < nodes; first += NODES_A_READ) {
    const states = await contents.states(ref, first, Math.min(nodes, first + NODES_A_READ));
    for (const state of states) {
      yield {
        part: 'nodes',
        name: `the state of node number ${state.index}`,
        text: canonicalJson(state),
      };
    }
  }
}

async function* statusItems({ projections }: MovableStore, ref: JobRef): AsyncGenerator<JobItem> {
  const view = await projections.job(ref);
  if (view === undefined) return;
  const { header, progress } = view;
  yield {
    part: 'status',
    name: 'its status as shown',
    text: canonicalJson({ header, progress: undriven(progress) }),
  };
}
