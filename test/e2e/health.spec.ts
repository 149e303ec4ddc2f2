import { afterEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/adapters/storage/sqlite/driver.js';
import path from 'node:path';
import { API, Client, expectProblem, jobOf, LONG, QUICK } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

/** For what is about the embedded store alone. */
const EMBEDDED = { DATABASE_URL: '' };
const services: Service[] = [];
async function start(settings: Record<string, string> = {}): Promise<[Service, Client]> {
  const service = await startService(settings);
  services.push(service);
  return [service, new Client(service)];
}
afterEach(async () => {
  for (const service of services.splice(0)) await service.dispose();
});

describe('GET health', () => {
  it('is 200 without a token, on every route of it', async () => {
    const [, client] = await start();
    for (const route of ['/health', '/orchestration/health', `${API}/health`]) {
      const answer = await client.get(route, { token: null });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        status: 'ok',
        error: {},
        details: {
          store: { status: 'up' },
          engine: { status: 'up' },
          event_loop: { status: 'up' },
        },
      });
    }
    const ignored = await client.get('/health', { token: 'nonsense' });
    expect(ignored.status).toBe(200);
  });

  it('answers 503 while the store cannot be written, and work goes on when it can again', async () => {
    const [service, client] = await start(EMBEDDED);
    const done = await client.accepted(QUICK);
    await client.reaches(done.id, 'completed');
    const blocker = new Database(path.join(service.dataDir, 'baton.db'));
    blocker.exec('BEGIN IMMEDIATE');
    let refused;
    try {
      refused = await client.submit(QUICK);
      expectProblem(refused, 503, 'store_unavailable');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await waitUntil(async () => (await client.get('/health')).status === 503);
    } finally {
      blocker.exec('ROLLBACK');
      blocker.close();
    }
    await waitUntil(async () => (await client.get('/health')).status === 200);
    const job = await client.accepted(QUICK);
    await client.reaches(job.id, 'completed');
    expect(await client.jobCount()).toBe(2);
  });
});

describe('SIGTERM', () => {
  it('ends the service in good order, and the next start takes up what was left', async () => {
    const [service, client] = await start();
    const waiting = await client.accepted(LONG);
    const running = await client.accepted(
      jobOf([{ id: 'a', type: 'process', config: { command: 'sleep', args: ['1'] } }]),
    );
    await client.reaches(running.id, 'running');
    expect(await service.stop()).toBe(0);
    expect(service.output()).toContain('"msg":"stopped"');

    const again = await service.restart();
    services.push(again);
    const after = new Client(again);
    expect(await after.job(waiting.id)).toMatchObject({ status: 'running' });
    expect(await after.reaches(running.id, 'completed')).toMatchObject({
      nodes: [{ id: 'a', attempt: 1 }],
    });
  });

  it('takes no more work, and says so', async () => {
    const [service, client] = await start();
    const job = await client.accepted(
      jobOf([{ id: 'a', type: 'process', config: { command: 'sleep', args: ['2'] } }]),
    );
    await client.reaches(job.id, 'running');
    const ended = service.stop();
    await waitUntil(async () => (await client.get('/health')).status === 503);
    const refused = await client.submit(QUICK);
    expectProblem(refused, 503, 'stopping');
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect((await client.job(job.id))['status']).toBe('running');
    expect(await ended).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    const [service, client] = await start({ SHUTDOWN_GRACE: '600' });
    const job = await client.accepted(
      jobOf([{ id: 'a', type: 'process', config: { command: 'sleep', args: ['60'] } }]),
    );
    await client.reaches(job.id, 'running');
    const ended = service.stop('SIGTERM');
    await waitUntil(() => service.output().includes('"msg":"stopping"'));
    expect(await service.stop('SIGTERM')).toBe(143);
    await ended;
  });
});

describe('start-up', () => {
  it('lists every problem of the configuration', async () => {
    await expect(start({ PORT: 'x', JOB_TIMEOUT: '0', NATS_URL: 'nats://x' })).rejects.toThrow(
      /PORT[^]*JOB_TIMEOUT[^]*NATS_URL/,
    );
    await expect(start({ NODE_ENV: 'production', JWT_SECRET_KEY: '' })).rejects.toThrow(
      /ended with 78[^]*JWT_SECRET_KEY is missing/,
    );
  });

  it('refuses a database that another process drives', async () => {
    const [service] = await start(EMBEDDED);
    await expect(service.restart()).rejects.toThrow(/driven by another/);
  });
});
