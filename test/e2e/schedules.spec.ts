import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem } from '../support/client.js';
import type { Answer, Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

interface Firing {
  readonly fired_for: string;
  readonly outcome: string;
  readonly job?: { readonly id: string; readonly status: string };
  readonly [more: string]: unknown;
}
interface Backfill {
  readonly id: string;
  readonly [more: string]: unknown;
}

let service: Service;
let anna: Client;
const bob = (): Client => new Client(service, token({ sub: 'bob' }));
const admin = (): Client => new Client(service, token({ sub: 'root', roles: ['admin'] }));
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
  await template('quick', [{ id: 'a', type: 'noop' }]);
  await template('long', [{ id: 'a', type: 'delay', config: { seconds: 600 } }]);
});
afterAll(() => service.dispose());

const path = (name = '', rest = ''): string =>
  `${API}/schedules${name === '' ? '' : `/${name}`}${rest}`;
const put = (name: string, body: unknown, client = anna): Promise<Answer> =>
  client.call('PUT', path(name), { body });
const post = (name: string, what: string, body?: unknown, headers = {}): Promise<Answer> =>
  anna.call('POST', path(name, `/${what}`), { headers, ...(body === undefined ? {} : { body }) });
const get = async (name: string, client = anna): Promise<Body> =>
  (await client.get(path(name))).json;
const QUICK = { template: 'quick' };
/** Once a year, and not while a test looks. */
const YEARLY = { cron: '0 0 1 1 *', run: QUICK };

async function template(name: string, nodes: readonly object[]): Promise<void> {
  const body = { definition: { name, dag_definition: { nodes } } };
  const answer = await anna.call('PUT', `${API}/templates/${name}`, { body });
  expect(answer.status).toBe(201);
}

async function firings(name: string, outcome?: string): Promise<Firing[]> {
  const all = (await get(name))['last_firings'] as Firing[];
  return all.filter((firing) => outcome === undefined || firing.outcome === outcome);
}

async function remove(name: string): Promise<void> {
  expect((await anna.call('DELETE', path(name))).status).toBe(204);
}

