import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  API,
  Client,
  expectProblem,
  jobOf,
  QUICK,
  type Answer,
  type Body,
} from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService({ KILL_GRACE: '1' });
  anna = new Client(service);
});
afterAll(() => service.dispose());

const post = (path: string, call: Parameters<Client['call']>[2] = {}): Promise<Answer> =>
  anna.call('POST', `${API}/job/${path}`, call);
const nodeOf = async (id: string, node: string): Promise<Body> =>
  (await anna.get(`${API}/job/${id}/nodes/${node}`)).json;
const reachesNode = async (id: string, node: string, status: string): Promise<Body> => {
  for (;;) {
    const found = await nodeOf(id, node);
    if (found['status'] === status) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const eventsOf = async (id: string): Promise<Body[]> =>
  (await anna.get(`${API}/job/${id}/events?limit=1000`)).json['events'] as Body[];

describe('pausing a job', () => {
  it('starts nothing until it is resumed', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'wait', type: 'delay', config: { seconds: 0.3 } },
        { id: 'after', type: 'noop', needs: ['wait'] },
      ]),
    );
    await anna.reaches(id, 'running');
    // As clients do that name the type of a body which they do not have.
    const paused = await post(`${id}/pause`, { headers: { 'content-type': 'application/json' } });
    expect(paused).toMatchObject({ status: 200, json: { id, status: 'paused' } });
    await reachesNode(id, 'wait', 'completed');
    expect(await nodeOf(id, 'after')).toMatchObject({ status: 'pending', attempt: 0 });
    expectProblem(await post(`${id}/pause`), 422, 'job_not_running');

    const resumed = await post(`${id}/resume`);
    expect(resumed.status).toBe(200);
    await anna.reaches(id, 'completed');
    expect((await eventsOf(id)).filter(({ by }) => by === 'anna').map(({ type }) => type)).toEqual([
      'job_submitted',
      'job_paused',
      'job_resumed',
    ]);
    expectProblem(await post(`${id}/resume`), 422, 'job_already_finished');
  });

  it('stays paused across a restart', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'gate', type: 'signal' },
        { id: 'after', type: 'noop', needs: ['gate'] },
      ]),
    );
    await reachesNode(id, 'gate', 'waiting');
    await post(`${id}/nodes/gate/signal`, { body: { payload: [1, { a: 'b' }] } });
    const other = await anna.accepted(jobOf([{ id: 'gate', type: 'signal' }]));
    await reachesNode(other.id, 'gate', 'waiting');
    await post(`${other.id}/pause`);
    await service.stop('SIGKILL');
    service = await service.restart();
    anna = new Client(service);
    await anna.reaches(id, 'completed');
    expect(await nodeOf(id, 'gate')).toMatchObject({
      output: { by: 'anna', payload: [1, { a: 'b' }] },
    });
    expect((await anna.job(other.id))['status']).toBe('paused');
    await post(`${other.id}/nodes/gate/signal`);
    expect((await anna.job(other.id))['status']).toBe('paused');
    await post(`${other.id}/resume`);
    await anna.reaches(other.id, 'completed');
  });

  it('is refused where it makes no sense, and to others', async () => {
    const { id } = await anna.accepted(QUICK);
    await anna.reaches(id, 'completed');
    expectProblem(await post(`${id}/pause`), 422, 'job_already_finished');
    expectProblem(await post('nobody/pause'), 404, 'job_not_found');
    const bob = token({ sub: 'bob' });
    for (const what of ['pause', 'resume', 'nodes/a/skip', 'nodes/a/approve', 'nodes/a/signal']) {
      expectProblem(await post(`${id}/${what}`, { token: bob }), 404, 'job_not_found');
    }
  });
});

