import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, LONG, type Body } from '../support/client.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

interface Gate extends Body {
  readonly kind: string;
  readonly message: string;
}
interface Why extends Body {
  readonly summary: string;
  readonly gates: readonly Gate[];
  readonly waits: readonly Body[];
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService({ MAX_RUNNING_JOBS: '3', MAX_RUNNING_NODES: '3' });
  anna = new Client(service);
});
afterAll(() => service.dispose());

const submitted: string[] = [];
/** Submits a job that is cancelled when the test is over. */
const submit = async (body: object): Promise<string> => {
  const { id } = await anna.accepted(body);
  submitted.push(id);
  return id;
};
afterEach(async () => {
  for (const id of submitted.splice(0)) {
    await anna.call('DELETE', `${API}/job/${id}`);
    await waitUntil(async () => 'finished_at' in (await anna.job(id)));
  }
});

const whyJob = async (id: string): Promise<Why> =>
  (await anna.get(`${API}/job/${id}/why`)).json as Why;
const whyNode = async (id: string, node: string): Promise<Why> =>
  (await anna.get(`${API}/job/${id}/nodes/${node}/why`)).json as Why;
const post = (path: string): Promise<unknown> => anna.call('POST', `${API}/job/${path}`);
const kinds = ({ gates }: Why): string[] => gates.map(({ kind }) => kind);
const reachesNode = (id: string, node: string, status: string): Promise<void> =>
  waitUntil(
    async () => (await anna.get(`${API}/job/${id}/nodes/${node}`)).json['status'] === status,
  );
const sleeper = (id: string, rest: object = {}): object => ({
  id,
  type: 'process',
  config: { command: 'sleep', args: ['60'] },
  ...rest,
});

