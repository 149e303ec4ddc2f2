import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, QUICK } from '../support/client.js';
import type { Body } from '../support/client.js';
import { SECRET, startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService({ LOG_LEVEL: 'debug' });
  anna = new Client(service);
});
afterAll(() => service.dispose());

/** The line that was logged for the request with this correlation id. */
async function requestLine(correlationId: string): Promise<Body> {
  let found: Body | undefined;
  await waitUntil(() => {
    const lines = service.output().split('\n').slice(0, -1);
    found = lines
      .map((line) => JSON.parse(line) as Body)
      .find((line) => line['correlation_id'] === correlationId && line['msg'] === 'request');
    return found !== undefined;
  });
  return found ?? {};
}

describe('X-Correlation-Id', () => {
  it('is taken in, given back, kept with the job and logged', async () => {
    const answer = await anna.submit(QUICK, { 'x-correlation-id': 'build-42.7' });
    expect(answer.headers.get('x-correlation-id')).toBe('build-42.7');
    expect(answer.json['correlation_id']).toBe('build-42.7');
    expect(await requestLine('build-42.7')).toMatchObject({
      level: 'info',
      tenant_id: 'acme',
      user: 'anna',
      method: 'POST',
      path: `${API}/job`,
      status: 202,
      duration_ms: expect.any(Number),
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it.each(['', 'x'.repeat(129), 'two words', '{"a":1}', '<script>'])(
    'is made when it is missing or not fit: "%s"',
    async (given) => {
      const answer = await anna.get('/health', { headers: { 'x-correlation-id': given } });
      expect(answer.headers.get('x-correlation-id')).toMatch(/^[0-9a-f]{32}$/);
    },
  );
});

describe('traceparent', () => {
  it('is continued with a span of its own', async () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    const answer = await anna.submit(QUICK, { traceparent, 'x-correlation-id': 'traced' });
    const [, trace, span, flags] = answer.headers.get('traceparent')?.split('-') ?? [];
    expect([trace, flags]).toEqual([TRACE, '01']);
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    expect(span).not.toBe(SPAN);
    expect(await requestLine('traced')).toMatchObject({ trace_id: TRACE });
  });

  it.each([
    'nonsense',
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
  ])('starts anew for %s', async (traceparent) => {
    const answer = await anna.get('/health', { headers: { traceparent } });
    const [version, trace] = answer.headers.get('traceparent')?.split('-') ?? [];
    expect(version).toBe('00');
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(trace).not.toBe(TRACE);
  });
});

describe('the log', () => {
  it('never holds a token or a secret, wherever it was sent', async () => {
    const access = token();
    const refresh = token({ use: 'refresh', jti: 'logged' });
    const wrong = token({}, { secret: 'w'.repeat(40) });
    const basic = 'aHVudGVyMjpodW50ZXIy';
    await anna.get(`${API}/jobs`, { token: access });
    await anna.get(`${API}/jobs`, { token: wrong });
    await anna.get(`${API}/jobs?access_token=${access}&colour=${refresh}`);
    await anna.get(`/nothing/${access}`);
    await anna.get(`${API}/job/${access}`);
    await anna.get(`${API}/jobs`, {
      token: null,
      headers: { authorization: `Basic ${basic}`, cookie: `session=${access}` },
    });
    await anna.get(`${API}/jobs`, { headers: { 'x-correlation-id': access } });
    await anna.get(`${API}/jobs`, { headers: { traceparent: access, 'x-api-key': basic } });
    await anna.call('POST', '/api/v1/auth/refresh', { body: { refresh_token: refresh } });
    await anna.call('POST', '/api/v1/auth/refresh', { raw: `{"refresh_token": ${refresh}` });
    await anna.get('/health', { headers: { 'x-correlation-id': 'last-one' } });
    await requestLine('last-one');
    const log = service.output();
    expect(log).toContain('"msg":"request"');
    for (const part of [access, refresh, wrong].flatMap((each) => each.split('.').slice(1))) {
      expect(log).not.toContain(part);
    }
    expect(log).not.toContain(basic);
    expect(log).not.toContain(SECRET);
    for (const line of log.split('\n').slice(0, -1))
      expect(() => void JSON.parse(line)).not.toThrow();
  });
});
