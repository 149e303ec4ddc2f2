import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, type Body } from '../support/client.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

interface Why extends Body {
  readonly gates: readonly Body[];
}

const consent = (id: string, more: object = {}): object => ({
  id,
  type: 'approval',
  concurrency_key: 'staging-db',
  ...more,
});
const nodeOf = async (client: Client, job: string, node: string): Promise<Body> =>
  (await client.get(`${API}/job/${job}/nodes/${node}`)).json;
const stands = (client: Client, job: string, node: string, status: string): Promise<void> =>
  waitUntil(async () => (await nodeOf(client, job, node))['status'] === status);
const whyNode = async (client: Client, job: string, node: string): Promise<Why> =>
  (await client.get(`${API}/job/${job}/nodes/${node}/why`)).json as Why;
const approve = (client: Client, job: string, node: string): Promise<unknown> =>
  client.call('POST', `${API}/job/${job}/nodes/${node}/approve`, { body: {} });

describe('concurrency keys', () => {
  let service: Service;
  let anna: Client;
  let bob: Client;
  beforeEach(async () => {
    service = await startService();
    anna = new Client(service);
    bob = new Client(service, token({ sub: 'bob' }));
  });
  afterEach(() => service.dispose());

  it('are waited for by what is urgent: the job that runs their holder is as urgent then', async () => {
    const definition = jobOf([{ id: 'ask', type: 'approval' }]);
    const sub = { id: 'sub', type: 'sub_job', concurrency_key: 'k', config: { definition } };
    const { id: low } = await anna.accepted(jobOf([sub], { priority: 'low' }));
    await stands(anna, low, 'sub', 'waiting');
    const child = String((await nodeOf(anna, low, 'sub'))['child_job_id']);
    expect((await anna.job(child))['priority']).toBe(3);
    const urgent = { id: 'b', type: 'noop', concurrency_key: 'k' };
    const { id: high } = await anna.accepted(jobOf([urgent], { priority: 'high' }));
    await waitUntil(async () => (await anna.job(child))['priority'] === 5);
    expect((await anna.job(low))['priority']).toBe(1);
    await approve(anna, child, 'ask');
    await anna.reaches(high, 'completed');
  });

  it('hold a node back while another job of the tenant has the key, and say who', async () => {
    const { id: first } = await anna.accepted(jobOf([consent('a')]));
    await stands(anna, first, 'a', 'waiting');
    const { id: second } = await anna.accepted(jobOf([consent('b')]));
    const { id: third } = await bob.accepted(jobOf([consent('c')]));
    await waitUntil(async () => (await whyNode(anna, second, 'b')).gates.length > 0);
    expect((await whyNode(anna, second, 'b')).gates).toEqual([
      {
        kind: 'concurrency_key',
        key: 'staging-db',
        used: 1,
        limit: 1,
        holders: [{ job_id: first, node_id: 'a' }],
        message: `It waits for the concurrency key staging-db, which 1 of 1 nodes hold: a of ${first}.`,
      },
    ]);
    expect((await whyNode(bob, third, 'c')).gates).toMatchObject([
      {
        kind: 'concurrency_key',
        used: 1,
        holders: [],
        message: expect.stringMatching(/which 1 of 1 nodes hold: 1 of other users\.$/),
      },
    ]);
    const stranger = new Client(service, token({ sub: 'eve', tenant: 'other' }));
    const { id: elsewhere } = await stranger.accepted(jobOf([consent('d')]));
    await stands(stranger, elsewhere, 'd', 'waiting');

    await approve(anna, first, 'a');
    await stands(anna, second, 'b', 'waiting');
    expect(await nodeOf(bob, third, 'c')).toMatchObject({ status: 'pending' });
    await anna.call('DELETE', `${API}/job/${second}`);
    await stands(bob, third, 'c', 'waiting');
    await approve(bob, third, 'c');
    await bob.reaches(third, 'completed');
  });

  it('let as many run as the limit says', async () => {
    const key = { key: 'licences', limit: 2 };
    const nodes = ['a', 'b', 'c'].map((id) => consent(id, { concurrency_key: key }));
    const { id } = await anna.accepted(jobOf(nodes));
    for (const node of ['a', 'b']) await stands(anna, id, node, 'waiting');
    expect((await whyNode(anna, id, 'c')).gates).toMatchObject([
      { kind: 'concurrency_key', used: 2, limit: 2 },
    ]);
    await approve(anna, id, 'b');
    await stands(anna, id, 'c', 'waiting');
  });

  it('are held on by what waits when the service is killed and starts again', async () => {
    const { id: first } = await anna.accepted(jobOf([consent('a')]));
    await stands(anna, first, 'a', 'waiting');
    const { id: second } = await anna.accepted(jobOf([consent('b')]));
    await service.stop('SIGKILL');
    service = await service.restart();
    const again = new Client(service);
    await waitUntil(async () => {
      const said = await whyNode(again, second, 'b');
      const [gate] = said.gates;
      return gate?.['kind'] === 'concurrency_key' && gate['used'] === 1;
    }, 30_000);
    await waitUntil(async () => (await whyNode(again, first, 'a'))['status'] === 'waiting');
    await approve(again, first, 'a');
    await stands(again, second, 'b', 'waiting');
  });

  it('must be plain text', async () => {
    for (const key of ['{% inputs.db %}', '', 'a\nb', { key: 'x', limit: 0 }, { limit: 2 }, 7]) {
      const answer = await anna.submit(jobOf([consent('a', { concurrency_key: key })]));
      expectProblem(answer, 422, 'invalid_definition');
      expect(JSON.stringify(answer.json['errors'])).toContain('/nodes/0/concurrency_key');
    }
    const { json } = await anna.submit(jobOf([consent('a', { concurrency_key: '{% x %}' })]));
    expect(JSON.stringify(json)).toContain('expressions ({% %}) are not evaluated in it');
  });
});

await withMongo('concurrency keys of several instances', (server) => {
  describe('concurrency keys of several instances', () => {
    it('are held across them, and are free when an instance has died and its job has ended', async () => {
      const settings = { DATABASE_URL: server.freshDatabase(), LEASE_DURATION: '3' };
      const services = [await startService(settings), await startService(settings)];
      try {
        const [a, b] = services.map((each) => new Client(each)) as [Client, Client];
        const { id: first } = await a.accepted(jobOf([consent('a')]));
        await stands(b, first, 'a', 'waiting');
        const { id: second } = await b.accepted(jobOf([consent('b')]));
        await waitUntil(async () => (await whyNode(b, second, 'b')).gates.length === 1);
        expect((await whyNode(b, second, 'b')).gates).toMatchObject([
          { kind: 'concurrency_key', holders: [{ job_id: first, node_id: 'a' }] },
        ]);
        await services[0]?.stop('SIGKILL');
        await approve(b, first, 'a');
        await waitUntil(async () => (await b.job(first))['status'] === 'completed', 30_000, 50);
        await stands(b, second, 'b', 'waiting');
        await approve(b, second, 'b');
        await b.reaches(second, 'completed');
      } finally {
        for (const each of services) await each.dispose();
      }
    }, 60_000);
  });
});