describe('schedules', () => {
  it('are put, changed, read, listed and deleted', async () => {
    const body = {
      description: 'Every night',
      cron: '30 2 * * *',
      zone: 'Europe/Berlin',
      jitter: 90,
      overlap: 'queue',
      max_waiting: 3,
      missed: 'all',
      starts_at: '2026-01-01T00:00:00Z',
      run: { template: 'quick', priority: 'high', labels: { kind: 'nightly' } },
    };
    const made = await put('nightly', body);
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(path('nightly'));
    expect(made.json).toMatchObject({
      ...body,
      starts_at: '2026-01-01T00:00:00.000Z',
      owner: 'anna',
      paused: false,
      waiting: [],
      running: [],
      backfills: [],
      last_firings: [],
      links: { self: path('nightly'), trigger: path('nightly', '/trigger') },
    });
    const next = (made.json['next_firings'] as string[]).map((at) => new Date(at));
    expect(next).toHaveLength(5);
    const berlin = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Berlin',
      timeStyle: 'short',
    });
    for (const at of next.slice(0, 2)) expect(['02:30', '03:00']).toContain(berlin.format(at));
    expect(made.json['next_firing']).toBe(next[0]?.toISOString());

    const changed = await put('nightly', { interval: 3600, run: QUICK });
    expect(changed.status).toBe(200);
    expect(changed.json).toMatchObject({
      interval: 3600,
      anchor: '1970-01-01T00:00:00.000Z',
      overlap: 'skip',
      missed: 'latest',
      created_at: made.json['created_at'],
    });
    expect(changed.json).not.toHaveProperty('cron');
    expect((await get('nightly'))['run']).toEqual(QUICK);

    await put('another', YEARLY);
    const page = await anna.get(`${path()}?limit=1`);
    expect(page.json).toMatchObject({ total: 2, schedules: [{ name: 'another' }] });
    const rest = await anna.get(`${path()}?limit=1&cursor=${String(page.json['next_cursor'])}`);
    expect(rest.json).toMatchObject({ schedules: [{ name: 'nightly' }] });
    expect(rest.json).not.toHaveProperty('next_cursor');
    expectProblem(await anna.get(`${path()}?cursor=x`), 422, 'invalid_cursor');

    await remove('another');
    await remove('nightly');
    expectProblem(await anna.get(path('nightly')), 404, 'schedule_not_found');
    expectProblem(await anna.call('DELETE', path('nightly')), 404, 'schedule_not_found');
  });

  it('are their owners alone', async () => {
    expect((await put('mine', YEARLY)).status).toBe(201);
    const asBob = bob();
    expectProblem(await asBob.get(path('mine')), 404, 'schedule_not_found');
    expectProblem(await asBob.get(`${path('mine')}?owner=anna`), 404, 'schedule_not_found');
    expectProblem(await asBob.get(`${path()}?owner=anna`), 404, 'schedule_not_found');
    for (const what of ['pause', 'resume', 'trigger']) {
      const answer = await asBob.call('POST', path('mine', `/${what}?owner=anna`));
      expectProblem(answer, 404, 'schedule_not_found');
    }
    expect((await asBob.get(path())).json['total']).toBe(0);
    // The name is another one in another owner's hands.
    expect((await put('mine', { ...YEARLY, description: "Bob's" }, asBob)).status).toBe(201);
    expect(await get('mine')).not.toHaveProperty('description');

    const all = await admin().get(path());
    expect(all.json).toMatchObject({ schedules: [{ owner: 'anna' }, { owner: 'bob' }] });
    const bobs = await admin().get(`${path('mine')}?owner=bob`);
    expect(bobs.json).toMatchObject({ owner: 'bob', description: "Bob's" });
    expectProblem(await admin().get(path('mine')), 404, 'schedule_not_found');
    const other = new Client(service, token({ tenant: 'zoo', roles: ['admin'] }));
    expectProblem(await other.get(`${path('mine')}?owner=anna`), 404, 'schedule_not_found');
    await admin().call('DELETE', `${path('mine')}?owner=bob`);
    await remove('mine');
  });

  it.each<[string, object, string, RegExp]>([
    ['no timing', { run: QUICK }, '', /"cron" or the field "interval"/],
    ['two timings', { ...YEARLY, interval: 5 }, '/interval', /left out/],
    ['a pattern of four fields', { ...YEARLY, cron: '* * * *' }, '/cron', /five fields/],
    ['an hour of 25', { ...YEARLY, cron: '0 25 * * *' }, '/cron', /hour: 25/],
    ['the 30th of February', { ...YEARLY, cron: '0 0 30 2 *' }, '/cron', /some date/],
    ['a zone that is none', { ...YEARLY, zone: 'Mars/Base' }, '/zone', /IANA/],
    ['a zone of an interval', { interval: 5, zone: 'UTC', run: QUICK }, '/zone', /cron/],
    ['an anchor of a cron', { ...YEARLY, anchor: '2026-01-01' }, '/anchor', /interval/],
    ['a time that is none', { ...YEARLY, ends_at: 'tomorrow' }, '/ends_at', /its zone/],
    [
      'an end before the start',
      { ...YEARLY, starts_at: '2026-02-01', ends_at: '2026-01-01' },
      '/ends_at',
      /after starts_at/,
    ],
    ['a field that is none', { ...YEARLY, crons: 1 }, '/crons', /unknown field/],
    ['a policy that is none', { ...YEARLY, overlap: 'allow' }, '/overlap', /skip, queue, replace/],
    ['no such template', { ...YEARLY, run: { template: 'x' } }, '/run/template', /no template/],
    [
      'no such revision',
      { ...YEARLY, run: { template: 'quick', revision: 9 } },
      '/run/revision',
      /no revision 9/,
    ],
    [
      'inputs that it does not take',
      { ...YEARLY, run: { template: 'quick', inputs: { a: 1 } } },
      '/run/inputs',
      /./,
    ],
    [
      'a priority that is none',
      { ...YEARLY, run: { template: 'quick', priority: 9 } },
      '/run/priority',
      /./,
    ],
  ])('say what is wrong with %s', async (_, body, pointer, message) => {
    const answer = await put('wrong', body);
    expectProblem(answer, 422, 'invalid_schedule');
    const errors = answer.json['errors'] as { pointer: string; message: string }[];
    const found = errors.find((error) => error.pointer.startsWith(pointer));
    expect(found?.message).toMatch(message);
  });

  it('make jobs when they are due, which name them', async () => {
    await put('often', { cron: '* * * * * *', run: { ...QUICK, labels: { by: 'often' } } });
    await waitUntil(async () => (await firings('often', 'started')).length >= 3);
    const [last] = await firings('often', 'started');
    expect(last?.job?.id).toMatch(/^job_/);
    const job = await anna.reaches(last?.job?.id ?? '', 'completed');
    expect(job).toMatchObject({
      owner: 'anna',
      labels: { by: 'often' },
      template: { name: 'quick', revision: 1 },
      schedule: { name: 'often', fired_for: last?.fired_for },
    });
    await waitUntil(async () => (await firings('often'))[2]?.job?.status === 'completed');

    const paused = await post('often', 'pause');
    expect(paused.json).toMatchObject({ paused: true, paused_by: 'anna', next_firings: [] });
    expect((await post('often', 'pause')).status).toBe(200);
    const before = (await firings('often'))[0]?.fired_for ?? '';
    const triggered = await post('often', 'trigger', undefined, { 'idempotency-key': 't1' });
    expect(triggered).toMatchObject({ status: 202, json: { schedule: { name: 'often' } } });
    const again = await post('often', 'trigger', undefined, { 'idempotency-key': 't1' });
    expect(again.json['id']).toBe(triggered.json['id']);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const [newest] = await firings('often');
    expect(newest).toMatchObject({ triggered_by: 'anna', job: { id: triggered.json['id'] } });

    expect((await post('often', 'resume')).json).toMatchObject({ paused: false });
    await waitUntil(async () => (await firings('often'))[0]?.triggered_by === undefined);
    const all = (await firings('often', 'started')).filter(
      (each) => each['triggered_by'] === undefined,
    );
    const first = all.find(({ fired_for: at }) => at > before)?.fired_for ?? '';
    expect(first > (paused.json['paused_at'] as string)).toBe(true);
    const rerun = await anna.call('POST', `${API}/job/${String(triggered.json['id'])}/rerun`);
    expect(rerun.json).not.toHaveProperty('schedule');
    await remove('often');
  });

  it('list a firing of which no job can be made, and go on', async () => {
    await template('doomed', [{ id: 'a', type: 'noop' }]);
    await put('failing', { interval: 1, run: { template: 'doomed' } });
    await anna.call('DELETE', `${API}/templates/doomed`);
    await waitUntil(async () => (await firings('failing', 'failed')).length >= 2);
    expect((await firings('failing', 'failed'))[0]?.['reason']).toMatch(/archived/);
    await remove('failing');
  });

  it('skip, queue or replace while a job runs', async () => {
    const long = { interval: 1, run: { template: 'long' } };
    await put('skipping', { ...long, overlap: 'skip' });
    await put('queueing', { ...long, overlap: 'queue', max_waiting: 2 });
    await put('replacing', { ...long, overlap: 'replace' });
    await waitUntil(async () => Number((await firings('skipping', 'skipped'))[0]?.['count']) >= 3);
    expect(await firings('skipping', 'started')).toHaveLength(1);
    expect((await get('skipping'))['running']).toHaveLength(1);
    await waitUntil(async () => (await firings('queueing', 'skipped')).length > 0);
    expect(await firings('queueing', 'started')).toHaveLength(1);
    expect((await get('queueing'))['waiting']).toHaveLength(2);
    await waitUntil(async () => (await firings('replacing', 'started')).length >= 3, 20_000);
    const replaced = await firings('replacing', 'started');
    expect(replaced.slice(1).map(({ job }) => job?.status)).toEqual(
      replaced.slice(1).map(() => 'cancelled'),
    );
    const job = await anna.job(replaced.at(-1)?.job?.id ?? '');
    expect(job['reason']).toMatch(/later firing/);
    for (const name of ['skipping', 'queueing', 'replacing']) {
      const { running } = (await get(name)) as { running: { job: { id: string } }[] };
      await remove(name);
      for (const each of running) await anna.call('DELETE', `${API}/job/${each.job.id}`);
    }
  });

  it('run a range of the past, a few jobs at once', async () => {
    await put('hourly', { ...YEARLY, cron: '0 * * * *', zone: 'Europe/Berlin' });
    // The night on which Berlin has two o'clock twice: 25 hours.
    const day = { from: '2025-10-25T22:00:00Z', to: '2025-10-26T23:00:00Z', concurrency: 4 };
    const asked = await post('hourly', 'backfill', day);
    expect(asked).toMatchObject({ status: 202, json: { total: 25, started: 0, concurrency: 4 } });
    const progress = async (): Promise<Backfill | undefined> =>
      ((await get('hourly'))['backfills'] as Backfill[])[0];
    await waitUntil(async () => (await progress())?.['finished_at'] !== undefined, 20_000);
    expect(await progress()).toMatchObject({ total: 25, started: 25, failed: 0 });
    const made = (await firings('hourly', 'started')).filter(
      ({ backfill }) => backfill === asked.json['id'],
    );
    const start = Date.parse(day.from);
    expect(made.map(({ fired_for: at }) => Date.parse(at)).sort()).toEqual(
      Array.from({ length: 25 }, (_, hour) => start + hour * 3_600_000),
    );
    expect(new Set(made.map(({ job }) => job?.id)).size).toBe(25);
    const job = await anna.job(made[0]?.job?.id ?? '');
    expect(job['schedule']).toMatchObject({ name: 'hourly', backfill: asked.json['id'] });

    const refusals: [object, string][] = [
      [{ ...day, from: '2025-01-01T00:00:00Z' }, '/to'],
      [{ ...day, to: '2099-01-01T00:00:00Z' }, '/to'],
      [{ from: day.to, to: day.from }, '/to'],
      [{ from: '2025-10-25T22:01:00Z', to: '2025-10-25T22:02:00Z' }, '/to'],
      [{ ...day, from: 'yesterday' }, '/from'],
      [{ ...day, concurrency: 11 }, '/concurrency'],
    ];
    for (const [body, pointer] of refusals) {
      const refused = await post('hourly', 'backfill', body);
      expectProblem(refused, 422, 'invalid_request');
      expect(refused.json['errors']).toMatchObject([{ pointer }]);
    }
    await remove('hourly');
  });
});

