import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, type Body } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

const nodeOf = async (id: string, node: string): Promise<Body> =>
  (await anna.get(`${API}/job/${id}/nodes/${node}`)).json;
const build = { id: 'build', type: 'noop', config: { output: { version: '1.2', failed: [] } } };

describe('a condition', () => {
  it('skips its node when it is false, and lets it run when it is true', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          build,
          {
            id: 'yes',
            type: 'noop',
            needs: ['build'],
            when: '{% nodes.build.output.version = "1.2" %}',
          },
          {
            id: 'no',
            type: 'noop',
            needs: ['build'],
            when: '{% $count(nodes.build.output.failed) > 0 %}',
          },
          { id: 'browser', type: 'noop', when: '{% "firefox" in inputs.browsers %}' },
          { id: 'absent', type: 'noop', when: '{% inputs.nothing.here %}' },
          { id: 'after', type: 'noop', needs: ['no'] },
          { id: 'anyway', type: 'noop', needs: ['no'], trigger_rule: 'none_failed' },
        ],
        { inputs: { browsers: ['firefox', 'webkit'] } },
      ),
    );
    const job = await anna.reaches(id, 'completed');
    const nodes = job['nodes'] as Body[];
    expect(nodes.map(({ id: node, status, skip_reason }) => [node, status, skip_reason])).toEqual([
      ['build', 'completed', undefined],
      ['yes', 'completed', undefined],
      ['no', 'skipped', 'condition_false'],
      ['browser', 'completed', undefined],
      ['absent', 'skipped', 'condition_false'],
      ['after', 'skipped', 'upstream_skipped'],
      ['anyway', 'completed', undefined],
    ]);
  });

  it('that cannot be judged fails its node, with the expression, the place and the reason', async () => {
    const { id } = await anna.accepted(
      jobOf([
        build,
        { id: 'text', type: 'noop', needs: ['build'], when: '{% nodes.build.output.version %}' },
        {
          id: 'wrong',
          type: 'noop',
          needs: ['build'],
          when: '{% nodes.build.output.version + 1 > 2 %}',
        },
        { id: 'long', type: 'noop', when: '{% ($f := function($n) { $f($n + 1) }; $f(0)) %}' },
        { id: 'other', type: 'noop' },
      ]),
    );
    await anna.reaches(id, 'failed');
    expect(await nodeOf(id, 'text')).toMatchObject({
      status: 'failed',
      attempt: 0,
      error: { class: 'non_retryable', code: 'condition_not_boolean' },
    });
    const wrong = await nodeOf(id, 'wrong');
    expect(wrong).toMatchObject({
      status: 'failed',
      error: {
        code: 'expression_failed',
        message: expect.stringMatching(/^The expression in when failed, at character \d+: /),
        details: { expression: expect.stringContaining('nodes.build.output.version + 1 > 2') },
      },
    });
    expect(await nodeOf(id, 'long')).toMatchObject({
      status: 'failed',
      error: { code: expect.stringMatching(/^expression_(timeout|too_deep|too_large)$/) },
    });
    expect(await nodeOf(id, 'other')).toMatchObject({ status: 'completed' });
  });
});

describe('expressions in a config', () => {
  it('give values of any type, also within texts, to what needs them', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          build,
          {
            id: 'print',
            type: 'process',
            needs: ['build'],
            config: {
              command: 'node',
              args: [
                '-e',
                '{% inputs.script %}',
                'v{% nodes.build.output.version %}-{% inputs.n %}',
              ],
              env: { JOB: '{% job.name %}' },
            },
          },
          { id: 'wait', type: 'delay', config: { seconds: '{% inputs.n / 100 %}' } },
        ],
        {
          name: 'templated',
          inputs: {
            n: 7,
            script: "console.log(process.argv[1], process.env.JOB, '{%')",
          },
        },
      ),
    );
    await anna.reaches(id, 'completed');
    const log = await anna.get(`${API}/job/${id}/nodes/print/logs`);
    expect(log.text).toBe('v1.2-7 templated {%\n');
  });

  it('that give what the node does not take fail it', async () => {
    const { id } = await anna.accepted(
      jobOf([{ id: 'wait', type: 'delay', config: { seconds: '{% inputs.n %}' } }], {
        inputs: { n: 'soon' },
      }),
    );
    await anna.reaches(id, 'failed');
    expect(await nodeOf(id, 'wait')).toMatchObject({
      attempt: 1,
      error: {
        class: 'non_retryable',
        code: 'invalid_config',
        message: 'With its expressions evaluated, config/seconds must be a number, not a string.',
      },
    });
  });

  it('are refused at once when they cannot work', async () => {
    const refused = await anna.submit(
      jobOf([
        build,
        { id: 'a', type: 'noop', when: 'true' },
        { id: 'b', type: 'noop', when: '{% nodes.build.output %}' },
        { id: 'c', type: 'noop', needs: ['build'], config: { output: '{% nodes.build.( %}' } },
        { id: 'd', type: 'noop', when: '{% input.x = 1 %}' },
        { id: 'e', type: 'noop', when: '{% $now() = "x" %}' },
      ]),
    );
    expectProblem(refused, 422, 'invalid_definition');
    const shape = (refused.json['errors'] as Body[]).map(({ pointer, code }) => [pointer, code]);
    expect(shape).toEqual([['/dag_definition/nodes/1/when', 'pattern']]);
    const deeper = await anna.submit(
      jobOf([
        build,
        { id: 'b', type: 'noop', when: '{% nodes.build.output %}' },
        { id: 'c', type: 'noop', needs: ['build'], config: { output: '{% nodes.build.( %}' } },
        { id: 'd', type: 'noop', when: '{% input.x = 1 %}' },
        { id: 'e', type: 'noop', when: '{% $now() = "x" %}' },
      ]),
    );
    const found = (deeper.json['errors'] as Body[]).map(({ pointer, code }) => [pointer, code]);
    expect(found).toEqual([
      ['/dag_definition/nodes/1', 'unknown_reference'],
      ['/dag_definition/nodes/2/config/output', 'expression_syntax'],
      ['/dag_definition/nodes/3', 'unknown_name'],
      ['/dag_definition/nodes/4/when', 'expression_forbidden'],
    ]);
  });
});

it('conditions are judged again after a kill -9', async () => {
  const { id } = await anna.accepted(
    jobOf([
      { id: 'gate', type: 'signal' },
      { id: 'yes', type: 'noop', needs: ['gate'], when: '{% nodes.gate.output.payload = 1 %}' },
      { id: 'no', type: 'noop', needs: ['gate'], when: '{% nodes.gate.output.payload = 2 %}' },
    ]),
  );
  await anna.call('POST', `${API}/job/${id}/nodes/gate/signal`, { body: { payload: 1 } });
  await service.stop('SIGKILL');
  service = await service.restart();
  anna = new Client(service);
  await anna.reaches(id, 'completed');
  expect(await nodeOf(id, 'yes')).toMatchObject({ status: 'completed' });
  expect(await nodeOf(id, 'no')).toMatchObject({ status: 'skipped' });
});
