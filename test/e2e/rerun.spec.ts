import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  API,
  Client,
  expectProblem,
  jobOf,
  QUICK,
  type Answer,
  type Body,
} from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
const folder = mkdtempSync(path.join(tmpdir(), 'baton-rerun-'));
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
const statuses = (job: Body): Record<string, unknown> =>
  Object.fromEntries((job['nodes'] as Body[]).map(({ id, status }) => [String(id), status]));

/** build -> (good, bad) -> report; `bad` fails until the file `fixed` is there. */
function suite(name: string): {
  readonly job: object;
  readonly ran: () => string[];
  readonly fix: () => void;
} {
  const ledger = path.join(folder, `${name}.ledger`);
  const fixed = path.join(folder, `${name}.fixed`);
  const note = (rest = 'true'): object => ({
    script: `echo "$BATON_NODE_ID" >> '${ledger}'; echo "{\\"by\\":\\"$BATON_JOB_ID\\"}" > "$BATON_OUTPUT"; ${rest}`,
  });
  return {
    job: jobOf(
      [
        { id: 'build', type: 'shell', config: note() },
        { id: 'good', type: 'shell', needs: ['build'], config: note() },
        {
          id: 'bad',
          type: 'shell',
          needs: ['build'],
          config: note(`test -e '${fixed}'`),
          // An attempt that a kill cuts short counts; there is another.
          retry: { max_attempts: 2, strategy: 'fixed', delay: 0, jitter: 'none' },
        },
        { id: 'report', type: 'shell', needs: ['good', 'bad'], config: note() },
      ],
      { name, labels: { team: 'web' } },
    ),
    ran: () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n').sort() : []),
    fix: () => {
      writeFileSync(fixed, '');
      rmSync(ledger);
    },
  };
}

describe('POST job/{id}/retry', () => {
  it('runs what failed, keeps what had succeeded, and remembers where it comes from', async () => {
    const { job, ran, fix } = suite('retry');
    const first = await anna.accepted(job);
    await anna.reaches(first.id, 'failed');
    fix();
    const answer = await post(`${first.id}/retry`);
    expect(answer.status).toBe(202);
    const id = String(answer.json['id']);
    expect(answer.headers.get('location')).toBe(`${API}/job/${id}`);
    expect(id).not.toBe(first.id);
    const again = await anna.reaches(id, 'completed');
    expect(again).toMatchObject({
      name: 'retry',
      labels: { team: 'web' },
      rerun_of: { job_id: first.id, from: [] },
    });
    expect(ran()).toEqual(['bad', 'report']);
    const kept = (await anna.get(`${API}/job/${id}/nodes/good`)).json;
    expect(kept).toMatchObject({
      status: 'completed',
      reused: true,
      attempt: 0,
      attempts: [],
      output: { by: first.id },
    });
    expect((await anna.job(first.id))['status']).toBe('failed');

    expectProblem(await post(`${id}/retry`), 422, 'nothing_to_retry');
    // A rerun of a rerun keeps what that had kept.
    const third = await post(`${id}/rerun`, { body: { from: ['report'] } });
    await anna.reaches(String(third.json['id']), 'completed');
    expect(ran()).toEqual(['bad', 'report', 'report']);
  });

  it('is made once for one idempotency key', async () => {
    const { job } = suite('key');
    const { id } = await anna.accepted(job);
    await anna.reaches(id, 'failed');
    const call = { headers: { 'idempotency-key': 'retry-once' } };
    const [one, two] = [await post(`${id}/retry`, call), await post(`${id}/retry`, call)];
    expect(two.json['id']).toBe(one.json['id']);
    expect(two.headers.get('idempotency-replayed')).toBe('true');
    expectProblem(await post(`${id}/rerun`, call), 422, 'idempotency_key_reused');
  });
});

describe('POST job/{id}/rerun', () => {
  it('runs everything again, or from some nodes on', async () => {
    const { job, ran, fix } = suite('rerun');
    const first = await anna.accepted(job);
    await anna.reaches(first.id, 'failed');
    fix();
    const all = await post(`${first.id}/rerun`);
    const second = await anna.reaches(String(all.json['id']), 'completed');
    expect(second['rerun_of']).toEqual({ job_id: first.id });
    expect(ran()).toEqual(['bad', 'build', 'good', 'report']);
    fix();
    const some = await post(`${String(second['id'])}/rerun`, { body: { from: ['good'] } });
    const third = await anna.reaches(String(some.json['id']), 'completed');
    expect(ran()).toEqual(['good', 'report']);
    expect(statuses(third)).toEqual({
      build: 'completed',
      good: 'completed',
      bad: 'completed',
      report: 'completed',
    });
  });

  it('keeps what was kept across a kill -9 in the middle', async () => {
    const { job, ran, fix } = suite('killed');
    const first = await anna.accepted(job);
    await anna.reaches(first.id, 'failed');
    fix();
    const answer = await post(`${first.id}/retry`);
    await service.stop('SIGKILL');
    service = await service.restart();
    anna = new Client(service);
    await anna.reaches(String(answer.json['id']), 'completed');
    expect(ran()).not.toContain('build');
    expect(ran()).not.toContain('good');
  });

  it('is refused for what has not ended, what is not there, and to others', async () => {
    const { id } = await anna.accepted(jobOf([{ id: 'gate', type: 'signal' }]));
    expectProblem(await post(`${id}/rerun`), 422, 'job_not_finished');
    expectProblem(await post(`${id}/retry`), 422, 'job_not_finished');
    await anna.call('DELETE', `${API}/job/${id}`);
    const done = await anna.accepted(QUICK);
    await anna.reaches(done.id, 'completed');
    const unknown = await post(`${done.id}/rerun`, { body: { from: ['nobody'] } });
    expectProblem(unknown, 422, 'invalid_request');
    expect(unknown.json['errors']).toMatchObject([{ pointer: '/from', code: 'unknown_node' }]);
    expectProblem(await post(`${done.id}/rerun`, { body: { from: [] } }), 422, 'invalid_request');
    expectProblem(await post('nobody/rerun'), 404, 'job_not_found');
    const bob = token({ sub: 'bob' });
    expectProblem(await post(`${done.id}/rerun`, { token: bob }), 404, 'job_not_found');
  });
});
