import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, LONG } from '../support/client.js';
import type { Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
let id: string;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
  const job = await anna.accepted(
    jobOf([
      { id: 'a', type: 'noop', name: 'First' },
      { id: 'b', type: 'process', needs: ['a'], config: { command: 'echo', args: ['héllo'] } },
      { id: 'c', type: 'noop', needs: ['b'] },
    ]),
  );
  id = job.id;
  await anna.reaches(id, 'completed');
});
afterAll(() => service.dispose());

const path = (rest = ''): string => `${API}/job/${id}${rest}`;

describe('GET job', () => {
  it('answers the same 404 for an unknown job, another user and another tenant', async () => {
    const strangers = [
      await anna.get(`${API}/job/job_00000000000000000000000000`),
      await anna.get(`${API}/job/${'x'.repeat(300)}`),
      await anna.get(path(), { token: token({ sub: 'bob' }) }),
      await anna.get(path(), { token: token({ tenant: 'other' }) }),
      await anna.get(path(), { token: token({ tenant: 'other', roles: ['admin'] }) }),
    ];
    for (const answer of strangers) expectProblem(answer, 404, 'job_not_found');
    expect(new Set(strangers.map((answer) => answer.json['detail'])).size).toBe(1);
  });

  it('shows an admin what belongs to the tenant', async () => {
    const admin = new Client(service, token({ sub: 'root', roles: ['admin'] }));
    expect((await admin.get(path())).json['id']).toBe(id);
  });
});

describe('GET job/:id/nodes', () => {
  it('pages in definition order', async () => {
    const first = await anna.get(path('/nodes?limit=2'));
    expect(first.json).toMatchObject({
      total: 3,
      nodes: [{ id: 'a', name: 'First' }, { id: 'b' }],
    });
    const cursor = String(first.json['next_cursor']);
    const rest = await anna.get(path(`/nodes?limit=2&cursor=${cursor}`));
    expect(rest.json).toMatchObject({ total: 3, nodes: [{ id: 'c' }] });
    expect(rest.json).not.toHaveProperty('next_cursor');
  });

  it('filters by status', async () => {
    expect((await anna.get(path('/nodes?status=completed'))).json['total']).toBe(3);
    expect((await anna.get(path('/nodes?status=failed'))).json).toEqual({ nodes: [], total: 0 });
  });

  it.each([
    'status=broken',
    'limit=0',
    'limit=1001',
    'cursor=zzz',
    'colour=red',
    'limit=1&limit=2',
  ])('refuses ?%s', async (query) => {
    expectProblem(await anna.get(path(`/nodes?${query}`)), 422, 'invalid_query');
  });

  it('is 404 for strangers', async () => {
    const answer = await anna.get(path('/nodes'), { token: token({ sub: 'bob' }) });
    expectProblem(answer, 404, 'job_not_found');
  });
});

describe('GET job/:id/nodes/:node', () => {
  it('has attempts, output and links', async () => {
    const { status, json } = await anna.get(path('/nodes/b'));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: 'b',
      index: 1,
      type: 'process',
      status: 'completed',
      needs: ['a'],
      trigger_rule: 'all_success',
      config: { command: 'echo' },
      attempts: [
        {
          attempt: 1,
          attempt_id: `${id}/b/1`,
          status: 'completed',
          artifacts: expect.arrayContaining(['output.log']),
          links: { logs: `${path('/nodes/b')}/logs?attempt=1` },
        },
      ],
    });
  });

  it('is 404 for an unknown node', async () => {
    expectProblem(await anna.get(path('/nodes/zzz')), 404, 'node_not_found');
    expectProblem(await anna.get(path('/nodes/__proto__')), 404, 'node_not_found');
  });
});

