import { expect } from '@jest/globals';
import { INTERRUPTED } from '../../../src/core/job/attempt.js';
import type { JobEvent } from '../../../src/core/job/events.js';
import { projectJob } from '../../../src/core/job/project.js';
import { isTerminalJob, NODE_STATUSES, type JobStatus } from '../../../src/core/job/status.js';
import { waitUntil } from '../../support/wait-until.js';
import { everythingShown, openForReading, type ReadStore } from './open-store.js';
import { readJournal, type ReplayedJob } from './read-journal.js';
import { SLOTS } from './workload.js';
import type { World } from './world.js';

/** A job as the API shows it. */
interface JobAnswer {
  readonly id: string;
  readonly status: JobStatus;
  readonly version: number;
  readonly counts: object;
  readonly nodes: readonly { id: string; status: string; attempt: number }[];
}

/** How jobs were when they were first seen to have ended, by their ids. */
export type Ends = Map<string, Pick<JobAnswer, 'status' | 'version'>>;

/** Resolves when every accepted job has been seen to have ended. */
export async function watchEnds(
  world: World,
  limit: number,
  ends: Ends = new Map(),
): Promise<Ends> {
  const last = new Map<string, unknown>();
  const look = async (): Promise<boolean> => {
    const open = [...world.workload.accepted.values()].filter((id) => !ends.has(id));
    for (const id of open) {
      const job = await read(world, id).catch((error: unknown) => error);
      last.set(id, job);
      if (isJob(job) && isTerminalJob(job.status)) ends.set(id, job);
    }
    return world.workload.accepted.size === ends.size;
  };
  await waitUntil(look, limit, 50).catch((cause: unknown) => {
    const open = [...last].filter(([id]) => !ends.has(id));
    const told = open.map(([id, job]) => `${id}: ${isJob(job) ? show(job) : String(job)}`);
    throw new Error(`Jobs that have not ended:\n${told.join('\n')}`, { cause });
  });
  return ends;
}

function isJob(answer: unknown): answer is JobAnswer {
  return typeof answer === 'object' && answer !== null && 'nodes' in answer;
}

function show({ status, version, nodes }: JobAnswer): string {
  const each = nodes.map((node) => `${node.id} ${node.status} ${node.attempt}`);
  return `${status}, version ${version}, ${each.join(', ')}`;
}

async function read(world: World, id: string): Promise<JobAnswer> {
  const answer = await world.alive[0]?.call<JobAnswer>('GET', `/job/${id}`);
  expect(answer).toMatchObject({ status: 200 });
  return answer?.body as JobAnswer;
}

/**
 * What must be so after every fault. Ends the services.
 *
 * @param spared no attempt that ran may have been cut short
 */
export async function checkInvariants(world: World, ends: Ends, spared: boolean): Promise<void> {
  const { accepted, ran } = world.workload;
  // Slots = live attempts: that all of them can be had was tried before; nor are there more.
  expect(world.mostRunning).toBeLessThanOrEqual(SLOTS);
  await everythingShown(world);
  const shown = new Map<string, JobAnswer>();
  for (const id of accepted.values()) shown.set(id, await read(world, id));
  await world.end();

  // No attempt id is used for two starts: each command ran once.
  expect(ran.filter((attempt, at) => ran.indexOf(attempt) !== at)).toEqual([]);

  const store = await openForReading(world);
  try {
    const started = new Set<string>();
    for (const [name, id] of accepted) {
      const job = await checkJob(store, { name, id }, shown.get(id), ends.get(id));
      for (const attempt of checkEvents(id, job)) started.add(attempt);
      if (spared) expect(interrupted(id, job).filter((it) => ran.includes(it))).toEqual([]);
    }
    // Nothing runs before its start is committed.
    expect(ran.filter((attempt) => !started.has(attempt))).toEqual([]);
    const page = { tenantId: 'acme', sort: 'created_at', limit: 1, start: { offset: 0 } } as const;
    expect((await store.projections.list(page)).total).toBe(accepted.size);
    for (const [id, { nodes }] of shown) {
      const winners = nodes
        .filter((node) => node.id !== 'source' && node.id !== 'wait')
        .map((node) => `${id}/${node.id}/${node.attempt}`);
      expect(winners.filter((attempt) => !ran.includes(attempt))).toEqual([]);
    }
  } finally {
    await store.close();
  }
}

