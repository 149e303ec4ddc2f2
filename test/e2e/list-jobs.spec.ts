import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf } from '../support/client.js';
import type { Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
const created: string[] = [];
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
  const quick = [{ id: 'a', type: 'noop' }];
  const long = [{ id: 'a', type: 'delay', config: { seconds: 600 } }];
  const jobs = [
    jobOf(quick, { name: 'one', priority: 1, labels: { branch: 'main', area: 'a=b' } }),
    jobOf(quick, { name: 'two', priority: 5, labels: { branch: 'main' } }),
    jobOf(long, { name: 'three', priority: 3, labels: { branch: 'dev' } }),
    jobOf(long, { name: 'one', priority: 2 }),
  ];
  for (const job of jobs) created.push((await anna.accepted(job)).id);
  await anna.reaches(created[0] ?? '', 'completed');
  await anna.reaches(created[1] ?? '', 'completed');
  await new Client(service, token({ sub: 'bob' })).accepted(jobOf(quick, { name: 'bobs' }));
  await new Client(service, token({ tenant: 'other' })).accepted(jobOf(quick, { name: 'others' }));
});
afterAll(() => service.dispose());

async function list(query: string, client = anna): Promise<Body> {
  const { status, json } = await client.get(`${API}/jobs?${query}`);
  expect(status).toBe(200);
  return json;
}

async function found(query: string): Promise<number[]> {
  const { jobs, total } = await list(query);
  const ids = (jobs as Body[]).map((job) => created.indexOf(String(job['id'])));
  expect(total).toBe(ids.length);
  return ids;
}

describe('GET jobs', () => {
  it('lists your own, newest first', async () => {
    expect(await found('')).toEqual([3, 2, 1, 0]);
    const { jobs } = await list('');
    expect((jobs as Body[])[0]).not.toHaveProperty('nodes');
    expect((jobs as Body[])[0]).toMatchObject({ owner: 'anna', tenant: 'acme', links: {} });
  });

  it('lists the tenant for an admin, and nothing of another', async () => {
    const admin = new Client(service, token({ sub: 'root', roles: ['admin'] }));
    const { jobs, total } = await list('', admin);
    expect(total).toBe(5);
    expect((jobs as Body[]).map((job) => job['name'])).toContain('bobs');
    expect((jobs as Body[]).map((job) => job['name'])).not.toContain('others');
  });

  it.each<[string, number[]]>([
    ['status=completed', [1, 0]],
    ['status=running', [3, 2]],
    ['status=running,completed', [3, 2, 1, 0]],
    ['status=running&status=failed', [3, 2]],
    ['name=one', [3, 0]],
    ['name=on', []],
    ['label=branch%3Dmain', [1, 0]],
    ['label=branch=main&label=area=a%3Db', [0]],
    ['type=noop', [1, 0]],
    ['type=delay', [3, 2]],
    ['priority=5', [1]],
    ['name=one&status=completed&label=branch=main&type=noop&priority=1', [0]],
    ['created_from=2000-01-01', [3, 2, 1, 0]],
    ['created_from=2999-01-01T00:00:00Z', []],
    ['created_to=2000-01-01T00:00:00%2B02:00', []],
    ['sort=created_at', [0, 1, 2, 3]],
    ['sort=priority', [0, 3, 2, 1]],
    ['sort=-priority', [1, 2, 3, 0]],
  ])('finds by ?%s', async (query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('finds by time to the millisecond', async () => {
    const at = String((await anna.job(created[1] ?? ''))['created_at']);
    expect(await found(`created_from=${at}&sort=created_at`)).toEqual([1, 2, 3]);
    expect(await found(`created_to=${at}`)).toEqual([0]);
  });

  it.each(['sort=-created_at', 'sort=priority', 'status=running,completed'])(
    'pages by cursor with %s',
    async (query) => {
      const whole = (await list(query))['jobs'] as Body[];
      const seen: unknown[] = [];
      let next: unknown = `${API}/jobs?${query}&limit=1`;
      while (typeof next === 'string') {
        const { json } = await anna.get(next);
        expect(json).toMatchObject({ total: 4, limit: 1 });
        seen.push(...(json['jobs'] as Body[]).map((job) => job['id']));
        next = (json['links'] as Body)['next'];
      }
      expect(seen).toEqual(whole.map((job) => job['id']));
    },
  );

  it('pages by page and by offset', async () => {
    const ids = async (query: string): Promise<unknown[]> =>
      ((await list(query))['jobs'] as Body[]).map((job) => job['id']);
    expect(await ids('limit=3&page=2')).toEqual([created[0]]);
    expect(await ids('limit=2&offset=1')).toEqual([created[2], created[1]]);
    expect(await ids('offset=99')).toEqual([]);
  });

  it.each([
    ['status=broken', '/status'],
    ['limit=0', '/limit'],
    ['limit=201', '/limit'],
    ['limit=ten', '/limit'],
    ['limit=1e2', '/limit'],
    ['limit=', '/limit'],
    ['priority=0x1', '/priority'],
    ['limit=1&limit=2', '/limit'],
    ['priority=9', '/priority'],
    ['sort=name', '/sort'],
    ['label=nonsense', '/label'],
    ['label=a=1&label=a=2', '/label'],
    ['created_from=yesterday', '/created_from'],
    ['created_to=2026-13-45', '/created_to'],
    ['created_to=2026-02-31', '/created_to'],
    ['page=0', '/page'],
    ['offset=-1', '/offset'],
    ['page=1&offset=1', '/page'],
    ['name=', '/name'],
    ['colour=red', '/colour'],
    ['__proto__=1', '/__proto__'],
  ])('refuses ?%s', async (query, pointer) => {
    const answer = await anna.get(`${API}/jobs?${query}`);
    expectProblem(answer, 422, 'invalid_query');
    expect(answer.json['errors']).toContainEqual(
      expect.objectContaining({ in: 'query', pointer, message: expect.any(String) }),
    );
  });

  it('refuses a cursor that it did not hand out', async () => {
    expectProblem(await anna.get(`${API}/jobs?cursor=bm9wZQ`), 422, 'invalid_cursor');
  });
});
