import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020.js';
import { API, Client, expectProblem } from '../support/client.js';
import type { Answer, Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

const path = (name = '', rest = ''): string =>
  `${API}/templates${name === '' ? '' : `/${name}`}${rest}`;
const put = (name: string, body: unknown, client = anna): Promise<Answer> =>
  client.call('PUT', path(name), { body });
const run = (name: string, body: unknown = {}, headers = {}): Promise<Answer> =>
  anna.call('POST', path(name, '/run'), { body, headers });
const definition = (nodes: readonly object[], more: object = {}): Body => ({
  name: 'Nightly',
  ...more,
  dag_definition: { nodes },
});
const NOOP = [{ id: 'a', type: 'noop' }];
const PLAIN = { definition: definition(NOOP) };
const NIGHTLY = {
  description: 'Every night',
  parameters: {
    type: 'object',
    properties: {
      browser: { enum: ['chrome', 'firefox'], default: 'chrome' },
      shards: { type: 'integer', minimum: 1, maximum: 16 },
    },
    required: ['shards'],
    additionalProperties: false,
  },
  definition: definition(
    [
      { id: 'build', type: 'noop' },
      { id: 'unit', type: 'noop', needs: ['build'] },
    ],
    { labels: { kind: 'nightly', branch: 'none' }, priority: 'low' },
  ),
};

describe('putting templates', () => {
  it('makes revisions that never change, and none when nothing has changed', async () => {
    const first = await put('kept', NIGHTLY);
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(path('kept', '?revision=1'));
    expect(first.json).toMatchObject({
      name: 'kept',
      revision: 1,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      description: 'Every night',
      node_count: 2,
      created_by: 'anna',
      created_at: expect.stringMatching(/Z$/),
      warnings: [],
      links: { self: path('kept', '?revision=1'), run: path('kept', '/run') },
    });

    const { description, parameters, definition: job } = NIGHTLY;
    const bob = new Client(service, token({ sub: 'bob' }));
    const again = await put('kept', { definition: job, parameters, description }, bob);
    expect(again.status).toBe(200);
    expect(again.json).toEqual(first.json);

    const second = await put('kept', PLAIN, bob);
    expect(second).toMatchObject({ status: 201, json: { revision: 2, created_by: 'bob' } });
    expect(second.json).not.toHaveProperty('description');
    expect((await anna.get(path('kept', '?revision=1'))).json).toMatchObject({
      ...NIGHTLY,
      revision: 1,
      archived: false,
    });
    const latest = await anna.get(path('kept'));
    expect(latest.headers.get('content-type')).toMatch(/^application\/json/);
    expect(latest.json).toMatchObject({ ...PLAIN, revision: 2, hash: second.json['hash'] });
    expect(latest.json).not.toHaveProperty('parameters');

    const back = await put('kept', NIGHTLY);
    expect(back).toMatchObject({ status: 201, json: { revision: 3, hash: first.json['hash'] } });

    const revisions = await anna.get(path('kept', '/revisions?limit=2'));
    expect(revisions.json).toMatchObject({
      total: 3,
      revisions: [{ revision: 3 }, { revision: 2 }],
    });
    const rest = await anna.get(
      path('kept', `/revisions?cursor=${String(revisions.json['next_cursor'])}`),
    );
    expect(rest.json).toMatchObject({ total: 3, revisions: [{ revision: 1 }] });
    expect(rest.json).not.toHaveProperty('next_cursor');
  });

  it('warns of test cases that the catalogue does not have', async () => {
    const answer = await put('warned', {
      definition: definition([{ id: 'no-such-test', type: 'test_case' }]),
    });
    expect(answer.json['warnings']).toEqual([expect.stringContaining('no-such-test')]);
  });

  it('refuses everything that is wrong, at its place', async () => {
    const answer = await put('wrong', {
      parameters: {
        properties: { a: { type: 'string', format: 'uri' }, b: { type: 'integer', default: 'x' } },
      },
      definition: {
        inputs: {},
        dag_definition: {
          nodes: [
            { id: 'a', type: 'noop', needs: ['b'] },
            { id: 'b', type: 'nop', needs: ['a'] },
          ],
        },
      },
    });
    expectProblem(answer, 422, 'invalid_template');
    const errors = answer.json['errors'] as Body[];
    expect(errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/parameters/properties/a/format', 'unknown_keyword'],
      ['/definition/inputs', 'unknown_field'],
      ['/definition', 'required'],
      ['/definition/dag_definition/nodes/1/type', 'unknown_type'],
      ['/definition/dag_definition/nodes/0', 'cycle'],
    ]);
    expectProblem(await anna.get(path('wrong')), 404, 'template_not_found');
  });

  it.each<[string, string, unknown, string]>([
    ['no definition', 'x', {}, ''],
    ['a list', 'x', [], ''],
    ['an unknown field', 'x', { ...PLAIN, colour: 'red' }, '/colour'],
    ['a definition that is text', 'x', { definition: 'x' }, '/definition'],
    [
      'a graph without nodes',
      'x',
      { definition: definition([]) },
      '/definition/dag_definition/nodes',
    ],
    ['a name with a space', 'a%20b', PLAIN, '/name'],
    ['a name of dots', '.hidden', PLAIN, '/name'],
    ['a long name', 'x'.repeat(129), PLAIN, '/name'],
    ['a description that is no text', 'x', { ...PLAIN, description: 1 }, '/description'],
    [
      'too much',
      'x',
      {
        definition: definition(
          Array.from({ length: 12 }, (_, at) => ({
            id: `n${at}`,
            type: 'shell',
            config: { script: 'x'.repeat(900_000) },
          })),
        ),
      },
      '',
    ],
  ])('refuses %s', async (_, name, body, pointer) => {
    const answer = await put(name, body);
    expectProblem(answer, 422, 'invalid_template');
    expect((answer.json['errors'] as Body[])[0]).toMatchObject({ pointer });
  });

  it('takes one of thousands of nodes', async () => {
    const nodes = Array.from({ length: 20_000 }, (_, at) => ({
      id: `n${at}`,
      type: 'noop',
      ...(at === 0 ? {} : { needs: [`n${at - 1}`] }),
    }));
    const answer = await put('large', { definition: definition(nodes) });
    expect(answer).toMatchObject({ status: 201, json: { node_count: 20_000 } });
    const read = (await anna.get(path('large'))).json as unknown as typeof PLAIN;
    expect(read.definition['dag_definition']).toEqual({ nodes });
  });

  it('gives each of several at once a revision of its own', async () => {
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((timeout) =>
        put('raced', { definition: definition(NOOP, { timeout }) }),
      ),
    );
    expect(answers.map(({ json }) => Number(json['revision'])).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('reading templates', () => {
  it('lists the latest of each by name, page by page', async () => {
    const zoe = new Client(service, token({ tenant: 'listing' }));
    for (const name of ['c', 'a', 'b']) await put(name, PLAIN, zoe);
    await put('b', NIGHTLY, zoe);
    const first = await zoe.get(path('', '?limit=2'));
    expect(first.json).toMatchObject({
      total: 3,
      templates: [
        { name: 'a', revision: 1 },
        { name: 'b', revision: 2, description: 'Every night' },
      ],
    });
    const second = await zoe.get(
      path('', `?limit=2&cursor=${encodeURIComponent(String(first.json['next_cursor']))}`),
    );
    expect(second.json).toMatchObject({ templates: [{ name: 'c' }] });
    expect(second.json).not.toHaveProperty('next_cursor');
  });

  it('belongs to one tenant', async () => {
    await put('ours', PLAIN);
    const other = new Client(service, token({ tenant: 'other' }));
    for (const rest of ['', '?revision=1', '/revisions', '/diff']) {
      expectProblem(await other.get(path('ours', rest)), 404, 'template_not_found');
    }
    const ran = await other.call('POST', path('ours', '/run'), { body: {} });
    expectProblem(ran, 404, 'template_not_found');
    expectProblem(await other.call('DELETE', path('ours')), 404, 'template_not_found');
    expect((await other.get(path())).json).toMatchObject({ total: 0, templates: [] });
    expect(await put('ours', PLAIN, other)).toMatchObject({ json: { revision: 1 } });
  });

  it('says what there is not', async () => {
    await put('one', PLAIN);
    expectProblem(await anna.get(path('one', '?revision=7')), 404, 'template_revision_not_found');
    const diff = await anna.get(path('one', '/diff?from=1&to=9'));
    expectProblem(diff, 404, 'template_revision_not_found');
    expect(diff.json['detail']).toContain('its latest is 1');
    expectProblem(await anna.get(path('none')), 404, 'template_not_found');
    for (const query of ['?revision=0', '?revision=x', '?page=1']) {
      expectProblem(await anna.get(path('one', query)), 422, 'invalid_query');
    }
    expectProblem(await anna.get(path('', '?cursor=x')), 422, 'invalid_cursor');
    expectProblem(await anna.get(path('one', '/revisions?cursor=x')), 422, 'invalid_cursor');
    expectProblem(await anna.get(path(), { token: null }), 401, 'missing_token');
  });

  it('is served at the short address too', async () => {
    await put('short', PLAIN);
    expect((await anna.get('/orchestration/templates/short')).json['revision']).toBe(1);
  });
});

describe('the difference of two revisions', () => {
  it('is for programs, and for people who ask for text', async () => {
    await put('compared', PLAIN);
    await put('compared', NIGHTLY);
    const diff = await anna.get(path('compared', '/diff?from=1&to=2'));
    expect(diff.json).toMatchObject({
      name: 'compared',
      from: 1,
      to: 2,
      same: false,
      nodes: {
        added: [
          { id: 'build', type: 'noop' },
          { id: 'unit', type: 'noop' },
        ],
        removed: [{ id: 'a', type: 'noop' }],
        changed: [],
      },
      parameters: { added: ['browser', 'shards'], removed: [], changed: [] },
      truncated: false,
    });
    expect((await anna.get(path('compared', '/diff'))).json).toEqual(diff.json);
    const accept = { headers: { accept: 'text/plain' } };
    const text = await anna.get(path('compared', '/diff?from=2&to=1'), accept);
    expect(text.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text.headers.get('vary')).toContain('Accept');
    expect(text.text).toMatch(/^compared: revision 2 -> 1\n[^]*\n\+ node a \(noop\)\n/);
    const same = await anna.get(path('compared', '/diff?from=2&to=2'));
    expect(same.json).toMatchObject({ same: true });
  });
});

describe('running templates', () => {
  it('submits a job of the latest revision, with its defaults, and says where it comes from', async () => {
    const { hash } = (await put('ran', NIGHTLY)).json;
    const answer = await run('ran', { inputs: { shards: 2 } });
    expect(answer.status).toBe(202);
    const { id } = answer.json as { id: string };
    expect(answer.headers.get('location')).toBe(`${API}/job/${id}`);
    const job = await anna.reaches(id, 'completed');
    const template = { name: 'ran', revision: 1, hash };
    expect(job).toMatchObject({
      name: 'Nightly',
      template,
      inputs: { browser: 'chrome', shards: 2 },
      labels: { kind: 'nightly', branch: 'none' },
      priority: 1,
      owner: 'anna',
      node_count: 2,
    });
    const jobs = (await anna.get(`${API}/jobs?name=Nightly&limit=200`)).json['jobs'] as Body[];
    expect(jobs.find((each) => each['id'] === id)).toMatchObject({ template });
  });

  it('takes another revision, and settings of the run in place of the template’s', async () => {
    await put('set', NIGHTLY);
    await put('set', PLAIN);
    const answer = await run('set', {
      revision: 1,
      inputs: { shards: 16, browser: 'firefox' },
      name: 'Mine',
      description: 'Once',
      labels: { branch: 'main' },
      priority: 5,
      concurrency: 3,
      timeout: 60,
      on_failure: 'fail_fast',
    });
    expect(answer.json).toMatchObject({
      template: { name: 'set', revision: 1 },
      name: 'Mine',
      description: 'Once',
      labels: { kind: 'nightly', branch: 'main' },
      priority: 5,
      concurrency: 3,
      timeout: 60,
      on_failure: 'fail_fast',
      inputs: { shards: 16, browser: 'firefox' },
    });
    const bare = await anna.call('POST', path('set', '/run'));
    expect(bare).toMatchObject({ status: 202, json: { template: { revision: 2 } } });
    expect(bare.json).not.toHaveProperty('inputs');
  });

  it('refuses inputs that do not fit, each at its place', async () => {
    await put('strict', NIGHTLY);
    const answer = await run('strict', { inputs: { browser: 'opera', shards: 0, colour: 'red' } });
    expectProblem(answer, 422, 'invalid_request');
    const errors = answer.json['errors'] as Body[];
    expect(errors.map(({ in: part, pointer, code }) => [part, pointer, code])).toEqual([
      ['body', '/inputs/browser', 'enum'],
      ['body', '/inputs/shards', 'too_small'],
      ['body', '/inputs/colour', 'unknown_field'],
    ]);
    const missing = await run('strict');
    expect((missing.json['errors'] as Body[])[0]).toMatchObject({ pointer: '/inputs' });
    await put('bare', PLAIN);
    expectProblem(await run('bare', { inputs: { a: 1 } }), 422, 'invalid_request');
  });

  it.each<[string, unknown]>([
    ['an unknown field', { colour: 'red' }],
    ['a graph of its own', { dag_definition: { nodes: NOOP } }],
    ['a revision that is none', { revision: 0 }],
    ['inputs that are a list', { inputs: [] }],
    ['a priority there is not', { priority: 9 }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    await put('picky', PLAIN);
    expectProblem(await run('picky', body), 422, 'invalid_request');
  });

  it('refuses what is not there', async () => {
    expectProblem(await run('nobody'), 404, 'template_not_found');
    await put('there', PLAIN);
    expectProblem(await run('there', { revision: 2 }), 404, 'template_revision_not_found');
  });

  it('answers a repeat with the job of the first, also when the template has changed', async () => {
    await put('repeated', PLAIN);
    const key = { 'idempotency-key': 'run-1' };
    const first = await run('repeated', {}, key);
    await put('repeated', { definition: definition(NOOP, { timeout: 7 }) });
    await anna.call('DELETE', path('repeated'));
    const again = await run('repeated', {}, key);
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.json['id']).toBe(first.json['id']);
    expect(again.json).toMatchObject({ template: { revision: 1 } });
    expectProblem(await run('repeated', { priority: 1 }, key), 422, 'idempotency_key_reused');
    await put('another', PLAIN);
    expectProblem(await run('another', {}, key), 422, 'idempotency_key_reused');
  });
});

describe('archiving templates', () => {
  it('ends their runs and nothing else, until they are put again', async () => {
    await put('gone', PLAIN);
    const listed = async (query = ''): Promise<unknown[]> => {
      const { templates } = (await anna.get(path('', `?limit=200${query}`))).json;
      return (templates as Body[]).map(({ name }) => name);
    };
    expect((await anna.call('DELETE', path('gone'))).status).toBe(204);
    expect((await anna.call('DELETE', path('gone'))).status).toBe(204);
    expectProblem(await run('gone'), 422, 'template_archived');
    expectProblem(await run('gone', { revision: 1 }), 422, 'template_archived');
    expect((await anna.get(path('gone'))).json).toMatchObject({ ...PLAIN, archived: true });
    expect(await listed()).not.toContain('gone');
    expect(await listed('&archived=true')).toContain('gone');
    expectProblem(await anna.call('DELETE', path('never')), 404, 'template_not_found');

    expect((await put('gone', PLAIN)).status).toBe(200);
    expect(await run('gone')).toMatchObject({ status: 202, json: { template: { revision: 1 } } });
    expect(await listed()).toContain('gone');
  });
});

describe('templates', () => {
  it('are there after a crash', async () => {
    const own = await startService();
    try {
      const before = new Client(own);
      const { hash } = (await put('durable', NIGHTLY, before)).json;
      await own.stop('SIGKILL');
      const restarted = await own.restart();
      try {
        const after = new Client(restarted);
        expect((await after.get(path('durable'))).json).toMatchObject({ ...NIGHTLY, hash });
        expect(await put('durable', NIGHTLY, after)).toMatchObject({ status: 200 });
      } finally {
        await restarted.stop('SIGKILL');
      }
    } finally {
      await own.dispose();
    }
  });

  it('are answered as they are documented', async () => {
    const document = (await anna.get('/docs-json', { token: null })).json;
    const ajv = new Ajv2020.default({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'api', components: document['components'] });
    const conforms = (name: string, value: unknown): void => {
      const valid = ajv.validate({ $ref: `api#/components/schemas/${name}` }, value);
      expect({ name, valid, errors: ajv.errors }).toEqual({ name, valid: true, errors: null });
    };
    conforms('PutTemplateResponse', (await put('documented', PLAIN)).json);
    conforms('PutTemplateResponse', (await put('documented', NIGHTLY)).json);
    conforms('PutTemplateRequest', NIGHTLY);
    conforms('TemplateResponse', (await anna.get(path('documented'))).json);
    conforms('TemplateListResponse', (await anna.get(path())).json);
    conforms('RevisionListResponse', (await anna.get(path('documented', '/revisions'))).json);
    conforms('TemplateDiffResponse', (await anna.get(path('documented', '/diff'))).json);
    const body = { inputs: { shards: 1 }, priority: 'high' };
    conforms('RunTemplateRequest', body);
    conforms('OrchestrationJobResponse', (await run('documented', body)).json);
  });
});
