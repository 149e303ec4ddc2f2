import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API, Client, jobOf, type Answer, type Body } from '../support/client.js';
import type { MongoServer } from '../support/mongo/mongo-server.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import { isAlive } from '../support/processes.js';
import { startService, type Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

/** Seconds; so short that tests need not wait long. */
const LEASE = 2;

interface JobEvent {
  readonly type: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly by?: string;
}

function instancesOn(server: MongoServer): void {
  describe('several instances on one MongoDB', () => {
    const running: Service[] = [];
    const folders: string[] = [];
    let database = '';

    afterEach(async () => {
      await Promise.all(running.splice(0).map((service) => service.dispose()));
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
      database = '';
    });

    const start = async (settings: Readonly<Record<string, string>> = {}): Promise<Client> => {
      if (database === '') database = server.freshDatabase();
      const service = await startService({
        DATABASE_URL: database,
        LEASE_DURATION: String(LEASE),
        ...settings,
      });
      running.push(service);
      return new Client(service);
    };
    const ledger = (): string => {
      const folder = mkdtempSync(path.join(tmpdir(), 'baton-ledger-'));
      folders.push(folder);
      return path.join(folder, 'ledger');
    };
    const noteIn = (file: string, seconds: number): string =>
      `echo "$BATON_ATTEMPT_ID $$" >> '${file}'; sleep ${seconds}`;
    const linesOf = (file: string): string[] => {
      try {
        return readFileSync(file, 'utf8').trim().split('\n');
      } catch {
        return [];
      }
    };
    const pidOf = ({ service }: Client): number =>
      running.find(({ url }) => url === service.url)?.pid ?? 0;
    const eventsOf = async (client: Client, id: string): Promise<JobEvent[]> =>
      (await client.get(`${API}/job/${id}/events?limit=1000`)).json['events'] as JobEvent[];
    const retried = { max_attempts: 5, strategy: 'fixed', delay: 0, jitter: 'none' };

    it('show each other’s jobs', async () => {
      const [a, b] = [await start(), await start()];
      const { id } = await a.accepted(jobOf([{ id: 'n', type: 'noop' }]));
      await b.reaches(id, 'completed');
      expect(await b.jobCount()).toBe(1);
    });

    it('share the load of what is queued', async () => {
      const a = await start({ MAX_RUNNING_JOBS: '2' });
      const b = await start({ MAX_RUNNING_JOBS: '2' });
      const file = ledger();
      const jobs: string[] = [];
      for (let job = 0; job < 12; job++) {
        const nodes = [{ id: 'n', type: 'shell', config: { script: noteIn(file, 0.4) } }];
        jobs.push((await a.accepted(jobOf(nodes))).id);
      }
      for (const id of jobs) await b.reaches(id, 'completed');
      expect(new Set(linesOf(file).map((line) => line.split(' ')[0])).size).toBe(12);
      const takers = new Set<string>();
      for (const id of jobs) {
        for (const event of await eventsOf(a, id)) {
          if (event.type === 'job_taken') takers.add(event.by ?? '');
        }
      }
      expect(takers.size).toBeGreaterThan(0);
    });

    it('take over from one that was killed', async () => {
      const [a, b] = [await start(), await start()];
      const file = ledger();
      const { id } = await a.accepted(
        jobOf([
          { id: 'long', type: 'shell', config: { script: noteIn(file, 3) }, retry: retried },
          { id: 'last', type: 'noop', needs: ['long'] },
        ]),
      );
      await waitUntil(() => linesOf(file).length === 1);
      process.kill(pidOf(a), 'SIGKILL');
      await b.reaches(id, 'completed');
      expect(linesOf(file).map((line) => line.split(' ')[0])).toEqual([
        `${id}/long/1`,
        `${id}/long/2`,
      ]);
    });

    it('take over from one that was killed, with the jobs that nodes are run by', async () => {
      const [a, b] = [await start(), await start()];
      const file = ledger();
      const { id } = await a.accepted(
        jobOf([
          {
            id: 'group',
            type: 'shell',
            for_each: ['x', 'y'],
            max_parallel: 1,
            config: { script: noteIn(file, 3) },
            retry: retried,
          },
          { id: 'last', type: 'noop', needs: ['group'] },
        ]),
      );
      await waitUntil(() => linesOf(file).length === 1);
      process.kill(pidOf(a), 'SIGKILL');
      await b.reaches(id, 'completed');
      const child = String((await b.node(id, 'group'))['child_job_id']);
      expect(new Set(linesOf(file).map((line) => line.split(' ')[0]))).toEqual(
        new Set([`${child}/0/1`, `${child}/0/2`, `${child}/1/1`]),
      );
      expect(linesOf(file)).toHaveLength(3);
      // It is cancelled from wherever it is asked for, all of it.
      const c = await start();
      const { id: next } = await b.accepted(
        jobOf([{ id: 'group', type: 'approval', for_each: [1, 2] }]),
      );
      const { child_job_id: part } = await b.nodeReaches(next, 'group', 'waiting');
      await c.call('DELETE', `${API}/job/${next}`);
      await c.reaches(next, 'cancelled');
      expect((await c.job(String(part)))['status']).toBe('cancelled');
    });

    it('end what a killed one left running, when it is started again', async () => {
      const [a, b] = [await start(), await start()];
      const file = ledger();
      const { id } = await a.accepted(
        jobOf([{ id: 'long', type: 'shell', config: { script: noteIn(file, 600) } }]),
      );
      await waitUntil(() => linesOf(file).length === 1);
      const orphan = Number(linesOf(file)[0]?.split(' ')[1]);
      const [service] = running;
      process.kill(pidOf(a), 'SIGKILL');
      await waitUntil(async () => (await eventsOf(b, id)).some(({ type }) => type === 'job_taken'));
      expect(isAlive(orphan)).toBe(true);
      running[0] = (await service?.restart()) as Service;
      expect(isAlive(orphan)).toBe(false);
    });

    it('are not hurt by one that was stopped and goes on after its jobs were taken', async () => {
      const [a, b] = [await start(), await start()];
      const file = ledger();
      const { id } = await a.accepted(
        jobOf([
          { id: 'long', type: 'shell', config: { script: noteIn(file, 6) }, retry: retried },
          { id: 'last', type: 'noop', needs: ['long'] },
        ]),
      );
      await waitUntil(() => linesOf(file).length === 1);
      process.kill(pidOf(a), 'SIGSTOP');
      await waitUntil(async () => (await eventsOf(b, id)).some(({ type }) => type === 'job_taken'));
      process.kill(pidOf(a), 'SIGCONT');
      const first = Number(linesOf(file)[0]?.split(' ')[1]);
      await waitUntil(() => !isAlive(first));
      await b.reaches(id, 'completed');
      const events = await eventsOf(a, id);
      expect(events.filter(({ type }) => type === 'job_finished')).toHaveLength(1);
      expect(events.filter(({ type }) => type === 'job_taken')).toHaveLength(1);
      expect(linesOf(file).map((line) => line.split(' ')[0])).toEqual([
        `${id}/long/1`,
        `${id}/long/2`,
      ]);
      // It is of use again.
      const next = await a.accepted(jobOf([{ id: 'n', type: 'noop' }]));
      await a.reaches(next.id, 'completed');
      await waitUntil(async () => {
        const health = (await a.get('/health')).json as { info?: { engine?: Body } };
        return health.info?.engine?.['running_nodes'] === 0;
      });
    });

    it('cancel a job wherever it is asked for', async () => {
      const [a, b] = [await start(), await start()];
      const { id } = await a.accepted(
        jobOf([{ id: 'long', type: 'delay', config: { seconds: 600 } }]),
      );
      expect((await b.call('DELETE', `${API}/job/${id}`)).status).toBe(200);
      await b.reaches(id, 'cancelled');
      await a.reaches(id, 'cancelled');
    });

    it('pause, resume, approve and signal wherever it is asked for', async () => {
      const [a, b] = [await start(), await start()];
      const { id } = await a.accepted(
        jobOf([
          { id: 'gate', type: 'signal' },
          { id: 'consent', type: 'approval', needs: ['gate'] },
          { id: 'last', type: 'noop', needs: ['consent'] },
        ]),
      );
      const ask = (path: string, body: object = {}): Promise<Answer> =>
        b.call('POST', `${API}/job/${id}/${path}`, { body });
      expect((await ask('resume')).json['code']).toBe('job_not_paused');
      expect(await ask('pause')).toMatchObject({ status: 200, json: { status: 'paused' } });
      expect((await ask('nodes/gate/signal', { payload: 7 })).status).toBe(200);
      expect((await ask('nodes/gate/signal', { payload: 8 })).json['code']).toBe(
        'node_already_finished',
      );
      expect((await ask('nodes/consent/approve')).json['code']).toBe('node_not_awaiting');
      expect((await ask('resume')).status).toBe(200);
      await waitUntil(async () => {
        const node = await a.get(`${API}/job/${id}/nodes/consent`);
        return node.json['status'] === 'waiting';
      });
      expect(await ask('nodes/consent/approve', { comment: 'fine' })).toMatchObject({
        status: 200,
        json: { output: { by: 'anna', comment: 'fine' } },
      });
      await b.reaches(id, 'completed');
      const types = (await eventsOf(a, id)).map(({ type }) => type);
      expect(types.filter((type) => type === 'node_signalled')).toHaveLength(1);
      expect(types).not.toContain('job_taken');
    });

    it('hand jobs over at once when they are asked to stop', async () => {
      // So long that nothing here is ever noticed by silence.
      const a = await start({ LEASE_DURATION: '600', SHUTDOWN_GRACE: '60' });
      const file = ledger();
      const gate = `${file}.gate`;
      const held = await a.accepted(
        jobOf([{ id: 'wait', type: 'delay', config: { seconds: 600 } }]),
      );
      const script = `${noteIn(file, 0)}; while [ ! -e '${gate}' ]; do sleep 0.1; done`;
      const active = await a.accepted(
        jobOf([
          { id: 'gated', type: 'shell', config: { script } },
          { id: 'last', type: 'noop', needs: ['gated'] },
        ]),
      );
      const b = await start({ LEASE_DURATION: '600' });
      await waitUntil(() => linesOf(file).length === 1);
      const [service] = running;
      const stopped = service?.stop();
      const isTaken = async (id: string): Promise<boolean> =>
        (await eventsOf(b, id)).some(({ type }) => type === 'job_taken');
      await waitUntil(() => isTaken(held.id));
      expect(await isTaken(active.id)).toBe(false);
      writeFileSync(gate, '');
      await b.reaches(active.id, 'completed');
      expect(await isTaken(active.id)).toBe(true);
      expect(await stopped).toBe(0);
      expect(linesOf(file)).toHaveLength(1);
    });

    it('refuse a data folder that another instance has', async () => {
      await start();
      const [first] = running;
      await expect(startService({ DATABASE_URL: database }, first?.dataDir ?? '')).rejects.toThrow(
        /used by another Baton process. Give each instance a DATA_DIR of its own/,
      );
    });
  });
}

await withMongo('several instances on one MongoDB', instancesOn);