describe('a schedule of every second', () => {
  const each = { interval: 1, overlap: 'queue', max_waiting: 100, missed: 'all', run: QUICK };
  /** The seconds for which there are jobs, in order. */
  const seconds = async (client: Client, of: string): Promise<number[]> => {
    const { json } = await client.get(`${API}/jobs?limit=200&name=${of}`);
    const jobs = json['jobs'] as { readonly schedule?: { readonly fired_for: string } }[];
    return jobs.map(({ schedule }) => Date.parse(schedule?.fired_for ?? '') / 1000).sort();
  };
  const expectEachOnce = (found: readonly number[]): void => {
    const first = found[0] ?? 0;
    expect(found).toEqual(found.map((_, at) => first + at));
  };

  it('fires each of them once, though the service is killed again and again', async () => {
    let killed = await startService({ LEASE_DURATION: '3' });
    try {
      let client = new Client(killed);
      const body = {
        definition: { name: 'kills', dag_definition: { nodes: [{ id: 'a', type: 'noop' }] } },
      };
      await client.call('PUT', `${API}/templates/quick`, { body });
      await client.call('PUT', path('kills'), { body: each });
      for (let kills = 1; kills <= 3; kills++) {
        await waitUntil(async () => (await seconds(client, 'kills')).length > 4 * kills, 30_000);
        await killed.stop('SIGKILL');
        killed = await killed.restart();
        client = new Client(killed);
      }
      await waitUntil(async () => (await seconds(client, 'kills')).length > 20, 40_000);
      expectEachOnce(await seconds(client, 'kills'));
    } finally {
      await killed.dispose();
    }
  }, 120_000);

  (process.env['BATON_TEST_STORE'] === 'mongodb' ? it : it.skip)(
    'fires each of them once with several instances',
    async () => {
      const body = {
        definition: { name: 'shared', dag_definition: { nodes: [{ id: 'a', type: 'noop' }] } },
      };
      await anna.call('PUT', `${API}/templates/shared`, { body });
      const database = service.database ?? '';
      const others = await Promise.all([1, 2].map(() => startService({ DATABASE_URL: database })));
      try {
        await put('shared', { ...each, run: { template: 'shared' } });
        await waitUntil(async () => (await seconds(anna, 'shared')).length > 12, 40_000);
        await others[0]?.stop('SIGKILL');
        await waitUntil(async () => (await seconds(anna, 'shared')).length > 20, 40_000);
        expectEachOnce(await seconds(anna, 'shared'));
      } finally {
        await remove('shared');
        for (const other of others) await other.dispose();
      }
    },
    120_000,
  );
});
