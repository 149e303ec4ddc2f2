import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API, Client, expectProblem, jobOf, type Answer, type Body } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

let service: Service;
let anna: Client;
const folder = mkdtempSync(path.join(tmpdir(), 'baton-children-'));
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(async () => {
  await service.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const post = (route: string, call: Parameters<Client['call']>[2] = {}): Promise<Answer> =>
  anna.call('POST', `${API}/job/${route}`, call);
const nodeOf = (job: string, node: string): Promise<Body> => anna.node(job, node);
const childOf = async (job: string, node: string): Promise<string> =>
  String((await anna.nodeReaches(job, node, 'waiting'))['child_job_id']);
const problemsOf = (answer: Answer): readonly Body[] => {
  expectProblem(answer, 422, 'invalid_definition');
  return answer.json['errors'] as readonly Body[];
};
const echo = (what: string): object => ({ script: `printf '%s' '${what}' > "$BATON_OUTPUT"` });
const forever = { script: 'sleep 600' };

describe('for_each', () => {
  it('runs a child for each item that an expression finds, and answers their results in order', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          { id: 'list', type: 'shell', config: echo('{"files":["b.ts","a.ts","c.ts"]}') },
          {
            id: 'test',
            type: 'shell',
            needs: ['list'],
            for_each: '{% nodes.list.output.files %}',
            max_parallel: 2,
            config: echo('{"file":"{% item %}","place":{% index %},"by":"{% inputs.who %}"}'),
          },
          {
            id: 'report',
            type: 'shell',
            needs: ['test'],
            config: echo('"{% $join(nodes.test.output.results.output.file, "+") %}"'),
          },
        ],
        { inputs: { who: 'anna' } },
      ),
    );
    await anna.reaches(id, 'completed');
    const { output, child_job_id: child } = await nodeOf(id, 'test');
    expect(output).toEqual({
      job_id: child,
      status: 'completed',
      total: 3,
      completed: 3,
      failed: 0,
      skipped: 0,
      cancelled: 0,
      results: ['b.ts', 'a.ts', 'c.ts'].map((file, place) => ({
        status: 'completed',
        output: { file, place, by: 'anna' },
      })),
    });
    expect((await nodeOf(id, 'report'))['output']).toBe('b.ts+a.ts+c.ts');
    const children = await anna.job(String(child));
    expect(children).toMatchObject({
      parent: { job_id: id, kind: 'children', node_id: 'test' },
      concurrency: 2,
    });
    expect(await nodeOf(String(child), '1')).toMatchObject({ name: 'a.ts', item: 'a.ts' });
  });

  it('completes at once when there is nothing to do, and takes what is no list as one item', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          { id: 'none', type: 'noop', for_each: '{% inputs.missing %}' },
          { id: 'empty', type: 'noop', for_each: [] },
          { id: 'one', type: 'noop', for_each: '{% inputs.only %}' },
        ],
        { inputs: { only: 'x' } },
      ),
    );
    await anna.reaches(id, 'completed');
    expect((await nodeOf(id, 'none'))['output']).toMatchObject({ total: 0, results: [] });
    expect((await nodeOf(id, 'empty'))['output']).toMatchObject({ total: 0 });
    expect((await nodeOf(id, 'one'))['output']).toMatchObject({ total: 1, completed: 1 });
  });

  it('fails with those that failed, and a retry runs only them again', async () => {
    const fixed = path.join(folder, 'fixed');
    const ledger = path.join(folder, 'ledger');
    const { id } = await anna.accepted(
      jobOf([
        {
          id: 'test',
          type: 'shell',
          for_each: ['a', 'b', 'c'],
          retry: { max_attempts: 1 },
          config: {
            script: `echo {% item %} >> '${ledger}'; test {% item %} != b || test -e '${fixed}'`,
          },
        },
        { id: 'after', type: 'noop', needs: ['test'] },
      ]),
    );
    await anna.reaches(id, 'failed');
    const first = await nodeOf(id, 'test');
    expect(first).toMatchObject({
      status: 'failed',
      error: { code: 'children_failed' },
      output: { completed: 2, failed: 1 },
    });
    expect((await nodeOf(id, 'after'))['status']).toBe('skipped');
    writeFileSync(fixed, '');
    const again = String((await post(`${id}/retry`)).json['id']);
    await anna.reaches(again, 'completed');
    const second = await nodeOf(again, 'test');
    expect(second['output']).toMatchObject({ completed: 3, failed: 0 });
    expect(await anna.job(String(second['child_job_id']))).toMatchObject({
      rerun_of: { job_id: first['child_job_id'], from: [] },
    });
    expect(readFileSync(ledger, 'utf8').trim().split('\n').sort()).toEqual(['a', 'b', 'b', 'c']);
  });
});

