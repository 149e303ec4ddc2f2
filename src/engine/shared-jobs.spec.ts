import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { submissionOf } from '../../test/support/engine-fixture.js';
import { LEASE_MS, Member } from '../../test/support/member.js';
import { MemoryCluster } from '../../test/support/memory-cluster.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import type { SteeringCommand } from '../core/job/commands.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { SteerOutcome } from './dag-execution-engine.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('instances on one store', () => {
  let store: MemoryStore;
  let cluster: MemoryCluster;
  let members: Member[];

  beforeEach(() => {
    store = new MemoryStore();
    cluster = new MemoryCluster(store);
    members = [];
  });
  afterEach(async () => {
    for (const member of members) {
      member.thaw();
      await member.engine.stop(0);
      expect(member.engine.stats().runningNodes).toBe(0);
    }
  });

  const join = async (name: string, options = {}): Promise<Member> => {
    const member = new Member(store, cluster, name, options);
    members.push(member);
    await member.engine.start();
    return member;
  };

  /** Lets time pass for everybody whose line is not frozen. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 250) {
      for (const { clock, line } of members) if (line !== 'frozen') clock.advance(250);
      for (let turns = 0; turns < 12; turns++) await turn();
    }
  };
  const settle = (): Promise<void> => pass(250);

  const job = (id: string): { status: string; driver?: string | undefined } => {
    const progress = store.jobs.get(`acme/${id}`)?.view.progress;
    if (progress === undefined) throw new Error(`there is no job ${id}`);
    return progress;
  };
  const eventsOf = (id: string): string[] =>
    (store.jobs.get(`acme/${id}`)?.records ?? [])
      .flatMap(({ events }) => events)
      .map((event) => ('node' in event ? `${event.type} ${event.node}` : event.type));
  const starts = (id: string): string[] =>
    members.flatMap(({ attempts }) =>
      attempts.filter(({ jobId }) => jobId === id).map(({ attemptId }) => attemptId),
    );
  /** What an instance answers when it is asked something of a job; time passes meanwhile. */
  const asked = async (
    member: Member,
    jobId: string,
    command: SteeringCommand = { type: 'cancel', by: 'ann' },
  ): Promise<SteerOutcome> => {
    let outcome: SteerOutcome | undefined;
    void member.engine.steer({ tenantId: 'acme', jobId }, command).then((came) => (outcome = came));
    for (let rounds = 0; rounds < 40 && outcome === undefined; rounds++) await settle();
    if (outcome === undefined) throw new Error('there was no answer');
    return outcome;
  };
  const oneLong = [
    { id: 'long', type: 'scripted' },
    { id: 'after', type: 'scripted', needs: ['long'] },
  ];

  it('names the driver of a running job, and nobody when it has ended', async () => {
    const a = await join('a');
    await a.engine.submit(submissionOf('j', oneLong));
    expect(job('j').driver).toMatch(/^a/);
    a.finish('long');
    await settle();
    expect(job('j')).toMatchObject({ status: 'completed' });
    expect(job('j').driver).toBeUndefined();
  });

  it('share the load: what one has no room for is taken by who has', async () => {
    const a = await join('a', { maxRunningJobs: 1 });
    const b = await join('b', { maxRunningJobs: 2 });
    for (const id of ['j1', 'j2', 'j3', 'j4']) await a.engine.submit(submissionOf(id, oneLong));
    await pass(1_500);
    expect(['j1', 'j2', 'j3', 'j4'].map((id) => job(id).status)).toEqual([
      'running',
      'running',
      'running',
      'queued',
    ]);
    expect(b.attempts.map(({ jobId }) => jobId)).toEqual(['j2', 'j3']);
    a.finish('long');
    await settle();
    expect(job('j4').driver).toMatch(/^a/);
    b.finish('long');
    a.finish('long');
    await settle();
    for (const id of ['j1', 'j2', 'j3', 'j4']) {
      expect(job(id).status).toBe('completed');
      expect(starts(id)).toEqual([`${id}/long/1`, `${id}/after/1`]);
    }
  });

  it('take the most urgent job first, and the oldest of these', async () => {
    const a = await join('a', { maxRunningJobs: 1 });
    await a.engine.submit(submissionOf('running', oneLong));
    for (const [id, priority] of Object.entries({ low: 1, high1: 5, middle: 3, high2: 5 })) {
      await a.engine.submit(submissionOf(id, oneLong, { priority }));
    }
    const b = await join('b', { maxRunningJobs: 3 });
    await settle();
    expect(b.attempts.map(({ jobId }) => jobId)).toEqual(['high1', 'high2', 'middle']);
  });

  it('heed another priority, whoever was asked for it', async () => {
    const a = await join('a', { maxRunningJobs: 1 });
    const b = await join('b', { maxRunningJobs: 1 });
    await a.engine.submit(submissionOf('running', oneLong));
    await b.engine.submit(submissionOf('here', oneLong));
    await a.engine.submit(submissionOf('first', oneLong));
    await a.engine.submit(submissionOf('second', oneLong));
    const raise = { type: 'change_priority', by: 'ann', priority: 5 } as const;
    // Nobody drives it; the other instance has it in its queue.
    expect(await asked(b, 'second', raise)).toEqual({ status: 'done' });
    await pass(2_000);
    expect(store.jobs.get('acme/second')?.view.progress.priority).toBe(5);
    expect(a.engine.jobsAhead({ tenantId: 'acme', jobId: 'second' })).toBe(0);
    // It is driven by the other instance.
    expect(await asked(b, 'running', { ...raise, priority: 2 })).toEqual({ status: 'done' });
    expect(store.jobs.get('acme/running')?.view.progress.priority).toBe(2);
    a.finish('long');
    await settle();
    expect(['first', 'second'].map((id) => job(id).status)).toEqual(['queued', 'running']);
    b.finish('long');
    await pass(2_000);
    expect(job('first')).toMatchObject({ status: 'running' });
    expect(eventsOf('second').slice(0, 2)).toEqual(['job_submitted', 'job_priority_changed']);
  });

  it('end queued jobs whose deadline passes, though nobody has them in a queue of its own', async () => {
    const a = await join('a', { maxRunningJobs: 0 });
    const submission = submissionOf('due', oneLong);
    const deadline = a.clock.now() + 20_000;
    await a.engine.submit({ ...submission, header: { ...submission.header, deadline } });
    await join('b', { maxRunningJobs: 0 });
    a.line = 'frozen';
    await pass(19_000);
    expect(job('due').status).toBe('queued');
    await pass(4_000);
    expect(job('due').status).toBe('timed_out');
  });

  it('take over from one that is gone, within twice the lease', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    a.line = 'frozen';
    await pass(LEASE_MS - 1_000);
    expect(job('j').driver).toMatch(/^a/);
    await pass(LEASE_MS + 1_000);
    expect(job('j').driver).toMatch(/^b/);
    await pass(60_000);
    b.finish('long');
    await settle();
    expect(job('j').status).toBe('completed');
    expect(starts('j')).toEqual(['j/long/1', 'j/long/2', 'j/after/1']);
    expect(eventsOf('j')).toContain('job_taken');
  });

  it('are not hurt by one that comes back after its jobs were taken', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    const [interrupted] = a.attempts;
    a.line = 'frozen';
    await pass(2 * LEASE_MS);
    // What it was about to commit when it was stopped goes out now, and is refused.
    a.finish('long');
    a.thaw();
    await pass(5_000);
    expect(job('j').driver).toMatch(/^b/);
    expect(a.engine.stats()).toMatchObject({ runningJobs: 0, runningNodes: 0 });
    expect(interrupted?.attemptId).toBe('j/long/1');
    b.finish('long');
    await pass(60_000);
    expect(job('j').status).toBe('completed');
    expect(eventsOf('j').filter((event) => event === 'node_completed long')).toHaveLength(1);

    // It goes on under another id, and takes jobs again.
    await a.engine.submit(submissionOf('k', oneLong));
    await settle();
    const instances = (await cluster.instances.all()).filter(({ dead }) => !dead);
    expect(instances.map(({ id }) => id)).toContain(job('k').driver);
    a.finish('long');
    await settle();
    expect(job('k').status).toBe('completed');
  });

  it('end the attempts of one that comes back before it has anything to commit', async () => {
    const a = await join('a');
    await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    a.line = 'frozen';
    await pass(2 * LEASE_MS);
    a.thaw();
    await pass(4_000);
    expect(a.attempts[0]?.signal.aborted).toBe(true);
    expect(a.engine.stats()).toMatchObject({ runningJobs: 0, runningNodes: 0 });
  });

  it('do not take an outage of the store for the death of the others', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    a.line = 'away';
    b.line = 'away';
    await pass(4 * LEASE_MS);
    a.finish('long');
    await pass(1_000);
    b.line = 'open';
    await pass(LEASE_MS / 2);
    a.line = 'open';
    await pass(5_000);
    expect(job('j').status).toBe('completed');
    expect(starts('j')).toEqual(['j/long/1', 'j/after/1']);
    expect(eventsOf('j')).not.toContain('job_taken');
  });

  it('do not take their own pause for the death of the others', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    b.line = 'frozen';
    await pass(LEASE_MS / 2);
    b.clock.advance(10 * LEASE_MS);
    b.thaw();
    await pass(5_000);
    expect(job('j').driver).toMatch(/^a/);
  });

  it('cancel a job wherever it is driven', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    expect(await asked(b, 'j')).toEqual({ status: 'done' });
    await settle();
    expect(job('j').status).toBe('cancelled');
    expect(await asked(b, 'j')).toMatchObject({
      status: 'refused',
      rejection: { code: 'job_finished' },
    });
    expect(await asked(b, 'nobody')).toEqual({ status: 'not_found' });
    await pass(1_000);
    expect(await cluster.inbox.read(10)).toEqual([]);
  });

  it('carry refusals back to where it was asked', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    expect(await asked(b, 'j', { type: 'resume', by: 'ann' })).toMatchObject({
      status: 'refused',
      rejection: { code: 'not_paused' },
    });
    expect(await asked(b, 'j', { type: 'pause', by: 'ann' })).toEqual({ status: 'done' });
    expect(job('j').status).toBe('paused');
    a.finish('long');
    await settle();
    expect(starts('j')).toEqual(['j/long/1']);
    expect(await asked(b, 'j', { type: 'resume', by: 'ann' })).toEqual({ status: 'done' });
    await settle();
    expect(job('j').status).toBe('completed');
  });

  it('cancel a job in the queue of another', async () => {
    const a = await join('a', { maxRunningJobs: 1 });
    const b = await join('b', { maxRunningJobs: 0 });
    await a.engine.submit(submissionOf('j', oneLong));
    await a.engine.submit(submissionOf('queued', oneLong));
    expect(await asked(b, 'queued')).toEqual({ status: 'done' });
    expect(job('queued').status).toBe('cancelled');
    a.finish('long');
    await pass(2_000);
    expect(job('j').status).toBe('completed');
    expect(starts('queued')).toEqual([]);
  });

  it('keep a cancel for the one that takes the job over', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.engine.submit(submissionOf('j', oneLong));
    a.line = 'frozen';
    expect(await asked(b, 'j', { type: 'cancel', by: 'ann', reason: 'no longer needed' })).toEqual({
      status: 'requested',
    });
    await pass(2 * LEASE_MS + 2_000);
    expect(job('j')).toMatchObject({ status: 'cancelled', reason: 'no longer needed' });
    expect(await cluster.inbox.read(10)).toEqual([]);
  });

  it('delete a message for a job that has ended meanwhile', async () => {
    const a = await join('a');
    await join('b');
    await a.engine.submit(submissionOf('j', [{ id: 'quick', type: 'scripted' }]));
    await settle();
    await cluster.inbox.put({
      id: 'm',
      tenantId: 'acme',
      jobId: 'j',
      at: a.clock.now(),
      command: { type: 'cancel', by: 'ann' },
    });
    await pass(8_000);
    expect(await cluster.inbox.read(10)).toEqual([]);
    expect(job('j').status).toBe('completed');
  });

  it('hand over at once what does not run, and the rest when its attempts have ended', async () => {
    const a = await join('a');
    await a.engine.submit(submissionOf('held', [{ id: 'wait', type: 'scripted' }]));
    await a.engine.submit(submissionOf('j', oneLong));
    await settle();
    const b = await join('b');
    const stopped = a.engine.stop(60_000);
    await pass(2_000);
    expect(job('held').driver).toMatch(/^b/);
    expect(job('j').driver).toMatch(/^a/);
    a.finish('long');
    await pass(2_000);
    await stopped;
    expect(job('j').status).toBe('completed');
    expect(b.attempts.map(({ attemptId }) => attemptId)).toEqual(['j/after/1']);
    expect(eventsOf('j').filter((event) => event.startsWith('job_'))).toEqual([
      'job_submitted',
      'job_started',
      'job_handed_over',
      'job_taken',
      'job_finished',
    ]);
    expect((await cluster.instances.all()).map(({ id }) => id)).toEqual([
      expect.stringMatching(/^b/),
    ]);
  });

  it('hand over what still runs when the time to stop is up', async () => {
    const a = await join('a');
    await a.engine.submit(submissionOf('j', oneLong));
    const b = await join('b');
    const stopped = a.engine.stop(3_000);
    await pass(5_000);
    await stopped;
    expect(a.attempts[0]?.signal.aborted).toBe(true);
    expect(job('j').driver).toMatch(/^b/);
    await pass(60_000);
    b.finish('long');
    await settle();
    expect(job('j').status).toBe('completed');
    expect(starts('j')).toEqual(['j/long/1', 'j/long/2', 'j/after/1']);
  });

  it('find a job whose creation was stored and whose answer was lost', async () => {
    const a = await join('a');
    await join('b');
    a.losing = 1;
    const once = oneLong.map((node) => ({ ...node, retry: { max_attempts: 1 } }));
    await expect(a.engine.submit(submissionOf('j', once))).rejects.toThrow(StoreUnavailable);
    await pass(12_000);
    a.finish('long');
    await settle();
    expect(job('j').status).toBe('completed');
    expect(starts('j')).toEqual(['j/long/1', 'j/after/1']);
  });

  it('find a job whose take-over was stored and whose answer was lost', async () => {
    const a = await join('a', { maxRunningJobs: 1 });
    await a.engine.submit(submissionOf('j', oneLong));
    await a.engine.submit(submissionOf('k', oneLong));
    const b = new Member(store, cluster, 'b');
    members.push(b);
    b.losing = 1;
    await b.engine.start();
    await pass(12_000);
    b.finish('long');
    await settle();
    expect(job('k').status).toBe('completed');
    expect(starts('k')).toEqual(['k/long/1', 'k/after/1']);
  });

  it('drive on at once, after a restart, what the life before had', async () => {
    const a = await join('a');
    await a.engine.submit(submissionOf('j', oneLong));
    const former = job('j').driver ?? '';
    a.line = 'frozen';
    const again = new Member(store, cluster, 'again');
    members.push(again);
    await cluster.instances.remove(former);
    await again.engine.start();
    await pass(3_000);
    expect(job('j').driver).toMatch(/^again/);
  });
});
