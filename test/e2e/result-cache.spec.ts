import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API, Client, expectProblem, jobOf, type Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

const CACHE = `${API}/result-cache`;
const folder = mkdtempSync(path.join(tmpdir(), 'baton-cache-'));
let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(async () => {
  await service.dispose();
  rmSync(folder, { recursive: true, force: true });
});

let names = 0;
/** A node that notes each time it runs, and what it hands on. */
function counted(cache: object | undefined, extra = ''): { node: object; runs: () => number } {
  const ledger = path.join(folder, `${++names}.ledger`);
  const script = `echo x >> '${ledger}'; echo "{\\"by\\":\\"$BATON_JOB_ID\\"}" > "$BATON_OUTPUT"${extra}`;
  return {
    node: { id: 'a', type: 'shell', config: { script }, ...(cache === undefined ? {} : { cache }) },
    runs: () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n').length : 0),
  };
}
const through = async (node: object, inputs?: object, client = anna): Promise<Body> => {
  const body = jobOf([node], inputs === undefined ? {} : { inputs });
  const { id } = await client.accepted(body);
  await client.reaches(id, 'completed');
  return (await client.get(`${API}/job/${id}/nodes/a`)).json;
};
/** A result is kept a moment after its job has ended. */
const untilCached = async (node: object, inputs?: object): Promise<Body> => {
  let last: Body = {};
  await waitUntil(async () => {
    last = await through(node, inputs);
    return last['cached'] !== undefined;
  });
  return last;
};
const clear = async (query = '', client = anna): Promise<unknown> =>
  (await client.call('DELETE', `${CACHE}${query}`)).json['deleted'];

