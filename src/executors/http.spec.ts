import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { attemptContext } from '../../test/support/attempt-context.js';
import { silentLogger } from '../../test/support/engine-fixture.js';
import { waitUntil } from '../../test/support/wait-until.js';
import { FileArtifactStore } from '../adapters/system/file-artifact-store.js';
import { checkShape } from '../core/graph/check-shape.js';
import type { AttemptResult } from '../core/job/attempt.js';
import type { JsonObject } from '../core/json.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { AttemptContext, NodeExecutor } from '../ports/node-executor.js';
import { createHttpExecutor } from './http.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}
type Answer = (response: http.ServerResponse, request: Seen) => void;

let server: http.Server;
let base: string;
let answer: Answer;
let seen: Seen[];
let closed: number;
let root: string;
let artifacts: ArtifactStore;
let executor: NodeExecutor;

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => closed++);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const each = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(each);
      answer(response, each);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  root = await mkdtemp(path.join(os.tmpdir(), 'baton-http-'));
  artifacts = new FileArtifactStore(root, silentLogger);
  executor = createHttpExecutor(artifacts);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  seen = [];
  closed = 0;
  answer = (response) => response.end();
});

const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

async function call(config: JsonObject, more?: Partial<AttemptContext>): Promise<AttemptResult> {
  expect(checkShape(executor.configShape, config).problems).toEqual([]);
  return executor.execute(attemptContext(config, more));
}

