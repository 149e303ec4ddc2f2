import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem } from '../support/client.js';
import type { Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

const path = (name = ''): string => `${API}/test-cases${name === '' ? '' : `/${name}`}`;

describe('test-cases', () => {
  it('creates, reads, replaces, lists and deletes', async () => {
    const body = {
      description: 'Logs in',
      command: 'npx',
      args: ['playwright', 'test'],
      env: { BASE_URL: 'http://127.0.0.1' },
      report: { junit: 'results.xml' },
      timeout: 60,
      labels: { area: 'login' },
    };
    const put = await anna.call('PUT', path('login'), { body });
    expect(put.status).toBe(201);
    expect(put.headers.get('location')).toBe(path('login'));
    expect(put.json).toMatchObject({
      name: 'login',
      ...body,
      updated_by: 'anna',
      updated_at: expect.stringMatching(/Z$/),
    });
    expect((await anna.get(path('login'))).json).toEqual(put.json);

    const bob = new Client(service, token({ sub: 'bob' }));
    const replaced = await bob.call('PUT', path('login'), { body: { command: 'make' } });
    expect(replaced.status).toBe(200);
    expect((await anna.get(path('login'))).json).toMatchObject({
      command: 'make',
      updated_by: 'bob',
    });
    expect((await anna.get(path('login'))).json).not.toHaveProperty('args');

    await anna.call('PUT', path('a.b:c-d'), { body: { command: 'true' } });
    const first = await anna.get(`${path()}?limit=1`);
    expect(first.json).toMatchObject({ total: 2, test_cases: [{ name: 'a.b:c-d' }] });
    const next = encodeURIComponent(String(first.json['next_cursor']));
    const second = await anna.get(`${path()}?limit=1&cursor=${next}`);
    expect((second.json['test_cases'] as Body[]).map((each) => each['name'])).toEqual(['login']);
    expect(second.json).not.toHaveProperty('next_cursor');

    expect((await anna.call('DELETE', path('login'))).status).toBe(204);
    expectProblem(await anna.get(path('login')), 404, 'test_case_not_found');
    expectProblem(await anna.call('DELETE', path('login')), 404, 'test_case_not_found');
  });

  it.each(['shop / login works', 'größe', 'a%b?c#d', '日本'])('takes the name %s', async (name) => {
    const put = await anna.call('PUT', path(encodeURIComponent(name)), {
      body: { command: 'true' },
    });
    expect(put.status).toBe(201);
    const location = put.headers.get('location') ?? '';
    expect((await anna.get(location)).json['name']).toBe(name);
    expect((await anna.call('DELETE', location)).status).toBe(204);
  });

  it('belongs to one tenant', async () => {
    await anna.call('PUT', path('ours'), { body: { command: 'true' } });
    const other = new Client(service, token({ tenant: 'other' }));
    expectProblem(await other.get(path('ours')), 404, 'test_case_not_found');
    expectProblem(await other.call('DELETE', path('ours')), 404, 'test_case_not_found');
    expect((await other.get(path())).json).toMatchObject({ total: 0, test_cases: [] });
    expect((await anna.get(path('ours'))).status).toBe(200);
  });

  it.each<[string, string, unknown]>([
    ['no command', 'x', {}],
    ['an empty command', 'x', { command: '' }],
    ['an unknown field', 'x', { command: 'true', colour: 'red' }],
    ['args that are no list', 'x', { command: 'true', args: 'a' }],
    ['a NUL in an argument', 'x', { command: 'true', args: ['\u0000'] }],
    ['env that is no text', 'x', { command: 'true', env: { A: 1 } }],
    ['a strange name of a variable', 'x', { command: 'true', env: { 'A=B': 'c' } }],
    ['a report of no kind', 'x', { command: 'true', report: {} }],
    ['a report of another kind', 'x', { command: 'true', report: { xml: 'a' } }],
    ['a negative time-out', 'x', { command: 'true', timeout: -1 }],
    ['a list', 'x', []],
    ['a name with a space in front', '%20b', { command: 'true' }],
    ['a name with a line break', 'a%0Ab', { command: 'true' }],
    ['a long name', 'x'.repeat(257), { command: 'true' }],
  ])('refuses %s', async (_, name, body) => {
    const before = (await anna.get(path())).json['total'];
    expectProblem(await anna.call('PUT', path(name), { body }), 422, 'invalid_test_case');
    expect((await anna.get(path())).json['total']).toBe(before);
  });

  it('refuses a query it does not know', async () => {
    expectProblem(await anna.get(`${path()}?limit=0`), 422, 'invalid_query');
    expectProblem(await anna.get(`${path()}?name=x`), 422, 'invalid_query');
  });
});
