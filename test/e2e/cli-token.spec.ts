import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { builtService } from '../support/build.js';
import { API, Client, QUICK } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  // Without a secret in its environment the service makes one, which the command shares.
  service = await startService({ JWT_SECRET_KEY: '' });
});
afterAll(() => service.dispose());

function baton(
  args: readonly string[],
  environment: Record<string, string> = {},
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const done = spawnSync(process.execPath, [path.join(builtService(), 'cli/baton.js'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: service.dataDir, ...environment },
    encoding: 'utf8',
  });
  return { code: done.status, out: done.stdout.trim(), err: done.stderr };
}

function claims(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('baton token', () => {
  it('makes a token that the service takes', async () => {
    const { code, out } = baton(['token']);
    expect(code).toBe(0);
    const client = new Client(service, out);
    expect(await client.accepted(QUICK)).toMatchObject({ owner: 'developer', tenant: 'default' });
  });

  it('takes user, tenant, roles and time', () => {
    const { out } = baton(
      'token --sub anna --tenant acme --roles admin,viewer --ttl 60'.split(' '),
    );
    const { iat, exp, ...rest } = claims(out) as { iat: number; exp: number };
    expect(exp - iat).toBe(60);
    expect(rest).toMatchObject({ sub: 'anna', tenant: 'acme', roles: ['admin', 'viewer'] });
  });

  it('prints a pair as JSON, whose refresh token can be traded', async () => {
    const pair = JSON.parse(baton(['token', '--json']).out) as Record<string, string>;
    const client = new Client(service, pair['access_token']);
    expect((await client.get(`${API}/jobs`)).status).toBe(200);
    const body = { refresh_token: pair['refresh_token'] };
    const traded = await client.call('POST', '/api/v1/auth/refresh', { token: null, body });
    expect(traded.status).toBe(200);
    expect(claims(baton(['token', '--refresh']).out)).toMatchObject({ use: 'refresh' });
  });

  it('needs JWT_SECRET_KEY in production', () => {
    const { code, out, err } = baton(['token'], { NODE_ENV: 'production' });
    expect(code).toBe(78);
    expect(out).toBe('');
    expect(err).toContain('JWT_SECRET_KEY is missing');
  });

  it.each([
    ['--ttl', '0'],
    ['--ttl', 'x'],
    ['--tenant', 'No Name'],
    ['--colour', 'red'],
  ])('refuses %s %s', (option, value) => {
    const { code, out, err } = baton(['token', option, value]);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).not.toBe('');
  });
});
