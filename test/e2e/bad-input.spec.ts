import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { API, Client, expectProblem, jobOf, QUICK } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
let jobs: number;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
  await anna.accepted(QUICK);
  jobs = await anna.jobCount();
});
afterEach(async () => {
  expect(await anna.jobCount()).toBe(jobs);
  expect((await anna.get('/health')).status).toBe(200);
});
afterAll(() => service.dispose());

const json = { 'content-type': 'application/json' };
const post = (raw: string | Uint8Array, headers: Record<string, string> = json) =>
  anna.call('POST', `${API}/job`, { raw, headers });
const node = (rest: object): object => jobOf([{ id: 'a', type: 'noop', ...rest }]);

describe('what is not JSON', () => {
  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['words', 'hello'],
    ['half an object', '{"name": "x"'],
    ['a trailing comma', '{"name": "x",}'],
    ['two documents', '{} {}'],
    ['NaN', '{"priority": NaN}'],
    ['a NUL', '{"name": "\u0000"}'],
    ['what is not UTF-8', Uint8Array.from([0x22, 0xff, 0xfe, 0x22])],
    ['a million brackets', '['.repeat(1_000_000)],
  ])('refuses %s', async (_, raw) => {
    const answer = await post(raw);
    expectProblem(answer, 400, 'malformed_json');
    expect(answer.json['detail']).toContain('Content-Type: application/json');
  });

  it('does not repeat what it could not read', async () => {
    expect((await post('{"password": hunter2}')).text).not.toContain('hunter2');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'nonsense',
  ])('refuses the content type %s', async (type) => {
    const answer = await post(JSON.stringify(QUICK), { 'content-type': type });
    expectProblem(answer, 400, 'unsupported_content_type');
  });

  it('takes a charset', async () => {
    const answer = await anna.call('POST', `${API}/job/validate`, {
      raw: JSON.stringify(QUICK),
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['a string', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['a list', '[]'],
    ['true', 'true'],
  ])('refuses %s for a job', async (_, raw) => {
    const answer = await post(raw);
    expect([400, 422]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });
});

describe('what is said of it', () => {
  it('is in whole sentences', async () => {
    const wrong = await anna.submit(node({ foo: 1 }));
    expect(wrong.json['detail']).toBe(
      '/dag_definition/nodes/0/foo: unknown field "foo". Put right what errors lists and send it again.',
    );
    const empty = await anna.submit({});
    expect(empty.json['detail']).toBe(
      'The document: must have the field "name". And 1 more. Put right what errors lists and send it again.',
    );
  });

  it('begins with what is most wrong', async () => {
    const answer = await anna.call('POST', '/api/v1/auth/refresh', { token: null, body: {} });
    expectProblem(answer, 422, 'invalid_request');
    expect(answer.json['detail']).toMatch(/^refresh_token must be a string/);
  });
});

describe('size and depth', () => {
  it('refuses a body over MAX_BODY_BYTES', async () => {
    const answer = await post(`{"name": "${'x'.repeat(16 * 1024 * 1024)}"}`);
    expectProblem(answer, 413, 'body_too_large');
    expect(answer.json['detail']).toContain('MAX_BODY_BYTES');
  });

  it.each([100, 10_000, 1_000_000])('refuses %d levels of nesting', async (levels) => {
    const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const raw = `{"name":"x","inputs":${deep},"dag_definition":{"nodes":[{"id":"a","type":"noop"}]}}`;
    const answer = await post(raw);
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors']).toContainEqual(
      expect.objectContaining({ pointer: expect.stringMatching(/^\/inputs/) }),
    );
  });

  it('refuses a cycle of 10,000 nodes, and shows it', async () => {
    const nodes = Array.from({ length: 10_000 }, (_, index) => ({
      id: `n${index}`,
      type: 'noop',
      needs: [`n${(index + 9_999) % 10_000}`],
    }));
    const answer = await anna.submit(jobOf(nodes));
    expectProblem(answer, 422, 'invalid_definition');
    const [cycle] = answer.json['errors'] as { code: string; message: string }[];
    expect(cycle?.code).toBe('cycle');
    expect(cycle?.message).toContain('->');
    expect(answer.text.length).toBeLessThan(10_000);
  });

  it('refuses more nodes than a job may have', async () => {
    const nodes = Array.from({ length: 100_001 }, (_, index) => ({
      id: `n${index}`,
      type: 'noop',
    }));
    expectProblem(await anna.submit(jobOf(nodes)), 422, 'invalid_definition');
  });

  it('keeps its answer short however much is wrong', async () => {
    const nodes = Array.from({ length: 50_000 }, () => ({ id: '', type: 7, x: 1 }));
    const answer = await anna.submit(jobOf(nodes));
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors_truncated']).toBe(true);
    expect(answer.text.length).toBeLessThan(1_000_000);
  });
});

describe('keys that reach a prototype', () => {
  it.each([
    '{"__proto__": {"admin": true}}',
    '{"name": "x", "inputs": {"a": [{"__proto__": 1}]}}',
    '{"\\u005f_proto__": 1}',
    '{"constructor": {"prototype": {"admin": true}}}',
  ])('refuses %s', async (raw) => {
    expectProblem(await post(raw), 400, 'forbidden_key');
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('definitions', () => {
  const long = 'x'.repeat(10_000);
  it.each<[string, object]>([
    ['an id with a control character', node({ id: 'a\u0007b' })],
    ['an id with a NUL', node({ id: 'a\u0000' })],
    ['an id with a line break', node({ id: 'a\nb' })],
    ['an id with a space', node({ id: 'a b' })],
    ['an id with a slash', node({ id: '../a' })],
    ['an id of 10,000 characters', node({ id: long })],
    ['an empty id', node({ id: '' })],
    ['an id that is a number', node({ id: 7 })],
    ['an id that is __proto__', node({ id: '__proto__' })],
    ['a name of 10,000 characters', { ...QUICK, name: long }],
    ['an empty name', { ...QUICK, name: '' }],
    ['no name', { ...QUICK, name: undefined }],
    ['a negative priority', { ...QUICK, priority: -1 }],
    ['a huge priority', { ...QUICK, priority: 1e308 }],
    ['a fraction of a priority', { ...QUICK, priority: 1.5 }],
    ['a negative time-out', { ...QUICK, timeout: -1 }],
    ['a huge time-out', { ...QUICK, timeout: 1e15 }],
    ['no concurrency', { ...QUICK, concurrency: 0 }],
    ['a concurrency in words', { ...QUICK, concurrency: 'ten' }],
    ['negative attempts', node({ retry: { max_attempts: -1 } })],
    ['a huge delay', node({ retry: { delay: 1e300 } })],
    ['an unknown strategy', node({ retry: { strategy: 'hope' } })],
    ['an unknown trigger rule', node({ trigger_rule: 'sometimes' })],
    ['an unknown type', node({ type: 'magic' })],
    ['a type of Object', node({ type: 'constructor' })],
    ['an unknown field of a node', node({ colour: 'red' })],
    ['an unknown field of the job', { ...QUICK, colour: 'red' }],
    ['an unknown key of a config', node({ config: { colour: 'red' } })],
    ['a config that is a list', node({ config: [] })],
    ['needs that are a word', node({ needs: 'b' })],
    ['an unknown need', node({ needs: ['b'] })],
    ['a node that needs itself', node({ needs: ['a'] })],
    ['no nodes', jobOf([])],
    ['nodes that are an object', { name: 'x', dag_definition: { nodes: {} } }],
    ['a node that is null', { name: 'x', dag_definition: { nodes: [null] } }],
    ['no graph', { name: 'x' }],
    ['labels that are numbers', { ...QUICK, labels: { a: 1 } }],
    ['an unknown on_failure', { ...QUICK, on_failure: 'cry' }],
    [
      'edges to nowhere',
      {
        name: 'x',
        dag_definition: { nodes: [{ id: 'a', type: 'noop' }], edges: [{ from: 'a', to: 'z' }] },
      },
    ],
  ])('refuses %s', async (_, body) => {
    const answer = await anna.submit(body);
    expectProblem(answer, 422, 'invalid_definition');
    const errors = answer.json['errors'] as { in: string; pointer: string; message: string }[];
    expect(errors.length).toBeGreaterThan(0);
    expect(errors[0]).toMatchObject({
      in: 'body',
      pointer: expect.any(String),
      code: expect.stringMatching(/^[a-z_]+$/),
      message: expect.any(String),
    });
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it('refuses a number that overflows', async () => {
    const answer = await post(
      '{"name":"x","priority":1e999,"dag_definition":{"nodes":[{"id":"a","type":"noop"}]}}',
    );
    expectProblem(answer, 422, 'invalid_definition');
  });
});

describe('what is not a route, or not HTTP', () => {
  it('answers as problems', async () => {
    expectProblem(await anna.get('/nothing?token=x'), 404, 'route_not_found');
    expectProblem(await anna.get('/%zz'), 400, 'bad_request');
    const put = await anna.call('PUT', `${API}/job`, { body: QUICK });
    expectProblem(put, 405, 'method_not_allowed');
    expect(put.headers.get('allow')).toBe('POST');
    expectProblem(await anna.get(`${API}/job/${'x'.repeat(5000)}`), 414, 'uri_too_long');
  });

  it.each<[string, string, number]>([
    ['not HTTP', 'hello\r\n\r\n', 400],
    ['a header of 100 kB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
  ])('answers %s', async (_, request, status) => {
    const answer = await rawRequest(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
  });
});

function rawRequest(request: string): Promise<string> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
  });
}