describe('http requests', () => {
  it('hand on the trace, the correlation and the key of the attempt', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await call({ url: `${base}/x?y=z` }, { traceparent });
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/x?y=z',
      headers: {
        traceparent,
        'x-correlation-id': 'corr-1',
        'idempotency-key': 'job-1/step/1',
      },
    });
  });

  it('let the node replace these', async () => {
    await call({ url: base, headers: { 'Idempotency-Key': 'my-own' } });
    expect(seen[0]?.headers['idempotency-key']).toBe('my-own');
  });

  it('send JSON, or text as it is', async () => {
    await call({ url: base, method: 'post', body: { a: ['ü'] } });
    await call({ url: base, method: 'PUT', body: 'plain ✓' });
    await call({
      url: base,
      method: 'PATCH',
      body: '<a/>',
      headers: { 'Content-Type': 'application/xml' },
    });
    expect(
      seen.map(({ method, body, headers }) => [method, body, headers['content-type']]),
    ).toEqual([
      ['POST', '{"a":["ü"]}', 'application/json'],
      ['PUT', 'plain ✓', 'text/plain; charset=utf-8'],
      ['PATCH', '<a/>', 'application/xml'],
    ]);
  });

  it('make an Authorization header of the credentials in a URL', async () => {
    await call({ url: base.replace('//', '//ann:p%40ssword@') });
    expect(seen[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('ann:p@ssword').toString('base64')}`,
    );
  });

  it.each([
    [{ url: 'nonsense' }, /cannot be read/],
    [{ url: 'file:///etc/passwd' }, /only http: and https:/],
    [{ url: 'http://127.0.0.1/', body: 'x' }, /GET request has no body/],
    [
      { url: 'http://127.0.0.1/', headers: { Authorization: 'hush\nhush' } },
      /"Authorization" cannot/,
    ],
    [{ url: 'http://127.0.0.1/', headers: { 'Transfer-Encoding': 'x' } }, /cannot be sent/],
  ])('that cannot be sent fail for good: %j', async (config, message) => {
    const result = await call(config);
    expect(result).toMatchObject({
      status: 'failed',
      error: { class: 'non_retryable', message: expect.stringMatching(message) },
    });
    expect(JSON.stringify(result)).not.toContain('hush');
  });

  it('follow redirects, but not when one is expected', async () => {
    answer = (response, { url }) =>
      url === '/a' ? response.writeHead(302, { location: '/b' }).end() : response.end('at b');
    expect(await call({ url: `${base}/a` })).toMatchObject({
      output: { status: 200, body: 'at b' },
    });
    expect(await call({ url: `${base}/a`, expect: { status: 302 } })).toMatchObject({
      status: 'completed',
      output: { status: 302, headers: { location: '/b' } },
    });
  });
});

describe('http responses', () => {
  it('become the output: status, harmless headers, body', async () => {
    answer = (response) =>
      response
        .writeHead(201, {
          'content-type': 'application/problem+json; charset=utf-8',
          'set-cookie': 'session=abcdefghijkl',
          etag: '"7"',
        })
        .end('{"a":[1,"ü"]}');
    const result = await call({ url: base });
    expect(result).toMatchObject({
      status: 'completed',
      output: { status: 201, headers: { etag: '"7"' }, body: { a: [1, 'ü'] } },
    });
    expect(JSON.stringify(result)).not.toContain('abcdefghijkl');
  });

  it('may be text, nothing, broken JSON, or no text at all', async () => {
    const bodies: [string | Buffer, unknown][] = [
      ['grün', { body: 'grün' }],
      ['', { body: '' }],
      ['{"a":', { body: '{"a":' }],
      ['['.repeat(5000), { body: '['.repeat(5000) }],
      ['['.repeat(5000) + ']'.repeat(5000), { body: '['.repeat(5000) + ']'.repeat(5000) }],
      [Buffer.from([0xff, 0xfe, 0x00]), { body: '//4A', body_encoding: 'base64' }],
    ];
    for (const [body, output] of bodies) {
      answer = (response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      expect(await call({ url: base })).toMatchObject({ status: 'completed', output });
    }
  });

  it('that are large are cut in the output and whole in an artifact', async () => {
    const text = `${'ü'.repeat(131_071)}a${'日'.repeat(200_000)}`;
    answer = (response) => response.end(text);
    const result = await call({ url: base }, { nodeId: 'large' });
    const output = result.output as { body: string };
    expect(output).toMatchObject({
      truncated: true,
      artifact: 'response-body',
      body_bytes: Buffer.byteLength(text),
    });
    expect(Buffer.byteLength(output.body)).toBeLessThanOrEqual(256 * 1024);
    expect(Buffer.byteLength(output.body)).toBeGreaterThan(256 * 1024 - 4);
    expect(text.startsWith(output.body)).toBe(true);
    const ref = { tenantId: 'acme', jobId: 'job-1', nodeId: 'large', attempt: 1 };
    const slice = await artifacts.read({ ...ref, name: 'response-body' }, 0, 2_000_000);
    expect(Buffer.from(slice?.bytes ?? []).toString() === text).toBe(true);
  });

  it('that are large are looked into all the same', async () => {
    answer = json({ padding: 'x'.repeat(400_000), a: 1 });
    expect(await call({ url: base, expect: { json: { a: 1 } } })).toMatchObject({
      status: 'completed',
      output: { truncated: true },
    });
  });

  it.each([
    [undefined, 204, true],
    [undefined, 404, false],
    [404, 404, true],
    [404, 200, false],
    [[200, 409], 409, true],
    [[200, 409], 201, false],
  ])('with expect.status %j and status %d: %j', async (expected, status, passes) => {
    answer = json({ error: 'out of stock' }, status);
    const config = {
      url: `${base}/orders?token=hush`,
      ...(expected === undefined ? {} : { expect: { status: expected } }),
    };
    const result = await call(config);
    if (passes) {
      expect(result).toMatchObject({ status: 'completed', output: { status } });
      return;
    }
    expect(result).toMatchObject({
      status: 'failed',
      error: { class: 'http_status', code: 'unexpected_status', details: { status } },
      output: { status },
    });
    expect(JSON.stringify(result)).toContain(`answered ${status}`);
    expect(JSON.stringify(result)).not.toContain('hush');
  });

  it.each([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: { b: [1, { c: null }] } }, { a: { b: [1, { c: null, d: 0 }], e: 1 } }],
    [[], []],
    ['x', 'x'],
    [null, null],
    [{}, { a: 1 }],
  ])('fits when %j is expected and %j comes', async (expected, actual) => {
    answer = json(actual);
    expect(await call({ url: base, expect: { json: expected } })).toMatchObject({
      status: 'completed',
    });
  });

  it.each([
    [{ a: 1 }, { a: 2 }, '/a', 1, 2],
    [{ a: { 'b/c~d': 'x' } }, { a: { 'b/c~d': null } }, '/a/b~1c~0d', 'x', null],
    [{ a: [1, 2] }, { a: [1, 3] }, '/a/1', 2, 3],
    [{ a: [1] }, { a: [1, 2] }, '/a', [1], [1, 2]],
    [{ a: 1 }, { a: '1' }, '/a', 1, '1'],
    [{ a: 1 }, { b: 1 }, '/a', 1, undefined],
    [{ a: {} }, { a: [] }, '/a', {}, []],
    [{ toString: 1 }, {}, '/toString', 1, undefined],
    [[1], { 0: 1 }, '', [1], { 0: 1 }],
  ])('fails when %j is expected and %j comes', async (expected, actual, pointer, want, got) => {
    answer = json(actual);
    const result = await call({ url: base, expect: { json: expected } });
    const mismatch = { pointer, expected: want, ...(got === undefined ? {} : { actual: got }) };
    expect(result).toMatchObject({
      status: 'failed',
      error: { class: 'assertion', code: 'unexpected_json', details: { mismatches: [mismatch] } },
    });
    const { message } = (result as { error: { message: string } }).error;
    expect(message).toContain(pointer);
    expect(message).toContain(`expected ${JSON.stringify(want)}`);
    expect(message).toContain(
      got === undefined ? 'nothing is there' : `got ${JSON.stringify(got)}`,
    );
  });

  it('fails when JSON is expected and something else comes', async () => {
    answer = (response) => response.end('<html>');
    expect(await call({ url: base, expect: { json: {} } })).toMatchObject({
      status: 'failed',
      error: { class: 'assertion', code: 'response_not_json' },
    });
  });
});

describe('http secrets', () => {
  const secrets = ['Bearer-like-0123', 'cookie-jar-0123', 'url-pass-0123', 'api-key-0123'];
  const config = (): JsonObject => ({
    url: base.replace('//', `//ann:${secrets[2] ?? ''}@`) + '/echo',
    headers: {
      authorization: `Bearer ${secrets[0] ?? ''}`,
      cookie: `session=${secrets[1] ?? ''}; theme=dark`,
      'X-Api-Key': secrets[3] ?? '',
    },
  });
  const withoutSecrets = (result: AttemptResult): void => {
    for (const secret of secrets) expect(JSON.stringify(result)).not.toContain(secret);
  };

  it('do not come back from a server that repeats them', async () => {
    answer = (response, request) => json({ ...request, dark: 'dark' })(response, request);
    const result = await call(config());
    withoutSecrets(result);
    expect(result).toMatchObject({
      output: { body: { url: '/echo', dark: 'dark', headers: { authorization: '[redacted]' } } },
    });
    withoutSecrets(await call({ ...config(), expect: { status: 500 } }));
    withoutSecrets(
      await call({ ...config(), expect: { json: { headers: { authorization: 'x' } } } }),
    );
    answer = (response, { headers }) => response.end(JSON.stringify(headers));
    withoutSecrets(await call(config()));
  });

  it('do not come back from a redirect', async () => {
    answer = (response) =>
      response.writeHead(302, { location: 'http://bob:hush-hush-1@127.0.0.1/' }).end();
    const result = await call({ url: base, expect: { status: 302 } });
    expect(JSON.stringify(result)).not.toContain('hush-hush-1');
  });

  it('are not in the error of a request that found nobody', async () => {
    const free = await freePort();
    const result = await call({
      ...config(),
      url: `http://ann:${secrets[2] ?? ''}@127.0.0.1:${free}/x?token=api-key-0123`,
    });
    withoutSecrets(result);
  });
});

