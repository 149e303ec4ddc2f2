import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, QUICK } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ SUBMIT_PER_MINUTE: '3' });
});
afterAll(() => service.dispose());

describe('the submit limit', () => {
  it('counts the submissions of one user of one tenant, on both routes', async () => {
    const anna = new Client(service);
    const first = await anna.submit(QUICK);
    expect(first.headers.get('ratelimit-limit')).toBe('3');
    expect(first.headers.get('ratelimit-remaining')).toBe('2');
    expect(Number(first.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    await anna.call('POST', '/orchestration/job', { body: QUICK });
    await anna.submit({ nonsense: true });

    const refused = await anna.submit(QUICK);
    expectProblem(refused, 429, 'rate_limited');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect(await anna.jobCount()).toBe(2);
    expect((await anna.get(`${API}/jobs`)).status).toBe(200);

    for (const claims of [{ sub: 'bob' }, { tenant: 'other' }]) {
      expect((await new Client(service, token(claims)).submit(QUICK)).status).toBe(202);
    }
  });
});
