import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, jobOf } from '../support/client.js';
import type { Body } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

const NODES = 100_000;
const LAYER = 1_000;

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

/** Layers of a thousand nodes, each on two of the layer before, some 7 MB. */
function layered(): object {
  return jobOf(
    Array.from({ length: NODES }, (_, index) => ({
      id: `node-${index}`,
      type: 'noop',
      ...(index < LAYER
        ? {}
        : { needs: [`node-${index - LAYER}`, `node-${index - LAYER + (index % LAYER ? -1 : 1)}`] }),
    })),
    { name: 'large', concurrency: 1000 },
  );
}

describe(`a job of ${NODES.toLocaleString('en')} nodes`, () => {
  it('is validated, accepted, listed and cancelled, and health keeps answering', async () => {
    const body = layered();
    const watch = { done: false, answers: 0 };
    const watching = (async () => {
      for (; !watch.done; watch.answers++) {
        expect((await anna.get('/health')).status).toBe(200);
      }
    })();

    const validated = await anna.call('POST', `${API}/job/validate`, { body });
    expect(validated.status).toBe(200);
    expect(validated.json).toMatchObject({ valid: true, node_count: NODES });
    expect(validated.json['levels']).toHaveLength(NODES / LAYER);
    expect(validated.json['critical_path']).toMatchObject({ length: NODES / LAYER });

    const submitted = await anna.submit(body, { 'idempotency-key': 'large' });
    expect(submitted.status).toBe(202);
    const id = String(submitted.json['id']);
    expect(submitted.json).toMatchObject({ node_count: NODES, nodes_truncated: true });
    expect(submitted.json['nodes']).toHaveLength(1000);
    const again = await anna.submit(body, { 'idempotency-key': 'large' });
    expect(again.json['id']).toBe(id);

    const page = await anna.get(`${API}/job/${id}/nodes?limit=2&cursor=n99997`);
    expect((page.json['nodes'] as Body[]).map((node) => node['id'])).toEqual([
      'node-99998',
      'node-99999',
    ]);
    expect((await anna.get(`${API}/job/${id}/graph`)).json['code']).toBe('graph_too_large');
    await anna.call('DELETE', `${API}/job/${id}`);
    watch.done = true;
    await watching;
    expect(watch.answers).toBeGreaterThan(10);
  });
});
