import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../test/support/engine-fixture.js';
import { JobScheduler, type QueuedJob } from './job-scheduler.js';
import { Timers } from './timers.js';

const job = (jobId: string, priority: number, createdAt: number): QueuedJob => ({
  tenantId: 'acme',
  jobId,
  priority,
  createdAt,
});

describe('the queue of jobs', () => {
  let scheduler: JobScheduler;
  const order = (): string[] => {
    const taken: string[] = [];
    for (let next = scheduler.admitNext(); next; next = scheduler.admitNext())
      taken.push(next.jobId);
    return taken;
  };
  beforeEach(() => {
    scheduler = new JobScheduler(100, new Timers(new ManualClock()));
    for (const [at, priority] of [3, 5, 3, 1, 5].entries()) {
      scheduler.enqueue(job(`j${at}`, priority, at));
    }
  });

  it('is by priority, then by age', () => {
    expect(order()).toEqual(['j1', 'j4', 'j0', 'j2', 'j3']);
  });

  it('moves a job among those of its new priority by its age', () => {
    scheduler.changePriority({ tenantId: 'acme', jobId: 'j3' }, 5);
    scheduler.changePriority({ tenantId: 'acme', jobId: 'j1' }, 3);
    expect(['j3', 'j4', 'j0', 'j1', 'j2'].map((id) => scheduler.ahead(job(id, 1, 0)))).toEqual([
      0, 1, 2, 3, 4,
    ]);
    expect(order()).toEqual(['j3', 'j4', 'j0', 'j1', 'j2']);
  });

  it('leaves alone what is not in it, and what has the priority', () => {
    scheduler.changePriority({ tenantId: 'acme', jobId: 'nobody' }, 5);
    scheduler.changePriority({ tenantId: 'globex', jobId: 'j3' }, 5);
    scheduler.changePriority({ tenantId: 'acme', jobId: 'j0' }, 3);
    expect(scheduler.queued).toBe(5);
    expect(order()).toEqual(['j1', 'j4', 'j0', 'j2', 'j3']);
  });

  it('gives up a job that was moved', () => {
    scheduler.changePriority({ tenantId: 'acme', jobId: 'j3' }, 5);
    expect(scheduler.withdraw(job('j3', 1, 3))).toBe(true);
    expect(scheduler.withdraw(job('j3', 5, 3))).toBe(false);
    expect(scheduler.queued).toBe(4);
  });
});