describe('what a node with children says besides', () => {
  it('is said of each of them: rounds, conditions of the group, its deadline', async () => {
    const counter = path.join(folder, 'rounds');
    const { id } = await anna.accepted(
      jobOf([
        {
          id: 'rounds',
          type: 'shell',
          for_each: ['a', 'b'],
          repeat: { until: '{% iteration = 2 and output = item %}', max: 3, delay: 0 },
          config: {
            script: `echo {% item %} >> '${counter}'; printf '"{% item %}"' > "$BATON_OUTPUT"`,
          },
        },
        { id: 'never', type: 'noop', for_each: [1], when: '{% 1 = 2 %}' },
        { id: 'late', type: 'shell', for_each: ['x'], deadline: 1, config: forever },
      ]),
    );
    await anna.reaches(id, 'failed');
    expect((await nodeOf(id, 'rounds'))['output']).toMatchObject({
      completed: 2,
      results: [{ output: 'a' }, { output: 'b' }],
    });
    expect(readFileSync(counter, 'utf8').trim().split('\n').sort()).toEqual(['a', 'a', 'b', 'b']);
    expect((await nodeOf(id, 'never'))['status']).toBe('skipped');
    const late = await nodeOf(id, 'late');
    expect(late).toMatchObject({ status: 'failed', error: { class: 'timeout' } });
    expect((await anna.job(String(late['child_job_id'])))['status']).toBe('timed_out');
  });
});

describe('ten thousand children', () => {
  it('run, and their results are in order', async () => {
    const { id } = await anna.accepted(
      jobOf([
        {
          id: 'many',
          type: 'noop',
          for_each: '{% [1..10000] %}',
          max_parallel: 100,
          config: { output: '{% item %}' },
        },
        {
          id: 'sum',
          type: 'noop',
          needs: ['many'],
          config: { output: '{% nodes.many.output.completed %}' },
        },
      ]),
    );
    const { child_job_id: child } = await anna.nodeReaches(id, 'many', 'waiting');
    await waitUntil(async () => (await anna.job(id))['status'] === 'completed', 120_000);
    expect(await anna.job(String(child))).toMatchObject({
      node_count: 10_000,
      counts: { completed: 10_000 },
    });
    expect((await nodeOf(String(child), '9999'))['output']).toBe(10_000);
    // So many results are a file; what sums them up stays within reach of expressions.
    expect((await nodeOf(id, 'many'))['output']).toMatchObject({
      total: 10_000,
      completed: 10_000,
      artifact: 'output.json',
    });
    expect((await nodeOf(id, 'sum'))['output']).toBe(10_000);
  }, 180_000);
});

