import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, type Answer, type Body } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

const LETTERS = `${API}/dead-letters`;
const ONCE = { max_attempts: 2, delay: 0, jitter: 'none', strategy: 'fixed' };

let service: Service;
let anna: Client;
let bob: Client;
let root: Client;
beforeAll(async () => {
  service = await startService();
  clients();
});
afterAll(() => service.dispose());

function clients(): void {
  anna = new Client(service);
  bob = new Client(service, token({ sub: 'bob' }));
  root = new Client(service, token({ sub: 'root', roles: ['admin'] }));
}

/** good -> bad -> after; `bad` fails until its config is another, or the input says so. */
const suite = (name: string, rest: object = {}): object =>
  jobOf(
    [
      { id: 'good', type: 'shell', config: { script: 'echo {} > "$BATON_OUTPUT"' } },
      {
        id: 'bad',
        type: 'shell',
        needs: ['good'],
        config: { script: 'echo tried; exit 7', env: { MODE: '{% inputs.mode %}' } },
        retry: ONCE,
      },
      { id: 'after', type: 'noop', needs: ['bad'] },
    ],
    { name, inputs: { mode: 'x' }, ...rest },
  );
const fail = async (client: Client, name: string): Promise<Body> => {
  const { id } = await client.accepted(suite(name));
  await client.reaches(id, 'failed');
  return only(await client.get(`${LETTERS}?job=${id}`));
};
const listed = (answer: Answer): Body[] => answer.json['dead_letters'] as Body[];
const only = (answer: Answer): Body => {
  expect(answer.status).toBe(200);
  expect(listed(answer)).toHaveLength(1);
  return listed(answer)[0] ?? {};
};
const at = ({ id }: Body, rest = ''): string => `${LETTERS}/${String(id)}${rest}`;
const requeue = (letter: Body, body?: unknown, headers = {}): Promise<Answer> =>
  anna.call('POST', at(letter, '/requeue'), { ...(body === undefined ? {} : { body }), headers });
const nodesOf = (job: Body): Record<string, Body> =>
  Object.fromEntries((job['nodes'] as Body[]).map((node) => [String(node['id']), node]));

describe('a node that has used up its attempts', () => {
  it('is among the dead letters, with what it takes to see why', async () => {
    const letter = await fail(anna, 'letters');
    expect(letter).toMatchObject({
      status: 'open',
      job_name: 'letters',
      owner: 'anna',
      node_id: 'bad',
      type: 'shell',
      attempts: 2,
      error: { class: 'exit_code', code: 'process_exit' },
      failed_at: expect.stringMatching(/Z$/),
    });
    const detail = await anna.get(at(letter));
    expect(detail.json).toMatchObject({
      ...letter,
      config: { script: 'echo tried; exit 7', env: { MODE: '{% inputs.mode %}' } },
    });
    const links = letter['links'] as Record<string, string>;
    expect((await anna.get(links['log'] ?? '')).text).toBe('tried\n');
    for (const link of ['self', 'job', 'node']) {
      expect((await anna.get(links[link] ?? '')).status).toBe(200);
    }
  });

  it('is still there when the service was killed and has started again', async () => {
    const letter = await fail(anna, 'crash');
    await service.stop('SIGKILL');
    service = await service.restart();
    clients();
    expect((await anna.get(at(letter))).json).toMatchObject({ id: letter['id'], status: 'open' });
  });

  it('is not when it was cancelled, or when another try would not help', async () => {
    const slow = await anna.accepted(
      jobOf([{ id: 'a', type: 'shell', config: { script: 'sleep 600' } }]),
    );
    await anna.reaches(slow.id, 'running');
    await anna.call('DELETE', `${API}/job/${slow.id}`);
    await anna.reaches(slow.id, 'cancelled');
    expect(listed(await anna.get(`${LETTERS}?job=${slow.id}`))).toEqual([]);
    const missing = { id: 'a', type: 'process', config: { command: '/nowhere/at-all' } };
    const { id } = await anna.accepted(jobOf([missing]));
    await anna.reaches(id, 'failed');
    expect(listed(await anna.get(`${LETTERS}?job=${id}`))).toEqual([]);
  });
});