describe('why a node waits', () => {
  it('names dependencies, rules, approvals, signals, delays and backoffs', async () => {
    const id = await submit(
      jobOf([
        { id: 'done', type: 'noop' },
        { id: 'release', type: 'approval', config: { approvers: ['bob'], timeout: 600 } },
        { id: 'hook', type: 'signal' },
        { id: 'pause', type: 'delay', config: { seconds: 600 } },
        {
          id: 'flaky',
          type: 'process',
          config: { command: 'false' },
          retry: { max_attempts: 4, strategy: 'fixed', delay: 300, jitter: 'none' },
        },
        sleeper('slow'),
        { id: 'deploy', type: 'noop', needs: ['done', 'release', 'slow', 'behind'] },
        { id: 'behind', type: 'noop', needs: ['hook'], trigger_rule: 'one_failed' },
      ]),
    );
    for (const node of ['release', 'hook', 'pause']) await reachesNode(id, node, 'waiting');
    await reachesNode(id, 'flaky', 'retrying');
    await reachesNode(id, 'slow', 'running');
    await reachesNode(id, 'done', 'completed');

    const deploy = await whyNode(id, 'deploy');
    expect(deploy).toEqual({
      job_id: id,
      node_id: 'deploy',
      status: 'pending',
      summary: 'Node deploy is pending and is held back by 2 gates: dependency, trigger_rule.',
      gates: [
        {
          kind: 'dependency',
          nodes: [
            { id: 'release', status: 'waiting' },
            { id: 'slow', status: 'running' },
            { id: 'behind', status: 'pending' },
          ],
          more: 0,
          total: 4,
          message:
            'It waits for 3 of the 4 nodes it needs: release (waiting), slow (running), behind (pending).',
        },
        {
          kind: 'trigger_rule',
          rule: 'all_success',
          verdict: 'wait',
          dependencies: { total: 4, succeeded: 1, failed: 0, skipped: 0 },
          message: expect.stringMatching(/^Its trigger rule all_success is not decided: /),
        },
      ],
    });
    expect((await whyNode(id, 'release')).gates).toEqual([
      {
        kind: 'approval',
        approvers: ['bob'],
        on_expiry: 'reject',
        until: expect.stringMatching(TIME),
        message: expect.stringMatching(/until bob approves or rejects it/),
      },
    ]);
    expect((await whyNode(id, 'hook')).gates).toMatchObject([{ kind: 'signal' }]);
    expect((await whyNode(id, 'pause')).gates).toMatchObject([
      { kind: 'delay', until: expect.stringMatching(TIME) },
    ]);
    expect((await whyNode(id, 'flaky')).gates).toMatchObject([
      {
        kind: 'backoff',
        attempt: 1,
        max_attempts: 4,
        until: expect.stringMatching(TIME),
        error: { class: 'exit_code', code: 'process_exit' },
      },
    ]);
    expect(await whyNode(id, 'slow')).toMatchObject({
      status: 'running',
      summary: expect.stringMatching(/^Node slow runs since .*, attempt 1\.$/),
      gates: [],
    });
    expect((await whyNode(id, 'done')).summary).toMatch(/^Node done completed at /);

    const job = await whyJob(id);
    expect(job).toMatchObject({
      job_id: id,
      status: 'running',
      gates: [],
      not_started: 2,
      waits: [
        { kind: 'running', count: 1, at_least: false, nodes: [{ id: 'slow' }] },
        { kind: 'approval', count: 1, nodes: [{ id: 'release' }] },
        { kind: 'signal', count: 1, nodes: [{ id: 'hook' }] },
        { kind: 'delay', count: 1, nodes: [{ id: 'pause' }] },
        { kind: 'backoff', count: 1, nodes: [{ id: 'flaky' }] },
      ],
    });
    expect(job.summary).toBe(
      'The job is running: 1 node runs, 1 node waits for an approval, 1 node waits for a signal, 1 node waits for a time to come, 1 node is to be tried again, 2 nodes have not started.',
    );
  });

  it('names the slots that are taken, of the job and of the instance', async () => {
    const id = await submit(jobOf([sleeper('a'), sleeper('b')], { concurrency: 1 }));
    await reachesNode(id, 'a', 'running');
    expect((await whyNode(id, 'b')).gates).toMatchObject([
      { kind: 'slot', scope: 'job', used: 1, limit: 1 },
    ]);
    expect((await whyJob(id)).gates).toMatchObject([{ kind: 'slot', scope: 'job' }]);
    const other = await submit(jobOf([sleeper('a'), sleeper('b'), sleeper('c')]));
    await reachesNode(other, 'b', 'running');
    expect((await whyNode(other, 'c')).gates).toMatchObject([
      { kind: 'slot', scope: 'instance', used: 3, limit: 3 },
    ]);
  });

  it('says who paused the job, and that a wait goes on', async () => {
    const id = await submit(
      jobOf([
        { id: 'hook', type: 'signal' },
        { id: 'after', type: 'noop', needs: ['hook'] },
      ]),
    );
    await reachesNode(id, 'hook', 'waiting');
    await post(`${id}/pause`);
    const after = await whyNode(id, 'after');
    expect(kinds(after)).toEqual(['paused', 'dependency', 'trigger_rule']);
    expect(after.gates[0]).toMatchObject({ by: 'anna', since: expect.stringMatching(TIME) });
    expect(kinds(await whyNode(id, 'hook'))).toEqual(['signal']);
    await post(`${id}/nodes/hook/signal`);
    await reachesNode(id, 'hook', 'completed');
    expect(kinds(await whyNode(id, 'after'))).toEqual(['paused']);
    expect(await whyJob(id)).toMatchObject({
      status: 'paused',
      gates: [{ kind: 'paused', by: 'anna' }],
      waits: [],
      not_started: 1,
    });
    await post(`${id}/resume`);
    await anna.reaches(id, 'completed');
    expect(await whyJob(id)).toMatchObject({ gates: [], waits: [], not_started: 0 });
  });

  it('says how many jobs come first', async () => {
    const long = [await submit(LONG), await submit(LONG), await submit(LONG)];
    for (const id of long) await anna.reaches(id, 'running');
    const low = await submit({ ...LONG, priority: 2 });
    const high = await submit({ ...LONG, priority: 4 });
    const next = await submit({ ...LONG, priority: 4 });
    const aheadOf = async (id: string): Promise<unknown> => (await whyJob(id)).gates[0]?.['ahead'];
    // Instances that share a store take jobs from each other's queues.
    expect(await aheadOf(high)).toBe(0);
    expect(await aheadOf(next)).toBe(1);
    expect(await aheadOf(low)).toBe(2);
    expect(await whyNode(low, 'a')).toMatchObject({
      status: 'pending',
      gates: [{ kind: 'job_queued', used: 3, limit: 3, ahead: 2 }],
    });
    for (const id of [high, next, low]) await anna.call('DELETE', `${API}/job/${id}`);
  });

  it('says what a job that is ending waits for', async () => {
    const id = await submit(
      jobOf([
        {
          id: 'stubborn',
          type: 'shell',
          config: { script: 'trap "" TERM; while :; do sleep 0.1; done' },
        },
        { id: 'after', type: 'noop', needs: ['stubborn'] },
      ]),
    );
    await reachesNode(id, 'stubborn', 'running');
    await anna.call('DELETE', `${API}/job/${id}?reason=enough`);
    const after = await whyNode(id, 'after');
    // It may have ended already where the machine was busy.
    if (after['status'] === 'pending') {
      expect(after.gates).toMatchObject([{ kind: 'job_ending', reason: 'enough', running: 1 }]);
    }
    await anna.reaches(id, 'cancelled');
    expect(await whyNode(id, 'after')).toMatchObject({
      summary: 'Node after was cancelled, since the job ended as cancelled before it had.',
      gates: [],
    });
  });

  it('asks for the dependencies of a node all at once', async () => {
    const many = Array.from({ length: 3_000 }, (_, at) => ({
      id: `n${at}`,
      type: 'noop',
      needs: ['hook'],
    }));
    const id = await submit(
      jobOf([
        ...many,
        { id: 'hook', type: 'signal' },
        { id: 'all', type: 'noop', needs: [...many.map(({ id: node }) => node), 'hook'] },
      ]),
    );
    await reachesNode(id, 'hook', 'waiting');
    const { gates } = await whyNode(id, 'all');
    expect(gates[0]).toMatchObject({ kind: 'dependency', more: 2_981, total: 3_001 });
    expect(gates[0]?.['nodes']).toHaveLength(20);
    expect(gates[0]?.message).toMatch(
      /^It waits for all 3001 nodes it needs: hook \(waiting\), n0 \(pending\), /,
    );
  });

  it('is no business of others', async () => {
    const id = await submit(LONG);
    const bob = { token: token({ sub: 'bob' }) };
    expectProblem(await anna.get(`${API}/job/${id}/why`, bob), 404, 'job_not_found');
    expectProblem(await anna.get(`${API}/job/${id}/nodes/a/why`, bob), 404, 'job_not_found');
    expectProblem(await anna.get(`${API}/job/${id}/nodes/zzz/why`), 404, 'node_not_found');
    expectProblem(await anna.get(`${API}/job/nobody/why`), 404, 'job_not_found');
    expect((await anna.get(`/orchestration/job/${id}/nodes/a/why`)).status).toBe(200);
  });
});