/** No accepted job is lost, its end is final, and journal, projections and API say the same of it. */
async function checkJob(
  store: ReadStore,
  { name, id }: { readonly name: string; readonly id: string },
  shown: JobAnswer | undefined,
  end: { readonly status: string; readonly version: number } | undefined,
): Promise<ReplayedJob> {
  expect(await store.journal.findClaim('acme', 'ada', name)).toMatchObject({ jobId: id });
  const view = await store.projections.job({ tenantId: 'acme', jobId: id });
  if (view === undefined) throw new Error(`The job ${id} was accepted and is lost.`);
  const job = await readJournal(store.journal, view.header);
  expect(projectJob(job.state)).toEqual(view.progress);
  const { status, version, counts } = view.progress;
  expect({ id, status }).toEqual({ id, status: 'completed' });
  expect(shown).toMatchObject({ status, version, counts });
  expect(end).toMatchObject({ status, version });
  expect(shown?.nodes.map((node) => [node.id, node.status, node.attempt])).toEqual(
    job.nodes.map((node, at) => [
      node.id,
      NODE_STATUSES[job.state.nodeStatus[at] ?? 0],
      job.state.attempts[at],
    ]),
  );
  return job;
}

/** The events of a job in their order; answers the ids of the attempts that were started. */
function checkEvents(id: string, { records, nodes }: ReplayedJob): string[] {
  expect(records.map(({ version }) => version)).toEqual(records.map((_, at) => at + 1));
  const times = records.map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const events = records.flatMap((record) => record.events);
  const of = <T extends JobEvent['type']>(type: T): Extract<JobEvent, { type: T }>[] =>
    events.filter((event): event is Extract<JobEvent, { type: T }> => event.type === type);

  expect(events[0]?.type).toBe('job_submitted');
  expect(of('job_submitted')).toHaveLength(1);
  expect(of('job_started')).toHaveLength(1);
  // Terminal states are final: nothing follows.
  expect(events.findIndex(({ type }) => type === 'job_finished')).toBe(events.length - 1);

  const completed = of('node_completed').map(({ node }) => node);
  expect(completed.toSorted()).toEqual(nodes.map((node) => node.id).toSorted());
  const starts = of('node_started').map(({ node, attempt }) => `${id}/${node}/${attempt}`);
  expect(starts.filter((start, at) => starts.indexOf(start) !== at)).toEqual([]);
  for (const { id: node, needs = [] } of nodes) {
    const own = events.flatMap((event, at) =>
      'node' in event && event.node === node ? [{ event, at }] : [],
    );
    const first = own.find(({ event }) => event.type === 'node_started')?.at ?? -1;
    const done = own.findIndex(({ event }) => event.type === 'node_completed');
    expect(done).toBe(own.length - 1);
    const attempts = own.flatMap(({ event }) =>
      event.type === 'node_started' ? [event.attempt] : [],
    );
    expect(attempts).toEqual(attempts.map((_, at) => at + 1));
    for (const need of needs) {
      const ready = events.findIndex(
        (event) => event.type === 'node_completed' && event.node === need,
      );
      expect(ready).toBeLessThan(first);
    }
  }
  return starts;
}

/** The ids of the attempts that nobody saw the end of. */
function interrupted(id: string, { records }: ReplayedJob): string[] {
  const attempts = new Map<string, number>();
  return records
    .flatMap(({ events }) => events)
    .flatMap((event) => {
      if (event.type === 'node_started') attempts.set(event.node, event.attempt);
      return event.type === 'node_retrying' && event.error.code === INTERRUPTED
        ? [`${id}/${event.node}/${attempts.get(event.node) ?? 0}`]
        : [];
    });
}
