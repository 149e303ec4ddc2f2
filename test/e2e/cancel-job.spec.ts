import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, LONG, QUICK } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService({ MAX_RUNNING_JOBS: '1' });
  anna = new Client(service);
});
afterAll(() => service.dispose());

describe('DELETE job', () => {
  it('cancels a running job, and one that waits for its place', async () => {
    const running = await anna.accepted(LONG);
    await anna.reaches(running.id, 'running');
    const queued = await anna.accepted(LONG);
    expect((await anna.job(queued.id))['status']).toBe('queued');

    for (const { id } of [queued, running]) {
      const answer = await anna.call('DELETE', `${API}/job/${id}?reason=not%20needed`);
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        id,
        status: expect.stringMatching(/^cancel(ling|led)$/),
        nodes: [{ id: 'a' }],
      });
      expect(await anna.reaches(id, 'cancelled')).toMatchObject({
        progress: 100,
        counts: { cancelled: 1 },
      });
      const { json } = await anna.get(`${API}/job/${id}/events`);
      expect(json['events']).toContainEqual(
        expect.objectContaining({
          type: 'job_cancel_requested',
          by: 'anna',
          reason: 'not needed',
        }),
      );
    }
  });

  it('refuses to cancel what has ended', async () => {
    const job = await anna.accepted(QUICK);
    await anna.reaches(job.id, 'completed');
    const answer = await anna.call('DELETE', `${API}/job/${job.id}`);
    expectProblem(answer, 422, 'job_already_finished');
    expect((await anna.job(job.id))['status']).toBe('completed');
  });

  it('leaves alone what is not the caller’s', async () => {
    const job = await anna.accepted(jobOf([{ id: 'a', type: 'delay', config: { seconds: 60 } }]));
    for (const claims of [{ sub: 'bob' }, { tenant: 'other', roles: ['admin'] }]) {
      const answer = await anna.call('DELETE', `${API}/job/${job.id}`, { token: token(claims) });
      expectProblem(answer, 404, 'job_not_found');
    }
    expect((await anna.job(job.id))['status']).toBe('running');
    const admin = token({ sub: 'root', roles: ['admin'] });
    const answer = await anna.call('DELETE', `${API}/job/${job.id}`, { token: admin });
    expect(answer.status).toBe(200);
    await anna.reaches(job.id, 'cancelled');
  });

  it('takes an empty JSON body and an unknown job as they are', async () => {
    const answer = await anna.call('DELETE', `${API}/job/unknown`, {
      headers: { 'content-type': 'application/json' },
    });
    expectProblem(answer, 404, 'job_not_found');
  });
});
