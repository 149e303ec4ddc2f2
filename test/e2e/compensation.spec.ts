import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API, Client, expectProblem, jobOf, type Answer, type Body } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
const folder = mkdtempSync(path.join(tmpdir(), 'baton-compensation-'));
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(async () => {
  await service.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const post = (route: string): Promise<Answer> => anna.call('POST', `${API}/job/${route}`);
const planOf = async (job: string): Promise<Body> =>
  (await anna.get(`${API}/job/${job}/compensation`)).json;

/** a -> b -> c and a -> d, where c fails; all but c say how to undo them, and write what they undo. */
function suite(
  name: string,
  undo: Readonly<Record<string, string>> = {},
): {
  readonly job: object;
  readonly undone: () => readonly string[];
  readonly fixed: string;
} {
  const ledger = path.join(folder, `${name}.ledger`);
  const fixed = path.join(folder, `${name}.fixed`);
  const node = (id: string, needs: readonly string[]): object => ({
    id,
    type: 'shell',
    needs,
    config: { script: `echo '{"made":"${id}"}' > "$BATON_OUTPUT"` },
    compensate: {
      type: 'shell',
      config: {
        script: `echo '{% nodes.${id}.output.made %}' >> '${ledger}'; ${undo[id] ?? 'true'}`,
      },
      retry: { max_attempts: 2, delay: 0, jitter: 'none' },
    },
  });
  const failing = {
    id: 'c',
    type: 'shell',
    needs: ['b', 'd'],
    retry: { max_attempts: 1 },
    config: { script: `test -e '${fixed}'` },
    compensate: { type: 'shell', config: { script: `echo c >> '${ledger}'` } },
  };
  return {
    job: jobOf([node('a', []), node('b', ['a']), node('d', ['b']), failing], { name }),
    undone: () => readFileSync(ledger, 'utf8').trim().split('\n'),
    fixed,
  };
}

describe('compensate', () => {
  it('undoes what had completed in reverse order, when the job fails', async () => {
    const { job, undone, fixed } = suite('order');
    const { id } = await anna.accepted(job);
    const ended = await anna.reaches(id, 'failed');
    expect(undone()).toEqual(['d', 'b', 'a']);
    expect(ended['reason']).toMatch(/^Compensated: 3 of 3 actions completed/);
    const plan = await planOf(id);
    expect(plan).toMatchObject({
      compensation_status: 'completed',
      actions: [
        { node: 'd', after: [] },
        { node: 'b', after: ['d'] },
        { node: 'a', after: ['b'] },
      ],
    });
    const compensation = String(plan['compensation_job_id']);
    expect(await anna.job(compensation)).toMatchObject({
      parent: { job_id: id, kind: 'compensation' },
    });
    // To ask for it again answers the one there is.
    expect((await post(`${id}/compensate`)).json['id']).toBe(compensation);

    // What was undone is done again.
    writeFileSync(fixed, '');
    const again = String((await post(`${id}/retry`)).json['id']);
    await anna.reaches(again, 'completed');
    expect(await anna.node(again, 'a')).toMatchObject({ attempt: 1, output: { made: 'a' } });
  });

  it('goes on when one of them fails, which is told', async () => {
    const { job, undone } = suite('loud', { b: 'exit 3' });
    const { id } = await anna.accepted(job);
    const ended = await anna.reaches(id, 'failed');
    expect(undone()).toEqual(['d', 'b', 'b', 'a']);
    expect(ended['reason']).toMatch(/COMPENSATION INCOMPLETE: 2 of 3 .*b \(process_exit\)/);
  });

  it('is shown before, and done on request for a job that has ended otherwise', async () => {
    const { job, undone, fixed } = suite('request');
    writeFileSync(fixed, '');
    const { id } = await anna.accepted(job);
    await anna.reaches(id, 'completed');
    const plan = await planOf(id);
    expect(plan['compensation_status']).toBeUndefined();
    expect((plan['actions'] as readonly Body[]).map((action) => action['node'])).toEqual([
      'c',
      'd',
      'b',
      'a',
    ]);
    const answer = await post(`${id}/compensate`);
    expect(answer).toMatchObject({ status: 202, json: { id: plan['compensation_job_id'] } });
    await anna.reaches(String(answer.json['id']), 'completed');
    expect(undone()).toEqual(['c', 'd', 'b', 'a']);
    expect((await anna.job(id))['status']).toBe('completed');
  });

  it('is refused while the job runs, and where there is nothing to undo', async () => {
    const running = await anna.accepted(jobOf([{ id: 'a', type: 'approval' }]));
    expectProblem(await post(`${running.id}/compensate`), 422, 'job_not_finished');
    expectProblem(await post('job_01kb0z3v5w8f4n6c2q9x7t1r0d/compensate'), 404, 'job_not_found');
    const quick = await anna.accepted(jobOf([{ id: 'a', type: 'noop' }]));
    await anna.reaches(quick.id, 'completed');
    expectProblem(await post(`${quick.id}/compensate`), 422, 'nothing_to_compensate');
  });

  it('checks what is to undo a node as any other config', async () => {
    const answer = await anna.submit(
      jobOf([
        { id: 'a', type: 'noop', compensate: { type: 'shell', config: {} } },
        {
          id: 'b',
          type: 'noop',
          compensate: { type: 'shell', config: { script: '{% nodes.a.output %}' } },
        },
      ]),
    );
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors']).toMatchObject([
      { pointer: '/dag_definition/nodes/0/compensate/config', code: 'required' },
    ]);
  });
});