describe('GET dead-letters', () => {
  it('shows users theirs alone, and admins all of the tenant', async () => {
    const letter = await fail(bob, 'theirs');
    expectProblem(await anna.get(at(letter)), 404, 'dead_letter_not_found');
    expectProblem(await requeue(letter), 404, 'dead_letter_not_found');
    expectProblem(await anna.call('DELETE', at(letter)), 404, 'dead_letter_not_found');
    expect(listed(await anna.get(`${LETTERS}?job=${String(letter['job_id'])}`))).toEqual([]);
    expect((await root.get(at(letter))).status).toBe(200);
    const other = new Client(service, token({ sub: 'root', roles: ['admin'], tenant: 'zoo' }));
    expectProblem(await other.get(at(letter)), 404, 'dead_letter_not_found');
    expect(listed(await other.get(LETTERS))).toEqual([]);
    const owners = new Set(listed(await root.get(`${LETTERS}?limit=200`)).map((l) => l['owner']));
    expect(owners).toEqual(new Set(['anna', 'bob']));
  });

  it('goes by pages, newest first, and is narrowed', async () => {
    const dora = new Client(service, token({ sub: 'dora' }));
    const letters: Body[] = [];
    for (const name of ['a', 'b', 'c']) letters.unshift(await fail(dora, name));
    const first = await dora.get(`${LETTERS}?limit=2&type=shell&error_class=exit_code&status=open`);
    expect(listed(first)).toEqual(letters.slice(0, 2));
    const cursor = String(first.json['next_cursor']);
    expect(only(await dora.get(`${LETTERS}?limit=2&cursor=${cursor}`))).toEqual(letters[2]);
    for (const filter of ['type=http', 'error_class=timeout', 'status=requeued', 'job=none']) {
      expect(listed(await dora.get(`${LETTERS}?${filter}`))).toEqual([]);
    }
    expectProblem(await dora.get(`${LETTERS}?status=dead`), 422, 'invalid_query');
    expectProblem(await dora.get(`${LETTERS}?cursor=x`), 422, 'invalid_cursor');
    expectProblem(await dora.get(LETTERS, { token: null }), 401, 'missing_token');
  });
});