await withMongo('why, asked of another instance', (server) => {
  describe('why, asked of another instance', () => {
    it('says who drives the job, and who knows of its slots', async () => {
      const settings = { DATABASE_URL: server.freshDatabase(), MAX_RUNNING_NODES: '1' };
      const services = [await startService(settings), await startService(settings)];
      try {
        const [a, b] = services.map((each) => new Client(each)) as [Client, Client];
        const { id } = await a.accepted(jobOf([sleeper('a'), sleeper('b')]));
        const why = async (client: Client, node: string): Promise<Why> =>
          (await client.get(`${API}/job/${id}/nodes/${node}/why`)).json as Why;
        await waitUntil(async () => (await why(b, 'a'))['status'] === 'running');
        expect((await why(a, 'b')).gates).toMatchObject([
          { kind: 'slot', scope: 'instance', used: 1, limit: 1 },
        ]);
        const { gates } = await why(b, 'b');
        const driver = gates[0]?.['instance'];
        expect(gates).toMatchObject([
          { kind: 'lease_elsewhere', instance: expect.stringMatching(/\w/) },
          { kind: 'slot', scope: 'instance', instance: driver },
        ]);
        const job = (await b.get(`${API}/job/${id}/why`)).json as Why;
        expect(kinds(job)).toEqual(['lease_elsewhere']);
      } finally {
        for (const each of services) await each.dispose();
      }
    });
  });
});