describe('matrix', () => {
  it('runs a child for each combination', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          {
            id: 'test',
            type: 'shell',
            matrix: {
              browser: '{% inputs.browsers %}',
              os: ['linux', 'mac'],
              exclude: [{ browser: 'edge', os: 'mac' }],
              include: [{ browser: 'safari', os: 'mac' }],
            },
            config: echo('"{% item.browser & " on " & item.os %}"'),
          },
        ],
        { inputs: { browsers: ['chrome', 'edge'] } },
      ),
    );
    await anna.reaches(id, 'completed');
    const { output } = await nodeOf(id, 'test');
    const results = (output as { results: readonly Body[] }).results.map((each) => each['output']);
    expect(results).toEqual(['chrome on linux', 'chrome on mac', 'edge on linux', 'safari on mac']);
  });

  it('is refused with every problem when it cannot be run', async () => {
    const axis = Array.from({ length: 101 }, (_, at) => at);
    const answer = await anna.submit(
      jobOf([
        { id: 'both', type: 'noop', for_each: [1], matrix: { a: [1] } },
        { id: 'many', type: 'noop', matrix: { a: axis, b: axis } },
        { id: 'alone', type: 'noop', max_parallel: 2 },
        { id: 'item', type: 'shell', config: { script: 'echo {% item %}' } },
      ]),
    );
    expect(problemsOf(answer).map((each) => each['pointer'])).toEqual([
      '/dag_definition/nodes/0',
      '/dag_definition/nodes/1/matrix',
      '/dag_definition/nodes/2/max_parallel',
      '/dag_definition/nodes/3/config',
    ]);
  });
});

