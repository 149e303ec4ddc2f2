import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, jobOf, type Answer, type Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

const shell = (id: string, seconds: number, ...needs: string[]): object => ({
  id,
  type: 'shell',
  needs,
  config: { script: `sleep ${seconds}` },
});
/** Two short nodes, and a slow one that is followed by another. */
const NODES = [
  shell('x', 0.01),
  shell('y', 0.01),
  shell('quick', 0.01),
  shell('slow', 0.5),
  shell('after', 0.1, 'quick', 'slow'),
];
const nightly = (name: string, nodes: readonly object[] = NODES): object =>
  jobOf(nodes, { name, concurrency: 2 });
const validate = (body: object, client = anna): Promise<Answer> =>
  client.call('POST', `${API}/job/validate`, { body });
const predictionOf = (body: Body): Body => body['prediction'] as Body;
const pathOf = (body: Body): Body => body['critical_path'] as Body;

/** Runs a job to its end, and waits until what its nodes took is known. */
async function learn(name: string, body = nightly(name)): Promise<Body> {
  const { id } = await anna.accepted(body);
  const job = await anna.reaches(id, 'completed');
  await waitUntil(async () => {
    const { json } = await validate(body);
    return (predictionOf(json)['nodes'] as Body)['by_node'] === NODES.length;
  });
  return job;
}

describe('plan and prediction', () => {
  it('says what it does not know', async () => {
    // The first to run anything in this tenant: there is no history of any type either.
    const other = new Client(service, token({ tenant: 'empty' }));
    const { status, json } = await validate(nightly('never'), other);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      critical_path: { nodes: ['quick', 'after'], length: 2 },
      prediction: { basis: 'none', nodes: { by_node: 0, by_type: 0, unknown: 5 } },
    });
    expect(Object.keys(predictionOf(json))).toEqual(['basis', 'nodes']);
    expect(pathOf(json)).not.toHaveProperty('seconds');
  });

  it('learns from runs: the critical path, and how long it will take', async () => {
    const done = await learn('learned');
    expect(done).not.toHaveProperty('prediction');
    expect(pathOf(done)).toMatchObject({ nodes: ['slow', 'after'], length: 2 });
    const took = Number(pathOf(done)['seconds']);
    expect(took).toBeGreaterThan(0.6);

    const { json } = await validate(nightly('learned'));
    expect(pathOf(json)).toMatchObject({ nodes: ['slow', 'after'] });
    const prediction = predictionOf(json) as Record<string, number>;
    expect(prediction).toMatchObject({ basis: 'all' });
    expect(prediction).not.toHaveProperty('finish_at');
    expect(prediction['seconds']).toBeGreaterThan(0.6);
    // One run says little; what is shown is rounded.
    expect(prediction['low']).toBeLessThanOrEqual(0.55 * (prediction['seconds'] ?? 0));
    expect(prediction['high']).toBeGreaterThanOrEqual(1.9 * (prediction['seconds'] ?? 0));
  });

  it('starts the longest path first, once it knows it', async () => {
    const name = 'ranked';
    const startsOf = async (id: string): Promise<unknown[]> => {
      const { json } = await anna.get(`${API}/job/${id}/events`);
      return (json['events'] as Body[])
        .filter(({ type }) => type === 'node_started')
        .map(({ node }) => node);
    };
    const first = await learn(name);
    // By the number of nodes alone, the one that is defined first goes first.
    expect((await startsOf(String(first['id']))).slice(0, 2)).toEqual(['quick', 'slow']);
    const { id } = await anna.accepted(nightly(name));
    await anna.reaches(id, 'completed');
    expect((await startsOf(id)).slice(0, 2)).toEqual(['slow', 'quick']);
  });

  it('follows a job that runs', async () => {
    await learn('followed');
    const submitted = await anna.accepted(nightly('followed'));
    expect(predictionOf(submitted)).toMatchObject({
      basis: 'all',
      finish_at: expect.stringMatching(/Z$/),
    });
    const finishAt = Date.parse(String(predictionOf(submitted)['finish_at']));
    const done = await anna.reaches(submitted.id, 'completed');
    const missed = Math.abs(Date.parse(String(done['finished_at'])) - finishAt);
    expect(missed).toBeLessThan(10_000);
  });

  it('shares the history of a template among its runs, whatever they are called', async () => {
    const path = `${API}/templates/shared`;
    const put = (name: string): Promise<Answer> =>
      anna.call('PUT', path, { body: { definition: nightly(name) } });
    const run = async (): Promise<Body> => (await anna.call('POST', `${path}/run`)).json;
    await put('one');
    await anna.reaches(String((await run())['id']), 'completed');
    await put('two');
    await waitUntil(async () => {
      const job = await run();
      await anna.call('DELETE', `${API}/job/${String(job['id'])}`);
      return (predictionOf(job)['nodes'] as Body)['by_node'] === NODES.length;
    });
    // Nodes of the same type are known to some extent in any other job.
    expect(predictionOf((await validate(nightly('unheard of'))).json)).toMatchObject({
      basis: 'all',
      nodes: { by_node: 0, by_type: 5, unknown: 0 },
    });
  });

  it('keeps what it knows across a restart, and from other tenants', async () => {
    await learn('kept');
    const other = new Client(service, token({ tenant: 'globex' }));
    expect(predictionOf((await validate(nightly('kept'), other)).json)['basis']).toBe('none');
    await service.stop();
    service = await service.restart();
    anna = new Client(service);
    const { json } = await validate(nightly('kept'));
    expect(predictionOf(json)).toMatchObject({ nodes: { by_node: 5 } });
  });
});
