import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, QUICK } from '../support/client.js';
import type { Answer } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
let before: number;
beforeAll(async () => {
  service = await startService({ TENANT_ID: 'home' });
  anna = new Client(service);
  await anna.accepted(QUICK);
  before = await anna.jobCount();
});
afterAll(() => service.dispose());

const now = Math.floor(Date.now() / 1000);
const ROUTES: readonly [string, string][] = [
  ['POST', '/job'],
  ['POST', '/job/validate'],
  ['GET', '/job/x'],
  ['DELETE', '/job/x'],
  ['GET', '/jobs'],
  ['GET', '/job/x/nodes'],
  ['GET', '/job/x/nodes/y'],
  ['GET', '/job/x/nodes/y/logs'],
  ['GET', '/job/x/events'],
  ['GET', '/job/x/graph'],
  ['GET', '/test-cases'],
  ['GET', '/test-cases/x'],
  ['PUT', '/test-cases/x'],
  ['DELETE', '/test-cases/x'],
];

describe('authentication', () => {
  it.each(ROUTES)('is asked for by %s %s', async (method, route) => {
    for (const prefix of [API, '/orchestration']) {
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: QUICK };
      const answer = await anna.call(method, prefix + route, { token: null, ...body });
      expectProblem(answer, 401, 'missing_token');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="baton"');
    }
  });

  it('is asked for before a body is read', async () => {
    const unreadable = { raw: '{', headers: { 'content-type': 'text/plain' } };
    for (const [method, route] of ROUTES.filter(([method]) => method !== 'GET')) {
      const answer = await anna.call(method, API + route, { token: null, ...unreadable });
      expectProblem(answer, 401, 'missing_token');
    }
    const large = await anna.call('POST', `${API}/job`, {
      token: token({}, { secret: 'x'.repeat(48) }),
      raw: 'x'.repeat(20 * 1024 * 1024),
    });
    expectProblem(large, 401, 'invalid_token');
  });

  const [header = '', payload = '', signature = ''] = token().split('.');
  const forged = Buffer.from('{"alg":"none"}').toString('base64url');
  it.each<[string, string, string]>([
    ['expired', token({ exp: now - 1 }), 'expired_token'],
    ['without an expiry', token({ exp: undefined }), 'invalid_token'],
    ['not valid yet', token({ nbf: now + 600 }), 'invalid_token'],
    ['unsigned (alg none)', token({}, { alg: 'none' }), 'invalid_token'],
    ['stripped of its signature', `${forged}.${payload}.`, 'invalid_token'],
    ['of alg none with a signature', `${forged}.${payload}.${signature}`, 'invalid_token'],
    ['signed with HS512', token({}, { alg: 'HS512' }), 'invalid_token'],
    ['signed with another secret', token({}, { secret: 'x'.repeat(48) }), 'invalid_token'],
    ['changed', `${header}.${payload}x.${signature}`, 'invalid_token'],
    ['without a user', token({ sub: undefined }), 'invalid_token'],
    ['with an empty user', token({ sub: '' }), 'invalid_token'],
    ['with a control character in its user', token({ sub: 'an\u0000na' }), 'invalid_token'],
    ['with a user that is a number', token({ sub: 7 }), 'invalid_token'],
    ['with a tenant that is no name', token({ tenant: '../x' }), 'invalid_token'],
    ['with an empty tenant', token({ tenant: '' }), 'invalid_token'],
    ['with roles that are no list', token({ roles: 'admin' }), 'invalid_token'],
    ['for refreshing', token({ use: 'refresh', jti: 'a' }), 'invalid_token'],
    ['nonsense', 'nonsense', 'invalid_token'],
    ['very long', 'a'.repeat(9000), 'invalid_token'],
  ])('refuses a token that is %s, and changes nothing', async (_, bad, code) => {
    const answer = await anna.call('POST', `${API}/job`, { token: bad, body: QUICK });
    expectProblem(answer, 401, code);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(answer.text).not.toContain(bad);
    expect(await anna.jobCount()).toBe(before);
  });

  it.each(['Basic YW5uYTpzZWNyZXQ=', 'Bearer', 'Bearer a b', 'Token x'])(
    'refuses the header "%s"',
    async (authorization) => {
      const answer = await anna.get(`${API}/jobs`, { token: null, headers: { authorization } });
      expectProblem(answer, 401, 'invalid_token');
    },
  );

  it('does not take a token from the address', async () => {
    const answer = await anna.get(`${API}/jobs?access_token=${token()}`, { token: null });
    expectProblem(answer, 401, 'missing_token');
  });

  it('puts tokens without a tenant into TENANT_ID', async () => {
    const homely = new Client(service, token({ tenant: undefined, roles: undefined }));
    expect(await homely.accepted(QUICK)).toMatchObject({ tenant: 'home', owner: 'anna' });
    expect(await anna.jobCount()).toBe(before);
  });

  it('keeps tenants apart, admins too', async () => {
    const foreign = new Client(service, token({ tenant: 'rival', roles: ['admin'] }));
    expect(await foreign.jobCount()).toBe(0);
  });
});

describe('POST auth/refresh', () => {
  const trade = (refresh: string): Promise<Answer> =>
    anna.call('POST', '/api/v1/auth/refresh', { token: null, body: { refresh_token: refresh } });
  const refreshToken = (jti: string, claims: object = {}): string =>
    token({ use: 'refresh', jti, roles: ['admin'], ...claims });

  it('trades a refresh token for a new pair, once', async () => {
    const first = await trade(refreshToken('once'));
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    const opened = await anna.get(`${API}/jobs`, { token: String(first.json['access_token']) });
    expect(opened.status).toBe(200);

    expectProblem(await trade(refreshToken('once')), 401, 'invalid_token');
    const second = await trade(String(first.json['refresh_token']));
    expect(second.status).toBe(200);
    expectProblem(await trade(String(first.json['refresh_token'])), 401, 'invalid_token');
  });

  it('lets one of two racing trades win', async () => {
    const racing = await Promise.all(Array.from({ length: 8 }, () => trade(refreshToken('race'))));
    expect(racing.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(racing.filter((answer) => answer.status === 401)).toHaveLength(7);
  });

  it('keeps user, tenant and roles', async () => {
    const { json } = await trade(refreshToken('claims', { sub: 'root', tenant: 'acme' }));
    const claims = JSON.parse(
      Buffer.from(String(json['access_token']).split('.')[1] ?? '', 'base64url').toString(),
    ) as object;
    expect(claims).toMatchObject({ sub: 'root', tenant: 'acme', roles: ['admin'], use: 'access' });
  });

  it.each<[string, string, string]>([
    ['an access token', token(), 'invalid_token'],
    ['an expired one', refreshToken('old', { exp: now - 1 }), 'expired_token'],
    ['one without an id', token({ use: 'refresh' }), 'invalid_token'],
    ['an unsigned one', token({ use: 'refresh', jti: 'x' }, { alg: 'none' }), 'invalid_token'],
  ])('refuses %s', async (_, refresh, code) => {
    expectProblem(await trade(refresh), 401, code);
  });

  it('says what the body must be', async () => {
    const empty = await anna.call('POST', '/api/v1/auth/refresh', { token: null, body: {} });
    expectProblem(empty, 422, 'invalid_request');
    const none = await anna.call('POST', '/api/v1/auth/refresh', { token: null });
    expect([400, 422]).toContain(none.status);
  });
});