describe('changing a priority', () => {
  const listed = async (query: string): Promise<unknown[]> => {
    const { json } = await anna.get(`${API}/jobs?label=of=priority&${query}`);
    return (json['jobs'] as Body[]).map(({ id }) => id);
  };
  const change = (id: string, priority: unknown): Promise<Answer> =>
    post(`${id}/priority`, { body: { priority } });

  it('shows in answers, lists and events, across a restart', async () => {
    const gate = [{ id: 'gate', type: 'signal' }];
    const given = { labels: { of: 'priority' } };
    const { id } = await anna.accepted(jobOf(gate, { ...given, priority: 'low' }));
    const other = await anna.accepted(jobOf(gate, given));
    await reachesNode(id, 'gate', 'waiting');
    expect(await listed('sort=-priority')).toEqual([other.id, id]);
    expect(await change(id, 'high')).toMatchObject({ status: 200, json: { id, priority: 5 } });
    expect(await change(id, 5)).toMatchObject({ status: 200, json: { priority: 5 } });
    const changes = (await eventsOf(id)).filter(({ type }) => type === 'job_priority_changed');
    expect(changes).toMatchObject([{ by: 'anna', priority: 5 }]);
    await service.stop('SIGKILL');
    service = await service.restart();
    anna = new Client(service);
    expect(await anna.job(id)).toMatchObject({ priority: 5 });
    expect(await listed('sort=-priority')).toEqual([id, other.id]);
    expect(await listed('priority=5')).toEqual([id]);
    expect(await listed('priority=1')).toEqual([]);
    await reachesNode(id, 'gate', 'waiting');
    for (const each of [id, other.id]) await post(`${each}/nodes/gate/signal`);
    expect(await anna.reaches(id, 'completed')).toMatchObject({ priority: 5 });
    expectProblem(await change(id, 1), 422, 'job_already_finished');
  });

  it('is refused where it says nothing that is a priority, and to others', async () => {
    const { id } = await anna.accepted(jobOf([{ id: 'gate', type: 'signal' }]));
    for (const wrong of [0, 6, 2.5, 'urgent', null]) {
      expectProblem(await change(id, wrong), 422, 'invalid_request');
    }
    expectProblem(await post(`${id}/priority`, { body: {} }), 422, 'invalid_request');
    const bob = token({ sub: 'bob' });
    const body = { priority: 5 };
    expectProblem(await post(`${id}/priority`, { body, token: bob }), 404, 'job_not_found');
    const admin = token({ sub: 'root', roles: ['admin'] });
    expect((await post(`${id}/priority`, { body, token: admin })).status).toBe(200);
    await anna.call('DELETE', `${API}/job/${id}`);
  });

  it('decides which queued job comes next', async () => {
    const narrow = await startService({ MAX_RUNNING_JOBS: '1' });
    try {
      const user = new Client(narrow);
      const gate = jobOf([{ id: 'gate', type: 'signal' }]);
      const first = await user.accepted(gate);
      const [early, late] = [await user.accepted(gate), await user.accepted(gate)];
      const call = { body: { priority: 4 } };
      const raised = await user.call('POST', `${API}/job/${late.id}/priority`, call);
      expect(raised).toMatchObject({ status: 200, json: { status: 'queued', priority: 4 } });
      const why = (await user.get(`${API}/job/${late.id}/why`)).json['gates'];
      expect(why).toMatchObject([{ kind: 'job_queued', ahead: 0 }]);
      await user.call('DELETE', `${API}/job/${first.id}`);
      await user.reaches(late.id, 'running');
      expect(await user.job(early.id)).toMatchObject({ status: 'queued' });
    } finally {
      await narrow.dispose();
    }
  });
});

describe('skipping a node', () => {
  it('lets the trigger rules of its successors decide', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'gate', type: 'approval' },
        { id: 'needs', type: 'noop', needs: ['gate'] },
        { id: 'always', type: 'noop', needs: ['gate'], trigger_rule: 'all_done' },
      ]),
    );
    await reachesNode(id, 'gate', 'waiting');
    const skipped = await post(`${id}/nodes/gate/skip`);
    expect(skipped).toMatchObject({
      status: 200,
      json: { id: 'gate', status: 'skipped', skip_reason: 'skipped_by_user' },
    });
    await anna.reaches(id, 'completed');
    expect(await nodeOf(id, 'needs')).toMatchObject({ status: 'skipped' });
    expect(await nodeOf(id, 'always')).toMatchObject({ status: 'completed' });
    expect(await eventsOf(id)).toContainEqual(
      expect.objectContaining({ type: 'node_skipped', node: 'gate', by: 'anna' }),
    );
  });

  it('is refused for a node that runs', async () => {
    const { id } = await anna.accepted(
      jobOf([{ id: 'a', type: 'process', config: { command: 'sleep', args: ['60'] } }]),
    );
    await reachesNode(id, 'a', 'running');
    expectProblem(await post(`${id}/nodes/a/skip`), 422, 'node_running');
    expectProblem(await post(`${id}/nodes/b/skip`), 404, 'node_not_found');
    await anna.call('DELETE', `${API}/job/${id}`);
    await anna.reaches(id, 'cancelled');
  });
});