describe('a node with a cache', () => {
  it('takes over the result of one that did the same, and says so wherever it is shown', async () => {
    const { node, runs } = counted({ ttl: 600 });
    const first = await through(node);
    expect(first).not.toHaveProperty('cached');
    const cached = await untilCached(node);
    const ran = runs();
    const again = await through(node);
    expect(runs()).toBe(ran);
    const made = (again['output'] as Body)['by'];
    const origin = { job_id: made, node_id: 'a', at: expect.stringMatching(/Z$/) };
    expect(again).toMatchObject({ status: 'completed', attempt: 1, cached: origin });
    expect(cached['cached']).toEqual(again['cached']);
    const id = String((again['links'] as Body)['self'])
      .split('/')
      .at(-3);
    const list = await anna.get(`${API}/job/${id}/nodes`);
    expect(list.json['nodes']).toMatchObject([{ id: 'a', cached: origin }]);
    expect((await anna.job(String(id)))['nodes']).toMatchObject([{ id: 'a', cached: origin }]);
    const events = await anna.get(`${API}/job/${id}/events`);
    expect(events.json['events']).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'node_completed', cached: origin })]),
    );
  });

  it('goes by its key, which may hold expressions', async () => {
    const { node, runs } = counted({ key: 'commit {% inputs.commit %}', ttl: 600 });
    await through(node, { commit: 'one' });
    await untilCached(node, { commit: 'one' });
    const ran = runs();
    expect(await through(node, { commit: 'two' })).not.toHaveProperty('cached');
    expect(runs()).toBe(ran + 1);
    await untilCached(node, { commit: 'two' });
    expect(await clear(`?key=${encodeURIComponent('commit one')}`)).toBe(1);
    expect(await through(node, { commit: 'two' })).toHaveProperty('cached');
    expect(await through(node, { commit: 'one' })).not.toHaveProperty('cached');
  });

  it('is each child’s own where it makes children', async () => {
    const group = (items: readonly number[]): object => ({
      id: 'a',
      type: 'shell',
      for_each: items,
      config: { script: 'true' },
      cache: { key: 'item {% $string(item) %}', ttl: 600 },
    });
    const children = async (items: readonly number[]): Promise<boolean[]> => {
      const { id } = await anna.accepted(jobOf([group(items)]));
      await anna.reaches(id, 'completed');
      const events = await anna.get(`${API}/job/${id}/events`);
      const made = (events.json['events'] as Body[]).find(({ type }) => type === 'node_completed');
      expect(made).not.toHaveProperty('cached');
      const { links } = (await anna.get(`${API}/job/${id}/nodes/a`)).json;
      const child = await anna.get((links as Record<string, string>)['child_job'] ?? '');
      return (child.json['nodes'] as Body[]).map(({ cached }) => cached !== undefined);
    };
    await children([1, 2]);
    await waitUntil(async () => (await children([1, 2])).every(Boolean));
    expect(await children([1, 2, 3])).toEqual([true, true, false]);
  });

  it('of the test catalogue runs again when the test case has changed', async () => {
    const put = (script: string): Promise<unknown> =>
      anna.call('PUT', `${API}/test-cases/cached`, {
        body: { command: 'sh', args: ['-c', script] },
      });
    await put('true');
    const node = {
      id: 'a',
      type: 'test_case',
      config: { case: 'cached' },
      cache: { ttl: 600 },
    };
    await through(node);
    await untilCached(node);
    await put('true');
    expect(await through(node)).toHaveProperty('cached');
    await put('echo other');
    expect(await through(node)).not.toHaveProperty('cached');
    await untilCached(node);
    const suite = { id: 'a', type: 'test_suite', config: { cases: ['cached'] }, cache: { ttl: 9 } };
    await through(suite);
    await untilCached(suite);
    await put('echo third');
    expect(await through(suite)).not.toHaveProperty('cached');
    // By its own id each names another test case.
    await anna.call('PUT', `${API}/test-cases/a`, { body: { command: 'true' } });
    const own = { id: 'a', type: 'test_case', cache: { ttl: 600 } };
    await through(own);
    await untilCached(own);
    const { id } = await anna.accepted(jobOf([{ ...own, id: 'nobody' }]));
    await anna.reaches(id, 'failed');
  });

  it('is run by another tenant, and is every user’s of the tenant', async () => {
    const { node } = counted({ ttl: 600 });
    await through(node);
    await untilCached(node);
    const zoe = new Client(service, token({ sub: 'zoe', tenant: 'zoo' }));
    expect(await through(node, undefined, zoe)).not.toHaveProperty('cached');
    expect(await clear('', zoe)).toBe(1);
    const bob = new Client(service, token({ sub: 'bob' }));
    expect(await through(node, undefined, bob)).toHaveProperty('cached');
    expect(Number(await clear('', bob))).toBeGreaterThan(0);
    expect(await clear('', bob)).toBe(0);
    expect(await through(node)).not.toHaveProperty('cached');
  });

  it('keeps no output over 256 KiB', async () => {
    const { node, runs } = counted(
      { key: 'large', ttl: 600 },
      `; node -e 'fs.writeFileSync(process.env.BATON_OUTPUT, JSON.stringify("x".repeat(300000)))'`,
    );
    for (let run = 1; run <= 3; run++) {
      expect(await through(node)).toMatchObject({ output: { artifact: 'output.json' } });
      expect(runs()).toBe(run);
    }
    expect(await clear('?key=large')).toBe(0);
  });

  it('is refused where nothing is run, and where its key reads what is not there', async () => {
    const waiting = [
      { id: 'a', type: 'approval' },
      { id: 'b', type: 'signal' },
      { id: 'c', type: 'delay', config: { seconds: 1 } },
    ];
    const answer = await anna.submit(
      jobOf(waiting.map((node) => ({ ...node, cache: { ttl: 60 } }))),
    );
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors']).toMatchObject(
      waiting.map((_, at) => ({
        pointer: `/dag_definition/nodes/${at}/cache`,
        code: 'not_for_type',
      })),
    );
    const { node } = counted({ key: '{% nodes.other.output %}', ttl: 60 });
    expectProblem(await anna.submit(jobOf([node])), 422, 'invalid_definition');
    const broken = counted({ key: '{% inputs. %}', ttl: 60 });
    const syntax = await anna.submit(jobOf([broken.node]));
    expect(syntax.json['errors']).toMatchObject([{ pointer: '/dag_definition/nodes/0/cache/key' }]);
  });

  it('is looked up again after a restart', async () => {
    const { node, runs } = counted({ ttl: 600 });
    await through(node);
    await untilCached(node);
    const ran = runs();
    await service.stop('SIGKILL');
    service = await service.restart();
    anna = new Client(service);
    expect(await through(node)).toHaveProperty('cached');
    expect(runs()).toBe(ran);
  });
});

describe('DELETE result-cache', () => {
  it('wants a token and a key that is one', async () => {
    expectProblem(await anna.call('DELETE', CACHE, { token: null }), 401, 'missing_token');
    expectProblem(await anna.call('DELETE', `${CACHE}?key=`), 422, 'invalid_query');
  });
});