describe('sub_job', () => {
  const build = {
    dag_definition: {
      nodes: [
        { id: 'compile', type: 'shell', config: echo('{"for":"{% inputs.target %}"}') },
        { id: 'pack', type: 'noop', needs: ['compile'] },
      ],
    },
  };

  it('runs a definition, and its outputs come up', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          {
            id: 'build',
            type: 'sub_job',
            config: { definition: build, inputs: { target: '{% inputs.os %}' } },
          },
          {
            id: 'use',
            type: 'shell',
            needs: ['build'],
            config: echo('"{% nodes.build.output.outputs.compile.for %}"'),
          },
        ],
        { inputs: { os: 'linux' } },
      ),
    );
    await anna.reaches(id, 'completed');
    const { output, child_job_id: child } = await nodeOf(id, 'build');
    expect(output).toEqual({
      job_id: child,
      status: 'completed',
      outputs: { compile: { for: 'linux' } },
    });
    expect((await nodeOf(id, 'use'))['output']).toBe('linux');
    expect(await anna.job(String(child))).toMatchObject({ name: 'build', owner: 'anna' });
  });

  it('runs a template, and fails where it cannot', async () => {
    const put = await anna.call('PUT', `${API}/templates/sub`, {
      body: {
        parameters: {
          type: 'object',
          properties: { target: { type: 'string' } },
          required: ['target'],
          additionalProperties: false,
        },
        definition: { name: 'sub', ...build },
      },
    });
    expect([200, 201]).toContain(put.status);
    const node = (id: string, config: object): object => ({ id, type: 'sub_job', config });
    const { id } = await anna.accepted(
      jobOf([
        node('good', { template: 'sub', inputs: { target: 'mac' } }),
        node('bad', { template: 'sub', inputs: {} }),
        node('none', { template: 'nobody' }),
      ]),
    );
    await anna.reaches(id, 'failed');
    const { output } = await nodeOf(id, 'good');
    expect(output).toMatchObject({ outputs: { compile: { for: 'mac' } } });
    expect((await nodeOf(id, 'bad'))['error']).toMatchObject({ code: 'invalid_inputs' });
    expect((await nodeOf(id, 'none'))['error']).toMatchObject({ code: 'template_not_found' });
  });

  it('is refused with what is wrong inside it, and when it is too deep', async () => {
    const wrong = { dag_definition: { nodes: [{ id: 'a', type: 'nope' }] } };
    let deep: object = { dag_definition: { nodes: [{ id: 'x', type: 'noop' }] } };
    for (let level = 0; level < 9; level++) {
      deep = {
        dag_definition: { nodes: [{ id: 's', type: 'sub_job', config: { definition: deep } }] },
      };
    }
    const answer = await anna.submit(
      jobOf([
        { id: 'one', type: 'sub_job', config: { definition: wrong } },
        { id: 'two', type: 'sub_job', config: { definition: deep } },
      ]),
    );
    const errors = problemsOf(answer);
    expect(errors[0]).toMatchObject({
      pointer: '/dag_definition/nodes/0/config/definition/dag_definition/nodes/0/type',
    });
    expect(errors[1]?.['code']).toBe('too_deep');
  });

  it('is paused, resumed and cancelled with the job that it is a part of', async () => {
    const { id } = await anna.accepted(
      jobOf([
        {
          id: 'sub',
          type: 'sub_job',
          config: {
            definition: {
              concurrency: 1,
              dag_definition: {
                nodes: [
                  { id: 'ask', type: 'approval' },
                  { id: 'long', type: 'shell', needs: ['ask'], config: forever },
                ],
              },
            },
          },
        },
      ]),
    );
    const child = await childOf(id, 'sub');
    await anna.reaches(child, 'running');
    expect((await anna.get(`${API}/job/${id}/nodes/sub/why`)).json['gates']).toMatchObject([
      { kind: 'sub_job', job: child },
    ]);
    await post(`${id}/priority`, { body: { priority: 'high' } });
    await waitUntil(async () => (await anna.job(child))['priority'] === 5);
    await post(`${id}/pause`);
    await anna.reaches(child, 'paused');
    await post(`${id}/resume`);
    await anna.reaches(child, 'running');
    expectProblem(await post(`${id}/nodes/sub/skip`), 422, 'node_running');
    await post(`${child}/nodes/ask/approve`);
    await anna.nodeReaches(child, 'long', 'running');
    await anna.call('DELETE', `${API}/job/${id}`);
    await anna.reaches(id, 'cancelled');
    expect((await anna.job(child))['status']).toBe('cancelled');
    expect((await nodeOf(child, 'long'))['status']).toBe('cancelled');
  });

  it('goes on after a pause though no place is free', async () => {
    const askFirst = jobOf([
      { id: 'ask', type: 'approval' },
      { id: 'last', type: 'noop', needs: ['ask'] },
    ]);
    const narrow = await startService({ MAX_RUNNING_JOBS: '1' });
    try {
      const bea = new Client(narrow);
      const { id } = await bea.accepted(
        jobOf([{ id: 'sub', type: 'sub_job', config: { definition: askFirst } }]),
      );
      const child = String((await bea.nodeReaches(id, 'sub', 'waiting'))['child_job_id']);
      await bea.call('POST', `${API}/job/${id}/pause`);
      await bea.reaches(child, 'paused');
      await bea.call('POST', `${API}/job/${id}/resume`);
      await bea.reaches(child, 'running');
      await bea.call('POST', `${API}/job/${child}/nodes/ask/approve`);
      await bea.reaches(id, 'completed');
    } finally {
      await narrow.dispose();
    }
  });

  it('ends with the time-out of its node, and is tried again where the node says so', async () => {
    const marker = path.join(folder, 'tried');
    const { id } = await anna.accepted(
      jobOf([
        {
          id: 'slow',
          type: 'sub_job',
          timeout: 0.5,
          config: {
            definition: {
              dag_definition: { nodes: [{ id: 'long', type: 'shell', config: forever }] },
            },
          },
        },
        {
          id: 'flaky',
          type: 'sub_job',
          retry: { max_attempts: 2, delay: 0, jitter: 'none' },
          config: {
            definition: {
              dag_definition: {
                nodes: [
                  { id: 'once', type: 'shell', config: { script: `echo x >> '${marker}'` } },
                  {
                    id: 'second',
                    type: 'shell',
                    needs: ['once'],
                    retry: { max_attempts: 1 },
                    config: { script: `mkdir '${marker}.d' && exit 1; true` },
                  },
                ],
              },
            },
          },
        },
      ]),
    );
    await anna.reaches(id, 'failed');
    expect((await nodeOf(id, 'slow'))['error']).toMatchObject({
      class: 'timeout',
      code: 'sub_job_timed_out',
    });
    expect(await nodeOf(id, 'flaky')).toMatchObject({ status: 'completed', attempt: 2 });
    expect(readFileSync(marker, 'utf8')).toBe('x\n');
  });
});
