import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API, Client, expectProblem, jobOf, QUICK } from '../support/client.js';
import type { MongoServer } from '../support/mongo/mongo-server.js';
import { TcpProxy, type ProxyMode } from '../support/mongo/tcp-proxy.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import { startService, type Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

/** Seconds that a call to the database may take here. */
const TIMEOUT = 2;
/** For the driver to find its server again, on a machine that does much else. */
const PATIENCE_MS = 30_000;

function outagesOf(server: MongoServer): void {
  describe('a service whose MongoDB is away', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'baton-outage-'));
    let proxy: TcpProxy;
    let service: Service | undefined;

    afterEach(async () => {
      await service?.dispose();
      await proxy.close();
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each<ProxyMode>(['refusing', 'silent'])(
      'answers 503 in time and goes on by itself (%s)',
      async (mode) => {
        proxy = await TcpProxy.open(server);
        service = await startService({
          DATABASE_URL: proxy.urlFor(server.freshDatabase()),
          DATABASE_TIMEOUT: String(TIMEOUT),
          // Nobody is there to take anything over.
          LEASE_DURATION: '1',
        });
        const client = new Client(service);
        const begun = path.join(folder, `${mode}-begun`);
        const gate = path.join(folder, `${mode}-gate`);
        const ended = path.join(folder, `${mode}-ended`);
        const script = `echo x >> '${begun}'; while [ ! -e '${gate}' ]; do sleep 0.05; done; echo x >> '${ended}'`;
        const { id } = await client.accepted(
          jobOf([
            { id: 'running', type: 'shell', config: { script } },
            { id: 'next', type: 'noop', needs: ['running'] },
          ]),
        );
        await waitUntil(() => existsSync(begun));

        proxy.become(mode);
        const asked = performance.now();
        const refused = await client.submit(QUICK);
        expect(performance.now() - asked).toBeLessThan(TIMEOUT * 1000 + 3_000);
        expectProblem(refused, 503, 'store_unavailable');
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expectProblem(await client.get(`${API}/job/${id}`), 503, 'store_unavailable');
        await waitUntil(async () => (await client.get('/health')).status === 503);
        // The attempt goes on, and ends while nobody can be told.
        writeFileSync(gate, '');
        await waitUntil(() => existsSync(ended));

        proxy.become('open');
        await waitUntil(async () => (await client.job(id))['status'] === 'completed', PATIENCE_MS);
        const job = await client.job(id);
        expect(job).toMatchObject({ nodes: [{ attempt: 1 }, { attempt: 1 }] });
        await waitUntil(async () => (await client.get('/health')).status === 200);
        const after = await client.accepted(QUICK);
        await client.reaches(after.id, 'completed');
      },
      60_000,
    );

    it('refuses to start, and says why', async () => {
      proxy = await TcpProxy.open(server);
      proxy.become('refusing');
      const url = new URL(proxy.urlFor(server.freshDatabase()));
      url.username = 'ann';
      url.password = 'hush';
      const failed = startService({ DATABASE_URL: url.href, DATABASE_TIMEOUT: '1' });
      await expect(failed).rejects.toThrow(/could not start[^]*MongoDB[^]*DATABASE_URL is mongodb/);
      await expect(failed).rejects.not.toThrow(/hush/);
    });
  });
}

await withMongo('a service whose MongoDB is away', outagesOf);