describe('http trouble', () => {
  it('of the network is trouble of the machine', async () => {
    const result = await call({ url: `http://127.0.0.1:${await freePort()}/` });
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        class: 'infrastructure',
        code: 'network_error',
        details: { cause: 'ECONNREFUSED' },
        message: expect.stringMatching(/got no answer.*ECONNREFUSED/),
      },
    });
  });

  it('in the middle of a body is trouble of the machine', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    expect(await call({ url: base })).toMatchObject({
      status: 'failed',
      error: { class: 'infrastructure', code: 'network_error' },
    });
  });

  it.each(['before', 'after'])('abort ends a call %s the response has begun', async (when) => {
    const abort = new AbortController();
    answer = (response) => {
      if (when === 'after') response.writeHead(200).write('begun');
    };
    const calling = call({ url: base }, { signal: abort.signal });
    await waitUntil(() => seen.length === 1);
    abort.abort();
    expect(await calling).toMatchObject({ status: 'failed', error: { class: 'cancelled' } });
    await waitUntil(() => closed === 1);
  });

  it.each([
    {},
    { url: 5 },
    { url: 'http://x', verb: 'GET' },
    { url: 'http://x', method: 'GET /' },
    { url: 'http://x', headers: { 'a b': 'c' } },
    { url: 'http://x', expect: { status: 99 } },
    { url: 'http://x', expect: { status: [] } },
    { url: 'http://x', expect: { body: 1 } },
  ])('does not begin with %j', (config) => {
    expect(checkShape(executor.configShape, config).problems.length).toBeGreaterThan(0);
  });
});

async function freePort(): Promise<number> {
  const other = http.createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return port;
}
