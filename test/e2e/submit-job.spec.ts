import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, QUICK } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

describe('POST job', () => {
  it('accepts the example of the documentation, and warns of what the catalogue lacks', async () => {
    const answer = await anna.submit({
      name: 'Test Suite Execution',
      description: 'Execute comprehensive test suite',
      dag_definition: { nodes: [{ id: 'test1', type: 'test_case' }], edges: [] },
    });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({
      id: expect.stringMatching(/^job_[0-9a-z]{26}$/),
      name: 'Test Suite Execution',
      description: 'Execute comprehensive test suite',
      status: expect.stringMatching(/^(queued|running)$/),
      progress: 0,
      node_count: 1,
      nodes: [{ id: 'test1', type: 'test_case' }],
      nodes_truncated: false,
      owner: 'anna',
      tenant: 'acme',
      warnings: [expect.stringContaining('"test1"')],
    });
    expect(answer.headers.get('location')).toBe(`${API}/job/${String(answer.json['id'])}`);
    expect((await anna.get(answer.headers.get('location') ?? '')).status).toBe(200);
  });

  it('does not warn of what the catalogue has', async () => {
    const put = await anna.call('PUT', `${API}/test-cases/known`, { body: { command: 'true' } });
    expect(put.status).toBe(201);
    const job = await anna.accepted(
      jobOf([
        { id: 'known', type: 'test_case' },
        { id: 'other', type: 'test_case', config: { case: 'known' } },
      ]),
    );
    expect(job['warnings']).toEqual([]);
  });

  it('keeps everything that was said of the job', async () => {
    const job = await anna.accepted(
      jobOf(
        [
          { id: 'a', type: 'noop' },
          { id: 'b', type: 'noop', needs: ['a'] },
        ],
        {
          name: 'Nightly',
          labels: { branch: 'main' },
          priority: 'high',
          concurrency: 2,
          timeout: 60,
          on_failure: 'fail_fast',
          inputs: { url: 'http://127.0.0.1' },
        },
      ),
    );
    const expected = {
      name: 'Nightly',
      labels: { branch: 'main' },
      priority: 5,
      concurrency: 2,
      timeout: 60,
      on_failure: 'fail_fast',
      inputs: { url: 'http://127.0.0.1' },
      types: ['noop'],
    };
    expect(job).toMatchObject(expected);
    expect(await anna.job(job.id)).toMatchObject(expected);
  });

  it('serves the short route that the user interface calls', async () => {
    const answer = await anna.call('POST', '/orchestration/job', { body: QUICK });
    expect(answer.status).toBe(202);
    const id = String(answer.json['id']);
    expect((await anna.get(`/orchestration/job/${id}`)).json['id']).toBe(id);
    expect((await anna.get(`/orchestration/jobs`)).status).toBe(200);
  });

  it('runs jobs to their end', async () => {
    const job = await anna.accepted(
      jobOf([
        { id: 'a', type: 'noop' },
        { id: 'b', type: 'noop', needs: ['a'] },
      ]),
    );
    expect(await anna.reaches(job.id, 'completed')).toMatchObject({
      progress: 100,
      counts: { completed: 2, pending: 0 },
      nodes: [
        { id: 'a', status: 'completed', attempt: 1 },
        { id: 'b', status: 'completed', attempt: 1 },
      ],
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      finished_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  it('tells every problem with its pointer', async () => {
    const answer = await anna.submit({
      name: 'x',
      colour: 'red',
      dag_definition: {
        nodes: [
          { id: 'a', type: 'noop', needs: ['a', 'ghost'] },
          { id: 'a', type: 'nope' },
          { id: 'c', type: 'noop', timeout: -1 },
        ],
      },
    });
    expectProblem(answer, 422, 'invalid_definition');
    const pointers = (answer.json['errors'] as { pointer: string }[]).map((each) => each.pointer);
    expect(pointers).toEqual(
      expect.arrayContaining([
        '/colour',
        '/dag_definition/nodes/0/needs/0',
        '/dag_definition/nodes/0/needs/1',
        '/dag_definition/nodes/1/id',
        '/dag_definition/nodes/1/type',
        '/dag_definition/nodes/2/timeout',
      ]),
    );
  });
});

describe('POST job/validate', () => {
  it('says how a job would run, and starts nothing', async () => {
    const before = await anna.jobCount();
    const answer = await anna.call('POST', `${API}/job/validate`, {
      body: jobOf([
        { id: 'build', type: 'noop' },
        { id: 'unit', type: 'noop', needs: ['build'] },
        { id: 'e2e', type: 'noop', needs: ['build'] },
        { id: 'report', type: 'noop', needs: ['e2e'] },
      ]),
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      valid: true,
      node_count: 4,
      levels: [['build'], ['unit', 'e2e'], ['report']],
      order: expect.arrayContaining(['build', 'unit', 'e2e', 'report']),
      critical_path: expect.objectContaining({ nodes: ['build', 'e2e', 'report'], length: 3 }),
      prediction: expect.objectContaining({ basis: expect.any(String) }),
      warnings: [],
    });
    expect(await anna.jobCount()).toBe(before);
  });

  it('tells what is wrong', async () => {
    const answer = await anna.call('POST', `${API}/job/validate`, {
      body: jobOf([
        { id: 'a', type: 'noop', needs: ['b'] },
        { id: 'b', type: 'noop', needs: ['a'] },
      ]),
    });
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors']).toMatchObject([{ in: 'body', code: 'cycle' }]);
  });

  it('needs a token', async () => {
    const answer = await anna.call('POST', `${API}/job/validate`, { token: null, body: QUICK });
    expectProblem(answer, 401, 'missing_token');
    const other = await new Client(service, token({ sub: 'x' })).call(
      'POST',
      `${API}/job/validate`,
      { body: QUICK },
    );
    expect(other.status).toBe(200);
  });
});