describe('GET job/:id/nodes/:node/logs', () => {
  it('reads from an offset on', async () => {
    const all = await anna.get(path('/nodes/b/logs'));
    expect(all.status).toBe(200);
    expect(all.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(all.text).toBe('héllo\n');
    expect(all.headers.get('x-total-bytes')).toBe('7');
    expect(all.headers.get('x-next-offset')).toBe('7');
    const part = await anna.get(path('/nodes/b/logs?attempt=1&offset=3&limit=2'));
    expect(part.text).toBe('ll');
    expect(part.headers.get('x-next-offset')).toBe('5');
    expect((await anna.get(path('/nodes/b/logs?offset=99'))).text).toBe('');
  });

  it('says what is missing', async () => {
    expectProblem(await anna.get(path('/nodes/a/logs')), 404, 'log_not_found');
    expectProblem(await anna.get(path('/nodes/b/logs?attempt=7')), 404, 'log_not_found');
    expectProblem(await anna.get(path('/nodes/zzz/logs')), 404, 'node_not_found');
    const stranger = await anna.get(path('/nodes/b/logs'), { token: token({ sub: 'bob' }) });
    expectProblem(stranger, 404, 'job_not_found');
  });
});

describe('GET job/:id/events', () => {
  it('tells the whole story in order, page by page', async () => {
    const events: Body[] = [];
    let after: number | undefined = 0;
    while (after !== undefined) {
      const { json } = await anna.get(path(`/events?limit=1&after=${after}`));
      events.push(...(json['events'] as Body[]));
      after = json['next_after'] as number | undefined;
    }
    const types = events.map((event) => event['type']);
    expect(types[0]).toBe('job_submitted');
    expect(types.at(-1)).toBe('job_finished');
    expect(types.filter((type) => type === 'node_completed')).toHaveLength(3);
    const versions = events.map((event) => Number(event['version']));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(events[0]).toMatchObject({ by: 'anna', nodes: 3, at: expect.stringMatching(/Z$/) });
  });

  it('ends an answer that large outputs fill, and goes on from there', async () => {
    const output = 'x'.repeat(200_000);
    const nodes = Array.from({ length: 12 }, (_, index) => ({
      id: `n${index}`,
      type: 'process',
      config: {
        command: process.execPath,
        args: [
          '-e',
          `require('fs').writeFileSync(process.env.BATON_OUTPUT, JSON.stringify('x'.repeat(${output.length})))`,
        ],
      },
    }));
    const job = await anna.accepted(jobOf(nodes, { concurrency: 1 }));
    await anna.reaches(job.id, 'completed');
    let after: number | undefined = 0;
    let outputs = 0;
    let answers = 0;
    for (; after !== undefined; answers++) {
      const { json, text } = await anna.get(
        `${API}/job/${job.id}/events?limit=1000&after=${after}`,
      );
      expect(text.length).toBeLessThan(1_048_576 + 2 * output.length);
      outputs += (json['events'] as Body[]).filter((event) => event['output'] === output).length;
      after = json['next_after'] as number | undefined;
    }
    expect(outputs).toBe(nodes.length);
    expect(answers).toBeGreaterThan(1);
  });
});

describe('GET job/:id/graph', () => {
  it.each([
    ['', /^flowchart/m],
    ['?format=mermaid', /^flowchart/m],
    ['?format=dot', /^digraph/m],
  ])('draws%s', async (query, expected) => {
    const answer = await anna.get(path(`/graph${query}`));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(answer.text).toMatch(expected);
    for (const node of ['First', 'b', 'c']) expect(answer.text).toContain(node);
  });

  it('refuses another format', async () => {
    expectProblem(await anna.get(path('/graph?format=svg')), 422, 'invalid_query');
  });
});

describe('a job under way', () => {
  it('shows what runs', async () => {
    const job = await anna.accepted(LONG);
    const running = await anna.reaches(job.id, 'running');
    expect(running).toMatchObject({ progress: 0, nodes: [{ id: 'a' }] });
    expect(running).not.toHaveProperty('finished_at');
  });
});
