import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, type Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

const at = (id: string, version: number | string): ReturnType<Client['get']> =>
  anna.get(`${API}/job/${id}/at/${version}`);
const compare = async (a: string, b: string): Promise<Body> => {
  const answer = await anna.get(`${API}/jobs/compare?a=${a}&b=${b}`);
  expect(answer.status).toBe(200);
  return answer.json;
};
/** A run that fails or passes, and says so, as one template would be run twice. */
const run = async (
  word: string,
  rest: object = {},
  extra: readonly object[] = [],
): Promise<string> => {
  const { id } = await anna.accepted(
    jobOf(
      [
        { id: 'build', type: 'process', config: { command: 'echo', args: ['built'] } },
        {
          id: 'unit',
          type: 'shell',
          needs: ['build'],
          config: { script: 'test "$WORD" = good', env: { WORD: word } },
          retry: { max_attempts: 1 },
        },
        { id: 'report', type: 'noop', needs: ['unit'], trigger_rule: 'all_done' },
        ...extra,
      ],
      { labels: { word }, ...rest },
    ),
  );
  return id;
};

describe('a job as it stood', () => {
  it('is at every version what its events say, and at the last what it is now', async () => {
    const id = await run('good');
    const now = await anna.reaches(id, 'completed');
    const { events } = (await anna.get(`${API}/job/${id}/events?limit=1000`)).json as {
      events: (Body & { version: number; at: string; type: string; node?: string })[];
    };
    const last = Number(now['version']);
    const completed = new Set<string | undefined>();
    for (let version = 1; version <= last; version++) {
      const then = (await at(id, version)).json;
      const happened = events.filter((event) => event.version === version);
      for (const { type, node } of happened) if (type === 'node_completed') completed.add(node);
      expect(then).toMatchObject({
        id,
        version,
        latest_version: last,
        counts: { completed: completed.size },
        updated_at: happened[0]?.at,
        nodes_truncated: false,
      });
      const nodes = then['nodes'] as Body[];
      const done = nodes.filter(({ status }) => status === 'completed');
      expect(new Set(done.map(({ id: node }) => node))).toEqual(completed);
    }
    // What was critical is told of the whole, not of then.
    const { critical_path: path, ...lasting } = now;
    expect(path).toMatchObject({ length: 3 });
    expect((await at(id, last)).json).toEqual({ ...lasting, latest_version: last });
    expect((await anna.get(`/orchestration/job/${id}/at/1`)).status).toBe(200);
  });

  it('has no versions but its own, and is not for others', async () => {
    const id = await run('good');
    const { version } = await anna.reaches(id, 'completed');
    for (const none of [0, -1, Number(version) + 1, 999_999_999, '1.5', 'now', '01', '1e1']) {
      expectProblem(await at(id, none), 404, 'version_not_found');
    }
    const bob = { token: token({ sub: 'bob' }) };
    expectProblem(await anna.get(`${API}/job/${id}/at/1`, bob), 404, 'job_not_found');
    expectProblem(await anna.get(`${API}/job/nobody/at/1`), 404, 'job_not_found');
  });

  it('shows the first thousand nodes of a large job', async () => {
    const nodes = Array.from({ length: 2_500 }, (_, index) => ({
      id: `n${index}`,
      type: 'noop',
      ...(index < 50 ? {} : { needs: [`n${index - 50}`] }),
    }));
    const { id } = await anna.accepted(jobOf(nodes));
    const { version } = await anna.reaches(id, 'completed');
    const middle = Math.floor(Number(version) / 2);
    const then = (await at(id, middle)).json;
    expect(then).toMatchObject({ version: middle, nodes_truncated: true });
    expect(then['nodes']).toHaveLength(1_000);
  });
});

describe('two jobs compared', () => {
  it('differ in what was chosen, and in what came of it', async () => {
    const good = await run('good', { priority: 4 });
    const bad = await run('bad', {}, [{ id: 'extra', type: 'noop' }]);
    await anna.reaches(good, 'completed');
    await anna.reaches(bad, 'failed');
    const comparison = await compare(good, bad);
    expect(comparison).toMatchObject({
      a: {
        id: good,
        status: 'completed',
        node_count: 3,
        attempts: 3,
        duration_ms: expect.any(Number),
        link: `${API}/job/${good}`,
      },
      b: { id: bad, status: 'failed', node_count: 4, counts: { failed: 1 } },
      settings: expect.arrayContaining([
        { field: '/labels/word', change: 'changed', before: 'good', after: 'bad' },
        { field: '/priority', change: 'changed', before: 4, after: 3 },
      ]),
      only_in_a: [],
      only_in_b: ['extra'],
      counts: { common: 3, differing: 1, only_in_a: 0, only_in_b: 1 },
      truncated: false,
    });
    expect(comparison['nodes']).toMatchObject([
      {
        id: 'unit',
        differs: expect.arrayContaining(['definition', 'status', 'error']),
        a: { status: 'completed', attempts: 1, duration_ms: expect.any(Number) },
        b: { status: 'failed', attempts: 1, error_code: 'process_exit' },
      },
      { id: 'build', differs: [], output_equal: true },
      { id: 'report', differs: [] },
    ]);
    expect((await anna.get(`/orchestration/jobs/compare?a=${good}&b=${bad}`)).status).toBe(200);
  });

  it('are the same when they are one', async () => {
    const id = await run('good');
    await anna.reaches(id, 'completed');
    expect(await compare(id, id)).toMatchObject({
      settings: [],
      counts: { common: 3, differing: 0 },
    });
  });

  it('may be under way', async () => {
    const { id } = await anna.accepted(jobOf([{ id: 'hook', type: 'signal' }]));
    const other = await anna.accepted(jobOf([{ id: 'hook', type: 'noop' }]));
    await anna.reaches(other.id, 'completed');
    const { nodes, a } = (await compare(id, other.id)) as { nodes: Body[]; a: Body };
    expect(a).not.toHaveProperty('duration_ms');
    expect(nodes).toMatchObject([{ id: 'hook', b: { status: 'completed' } }]);
    await anna.call('DELETE', `${API}/job/${id}`);
  });

  it('belong to whoever asks', async () => {
    const id = await run('good');
    const bob = { token: token({ sub: 'bob' }) };
    const path = `${API}/jobs/compare`;
    expectProblem(await anna.get(`${path}?a=${id}&b=${id}`, bob), 404, 'job_not_found');
    expectProblem(await anna.get(`${path}?a=${id}&b=nobody`), 404, 'job_not_found');
    for (const query of ['', `?a=${id}`, `?a=${id}&b=`, `?a=${id}&b=${id}&c=1`]) {
      expectProblem(await anna.get(path + query), 422, 'invalid_query');
    }
  });
});