describe('POST dead-letters/{id}/requeue', () => {
  it('runs the job again from the node, with another config, and notes it', async () => {
    const letter = await fail(anna, 'requeued');
    const config = {
      script: 'echo mended; echo "{\\"mode\\":\\"$MODE\\"}" > "$BATON_OUTPUT"',
      env: { MODE: '{% inputs.mode %}' },
    };
    const inputs = { mode: 'y' };
    const made = await requeue(letter, { config, inputs, timeout: 60 });
    expect(made.status).toBe(202);
    const id = String(made.json['id']);
    expect(made.headers.get('location')).toBe(`${API}/job/${id}`);
    const job = await anna.reaches(id, 'completed');
    expect(job).toMatchObject({
      name: 'requeued',
      inputs,
      rerun_of: { job_id: letter['job_id'], from: ['bad'] },
    });
    expect(nodesOf(job)).toMatchObject({
      good: { status: 'completed', reused: true },
      bad: { status: 'completed', attempt: 1 },
      after: { status: 'completed' },
    });
    const node = await anna.get(`${API}/job/${id}/nodes/bad`);
    expect(node.json).toMatchObject({ config, output: { mode: 'y' }, needs: ['good'] });
    const old = await anna.get(`${API}/job/${String(letter['job_id'])}/nodes/bad`);
    expect(old.json).toMatchObject({ config: { script: 'echo tried; exit 7' } });
    expect((await anna.get(at(letter))).json).toMatchObject({
      status: 'requeued',
      requeued: { job_id: id, by: 'anna' },
      links: { requeued_as: `${API}/job/${id}` },
    });
  });

  it('is refused the second time, unless it is to be done again', async () => {
    const letter = await fail(anna, 'twice');
    const first = await requeue(letter);
    expect(first.status).toBe(202);
    const firstId = String(first.json['id']);
    const second = await requeue(letter);
    expectProblem(second, 422, 'dead_letter_requeued');
    expect(second.json['detail']).toContain(firstId);
    const again = await requeue(letter, { again: true });
    expect(again.status).toBe(202);
    expect((await anna.get(at(letter))).json).toMatchObject({
      requeued: { job_id: again.json['id'] },
    });
    // What fails once more has a letter of its own.
    await anna.reaches(firstId, 'failed');
    const next = only(await anna.get(`${LETTERS}?job=${firstId}`));
    expect(next).toMatchObject({ status: 'open', node_id: 'bad' });
    expect(next['id']).not.toBe(letter['id']);
  });

  it('is done by one of those who ask at once, and once for one key', async () => {
    const letter = await fail(anna, 'raced');
    const before = await anna.jobCount();
    const answers = await Promise.all([1, 2, 3, 4].map(() => requeue(letter)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 422, 422, 422]);
    expect(await anna.jobCount()).toBe(before + 1);
    const other = await fail(anna, 'keyed');
    const key = { 'idempotency-key': 'requeue-1' };
    const made = await requeue(other, {}, key);
    const repeated = await requeue(other, {}, key);
    expect(repeated.status).toBe(202);
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect(repeated.json['id']).toBe(made.json['id']);
  });

  it('refuses what the node cannot be, with pointers into the body, and leaves the letter open', async () => {
    const letter = await fail(anna, 'wrong');
    const wrong = await requeue(letter, {
      config: { script: 7, shall: 'x' },
      retry: { max_attempts: 0 },
    });
    expectProblem(wrong, 422, 'invalid_request');
    const pointers = (wrong.json['errors'] as Body[]).map(({ pointer }) => pointer);
    expect(pointers.sort()).toEqual(['/config/script', '/config/shall', '/retry/max_attempts']);
    const unknown = await requeue(letter, {
      config: { script: '{% nodes.after.output %}' },
    });
    expectProblem(unknown, 422, 'invalid_request');
    expect(unknown.json['errors']).toMatchObject([{ pointer: '', code: 'unknown_reference' }]);
    expectProblem(await requeue(letter, { confg: {} }), 422, 'invalid_request');
    expectProblem(await requeue(letter, { config: [] }), 422, 'invalid_request');
    expect((await anna.get(at(letter))).json).toMatchObject({ status: 'open' });
  });

  it('gives a child another try as it is, and refuses to change it by itself', async () => {
    const group = {
      id: 'group',
      type: 'shell',
      for_each: [0, 1],
      config: { script: 'exit $CODE', env: { CODE: '{% $string(item) %}' } },
      retry: { max_attempts: 1 },
    };
    const { id } = await anna.accepted(jobOf([group]));
    await anna.reaches(id, 'failed');
    // What it made has the letter, not the node that waited for it.
    expect(listed(await anna.get(`${LETTERS}?job=${id}`))).toEqual([]);
    const { child_job_id: made } = (await anna.get(`${API}/job/${id}/nodes/group`)).json;
    const letter = only(await anna.get(`${LETTERS}?job=${String(made)}`));
    expect(letter).toMatchObject({ node_id: '1', owner: 'anna' });
    const refused = await requeue(letter, { config: { script: 'exit 0' } });
    expectProblem(refused, 422, 'invalid_request');
    expect(refused.json['detail']).toContain(id);
    const again = await requeue(letter);
    expect(again.status).toBe(202);
    await anna.reaches(String(again.json['id']), 'failed');
  });

  it('waits for the job to end', async () => {
    const nodes = [
      { id: 'bad', type: 'shell', config: { script: 'exit 1' }, retry: { max_attempts: 1 } },
      { id: 'slow', type: 'delay', config: { seconds: 600 } },
    ];
    const { id } = await anna.accepted(jobOf(nodes));
    let letter: Body | undefined;
    while (letter === undefined) [letter] = listed(await anna.get(`${LETTERS}?job=${id}`));
    expectProblem(await requeue(letter), 422, 'job_not_finished');
    expect((await anna.get(at(letter))).json).toMatchObject({ status: 'open' });
    await anna.call('DELETE', `${API}/job/${id}`);
    await anna.reaches(id, 'cancelled');
    expect((await requeue(letter)).status).toBe(202);
  });
});

describe('DELETE dead-letters/{id} and POST dead-letters/purge', () => {
  it('delete one, or those that match', async () => {
    const carl = new Client(service, token({ sub: 'carl' }));
    const letters: Body[] = [];
    for (const name of ['a', 'b', 'c']) letters.push(await fail(carl, name));
    const [one = {}, two = {}, three = {}] = letters;
    expect((await carl.call('DELETE', at(one))).status).toBe(204);
    expectProblem(await carl.get(at(one)), 404, 'dead_letter_not_found');
    expectProblem(await carl.call('DELETE', at(one)), 404, 'dead_letter_not_found');
    const purge = (body: unknown): Promise<Answer> =>
      carl.call('POST', `${LETTERS}/purge`, { body });
    expectProblem(await purge({}), 422, 'invalid_request');
    expectProblem(await purge({ all: false }), 422, 'invalid_request');
    for (const none of [{ older_than_days: 1 }, { type: 'http' }, { status: 'requeued' }]) {
      expect((await purge(none)).json).toEqual({ deleted: 0, more: false });
    }
    const byJob = await purge({ job: two['job_id'], error_class: 'exit_code' });
    expect(byJob.json).toEqual({ deleted: 1, more: false });
    expect(only(await carl.get(LETTERS))).toEqual(three);
    const kept = listed(await anna.get(LETTERS)).length;
    expect((await purge({ all: true })).json).toEqual({ deleted: 1, more: false });
    expect(listed(await carl.get(LETTERS))).toEqual([]);
    expect(listed(await anna.get(LETTERS))).toHaveLength(kept);
  });
});
