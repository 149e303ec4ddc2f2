import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { API, Client, jobOf } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

describe('circuit breakers', () => {
  let service: Service;
  let server: Server;
  let requests = 0;
  beforeEach(async () => {
    requests = 0;
    server = createServer((_, response) => {
      requests++;
      response.writeHead(503).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    service = await startService();
  });
  afterEach(async () => {
    server.close();
    await service.dispose();
  });

  it('hold attempts back from what is down, and say so; a time-out of the job ends it', async () => {
    const anna = new Client(service);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const retry = { max_attempts: 5, strategy: 'fixed', delay: 0, jitter: 'none' };
    const node = { id: 'a', type: 'http', config: { url: `${url}/x` } };
    const { id: first } = await anna.accepted(jobOf([{ ...node, retry }]));
    await anna.reaches(first, 'failed');
    expect(requests).toBe(5);

    const { id } = await anna.accepted(
      jobOf([{ ...node, retry: { max_attempts: 1 } }], { timeout: 2 }),
    );
    await waitUntil(
      async () => (await anna.get(`${API}/job/${id}/nodes/a`)).json['status'] === 'retrying',
    );
    expect((await anna.get(`${API}/job/${id}/nodes/a/why`)).json['gates']).toMatchObject([
      { kind: 'breaker', upstream: url, until: expect.any(String) },
    ]);
    expect((await anna.get(`${API}/breakers`)).json['breakers']).toMatchObject([
      { upstream: url, state: 'open', failures: 5, until: expect.any(String) },
    ]);
    const stranger = new Client(service, token({ tenant: 'other' }));
    expect((await stranger.get(`${API}/breakers`)).json).toEqual({ breakers: [] });
    await anna.reaches(id, 'timed_out');
    expect(requests).toBe(5);
  });
});