describe('an approval', () => {
  it('is given or refused by those it names, whoever owns the job', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'one', type: 'approval', config: { approvers: ['bob'], prompt: 'Release?' } },
        { id: 'two', type: 'approval', config: { approvers: ['role:release'] } },
      ]),
    );
    await reachesNode(id, 'one', 'waiting');
    await reachesNode(id, 'two', 'waiting');
    expectProblem(await post(`${id}/nodes/one/approve`), 403, 'not_an_approver');
    const carl = token({ sub: 'carl' });
    expectProblem(await post(`${id}/nodes/one/approve`, { token: carl }), 404, 'job_not_found');
    const long = { comment: 'x'.repeat(2_001) };
    const bob = token({ sub: 'bob' });
    expectProblem(
      await post(`${id}/nodes/one/approve`, { token: bob, body: long }),
      422,
      'invalid_request',
    );
    const approved = await post(`${id}/nodes/one/approve`, {
      token: bob,
      body: { comment: 'seen' },
    });
    expect(approved).toMatchObject({
      status: 200,
      json: { status: 'completed', output: { approved: true, by: 'bob', comment: 'seen' } },
    });
    const releaser = token({ sub: 'rita', roles: ['release'] });
    const rejected = await post(`${id}/nodes/two/reject`, {
      token: releaser,
      body: { comment: 'not today' },
    });
    expect(rejected).toMatchObject({
      status: 200,
      json: {
        status: 'failed',
        error: { code: 'approval_rejected', message: 'Rejected by rita: not today' },
      },
    });
    await anna.reaches(id, 'failed');
    expectProblem(
      await post(`${id}/nodes/one/approve`, { token: bob }),
      422,
      'job_already_finished',
    );
  });

  it('without names is the owner’s and an admin’s', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'one', type: 'approval' },
        { id: 'two', type: 'approval', config: { approvers: ['nobody'] } },
      ]),
    );
    await reachesNode(id, 'one', 'waiting');
    expect((await post(`${id}/nodes/one/approve`)).status).toBe(200);
    await reachesNode(id, 'two', 'waiting');
    const admin = token({ sub: 'root', roles: ['admin'] });
    expect((await post(`${id}/nodes/two/approve`, { token: admin })).status).toBe(200);
    await anna.reaches(id, 'completed');
  });

  it('says what silence means', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'no', type: 'approval', config: { timeout: 0.2 } },
        { id: 'yes', type: 'approval', config: { timeout: 0.2, on_expiry: 'approve' } },
      ]),
    );
    await anna.reaches(id, 'failed');
    expect(await nodeOf(id, 'no')).toMatchObject({
      status: 'failed',
      error: { code: 'approval_expired' },
    });
    expect(await nodeOf(id, 'yes')).toMatchObject({
      status: 'completed',
      output: { approved: true, expired: true },
    });
  });
});

describe('a signal', () => {
  it('that comes early is kept', async () => {
    const { id } = await anna.accepted(
      jobOf([
        { id: 'wait', type: 'delay', config: { seconds: 0.3 } },
        { id: 'gate', type: 'signal', needs: ['wait'] },
      ]),
    );
    const sent = await post(`${id}/nodes/gate/signal`, { body: { payload: 'early' } });
    expect(sent).toMatchObject({ status: 200, json: { status: 'pending' } });
    expectProblem(await post(`${id}/nodes/gate/signal`), 422, 'already_signalled');
    expectProblem(await post(`${id}/nodes/wait/signal`), 422, 'node_not_awaiting');
    await anna.reaches(id, 'completed');
    expect(await nodeOf(id, 'gate')).toMatchObject({ output: { by: 'anna', payload: 'early' } });
  });

  it('may not be too large', async () => {
    const { id } = await anna.accepted(jobOf([{ id: 'gate', type: 'signal' }]));
    const body = { payload: 'x'.repeat(65_536) };
    expectProblem(await post(`${id}/nodes/gate/signal`, { body }), 422, 'invalid_request');
    expectProblem(
      await post(`${id}/nodes/gate/signal`, { body: { load: 1 } }),
      422,
      'invalid_request',
    );
    await anna.call('DELETE', `${API}/job/${id}`);
  });
});
