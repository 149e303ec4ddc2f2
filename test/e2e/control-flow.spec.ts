import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, Client, expectProblem, jobOf, type Body } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';
import { waitUntil } from '../support/wait-until.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService({ MAX_RUNNING_JOBS: '2' });
  anna = new Client(service);
});
afterAll(() => service.dispose());

const nodeOf = async (id: string, node: string): Promise<Body> =>
  (await anna.get(`${API}/job/${id}/nodes/${node}`)).json;
const eventsOf = async (id: string): Promise<Body[]> =>
  (await anna.get(`${API}/job/${id}/events?limit=1000`)).json['events'] as Body[];
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
/** Counts its rounds in its folder's neighbour, and gives the count. */
const counting = (file: string): object => ({
  type: 'shell',
  config: {
    script: `echo x >> '${file}'; printf '{"rounds": %d}' "$(wc -l < '${file}')" > "$BATON_OUTPUT"`,
  },
});
const restart = async (): Promise<void> => {
  await service.stop('SIGKILL');
  service = await service.restart();
  anna = new Client(service);
};

describe('repeat', () => {
  it('runs a node until its output is as wanted', async () => {
    const file = `${service.dataDir}/until`;
    const { id } = await anna.accepted(
      jobOf(
        [
          {
            id: 'poll',
            ...counting(file),
            repeat: { until: '{% output.rounds = inputs.wanted %}', max: 10, delay: 0.05 },
          },
          { id: 'after', type: 'noop', needs: ['poll'] },
        ],
        { inputs: { wanted: 3 } },
      ),
    );
    await anna.reaches(id, 'completed');
    expect(await nodeOf(id, 'poll')).toMatchObject({
      status: 'completed',
      iteration: 3,
      attempt: 3,
      output: { rounds: 3 },
    });
    const events = (await eventsOf(id)).filter(({ type }) => type === 'node_repeating');
    expect(events).toMatchObject([{ iteration: 2 }, { iteration: 3 }]);
  });

  it('goes on with the round it was in after a crash', async () => {
    const file = `${service.dataDir}/crash`;
    const { id } = await anna.accepted(
      jobOf([
        {
          id: 'poll',
          ...counting(file),
          repeat: { until: '{% iteration = 3 %}', max: 5, delay: 1.5 },
          retry: { delay: 0.1 },
        },
      ]),
    );
    await waitUntil(async () => (await nodeOf(id, 'poll'))['iteration'] === 2);
    expect(await nodeOf(id, 'poll')).toMatchObject({
      status: 'retrying',
      until: expect.any(String),
    });
    await restart();
    await anna.reaches(id, 'completed');
    expect(await nodeOf(id, 'poll')).toMatchObject({ iteration: 3, attempt: 3 });
  });

  it('fails, or completes, when its rounds are used up, and says what cannot be judged', async () => {
    const never = { until: '{% output.rounds < 0 %}', max: 2 };
    const { id } = await anna.accepted(
      jobOf([
        { id: 'fails', ...counting(`${service.dataDir}/fails`), repeat: never },
        {
          id: 'completes',
          ...counting(`${service.dataDir}/completes`),
          repeat: { ...never, on_exhausted: 'complete' },
        },
        {
          id: 'broken',
          ...counting(`${service.dataDir}/broken`),
          repeat: { ...never, until: "{% output.rounds + 'x' %}" },
        },
      ]),
    );
    await anna.reaches(id, 'failed');
    expect(await nodeOf(id, 'fails')).toMatchObject({
      status: 'failed',
      attempt: 2,
      output: { rounds: 2 },
      error: { class: 'assertion', code: 'repeat_exhausted' },
    });
    expect(await nodeOf(id, 'completes')).toMatchObject({
      status: 'completed',
      output: { rounds: 2 },
    });
    expect(await nodeOf(id, 'broken')).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: {
        message: expect.stringMatching(/^The expression in repeat.until failed, at character /),
        details: {
          expression: expect.stringContaining("output.rounds + 'x'"),
          position: expect.any(Number),
        },
      },
    });
  });

  it('is refused where it makes no sense', async () => {
    const repeat = { until: '{% output %}', max: 3 };
    const answer = await anna.submit(jobOf([{ id: 'a', type: 'signal', repeat }]));
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors']).toMatchObject([
      { pointer: '/dag_definition/nodes/0/repeat', code: 'not_repeatable' },
    ]);
  });
});

describe('deadlines', () => {
  it('end jobs, running and queued, also over a crash', async () => {
    const gate = [{ id: 'gate', type: 'signal' }];
    const holder = await anna.accepted(jobOf(gate));
    const running = await anna.accepted(jobOf(gate, { deadline: inSeconds(6) }));
    const queued = await anna.accepted(jobOf(gate, { deadline: inSeconds(6) }));
    expect(await anna.job(queued.id)).toMatchObject({
      status: 'queued',
      deadline: expect.stringMatching(/Z$/),
    });
    await restart();
    for (const { id } of [running, queued]) {
      expect(await anna.reaches(id, 'timed_out')).toMatchObject({
        reason: expect.stringMatching(/^The job did not end by its deadline, /),
      });
      expect(await eventsOf(id)).toContainEqual(
        expect.objectContaining({ type: 'job_timed_out', deadline: expect.any(String) }),
      );
    }
    // Run again, it has no deadline that has passed.
    const again = await anna.call('POST', `${API}/job/${running.id}/retry`);
    expect(again.status).toBe(202);
    expect(again.json).not.toHaveProperty('deadline');
    for (const { id } of [holder, again.json as { id: string }]) {
      await anna.call('DELETE', `${API}/job/${id}`);
      await anna.reaches(id, 'cancelled');
    }
  });

  it('end a queued job of which nothing ever ran', async () => {
    const gate = [{ id: 'gate', type: 'signal' }];
    const holders = [await anna.accepted(jobOf(gate)), await anna.accepted(jobOf(gate))];
    const queued = await anna.accepted(jobOf(gate, { deadline: inSeconds(2) }));
    await anna.reaches(queued.id, 'timed_out');
    expect(await nodeOf(queued.id, 'gate')).toMatchObject({ status: 'cancelled', attempt: 0 });
    for (const { id } of holders) await anna.call('DELETE', `${API}/job/${id}`);
    for (const { id } of holders) await anna.reaches(id, 'cancelled');
  });

  it('end nodes, whatever they are at', async () => {
    const { id } = await anna.accepted(
      jobOf(
        [
          { id: 'runs', type: 'process', config: { command: 'sleep', args: ['60'] }, deadline: 1 },
          { id: 'waits', type: 'signal', deadline: inSeconds(1.5) },
          { id: 'pending', type: 'noop', needs: ['waits'], trigger_rule: 'all_done', deadline: 1 },
          {
            id: 'retries',
            type: 'shell',
            config: { script: 'exit 3' },
            retry: { max_attempts: 5, delay: 60, jitter: 'none' },
            deadline: 30,
          },
          { id: 'in time', type: 'noop', deadline: 60 },
        ].map((node) => ({ ...node, id: node.id.replace(' ', '_') })),
      ),
    );
    await anna.reaches(id, 'failed');
    for (const node of ['runs', 'waits', 'pending']) {
      expect(await nodeOf(id, node)).toMatchObject({
        status: 'failed',
        deadline: expect.stringMatching(/Z$/),
        error: { class: 'timeout', code: 'deadline_passed' },
      });
    }
    // Its next attempt would have come too late.
    expect(await nodeOf(id, 'retries')).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { class: 'exit_code' },
    });
    expect(await nodeOf(id, 'in_time')).toMatchObject({ status: 'completed' });
  });

  it('that have passed are refused', async () => {
    const answer = await anna.submit(
      jobOf([{ id: 'a', type: 'noop', deadline: inSeconds(-1) }], { deadline: inSeconds(-1) }),
    );
    expectProblem(answer, 422, 'invalid_definition');
    expect(answer.json['errors']).toMatchObject([
      { pointer: '/deadline', code: 'in_the_past' },
      { pointer: '/dag_definition/nodes/0/deadline', code: 'in_the_past' },
    ]);
  });
});

describe('a paused job', () => {
  it('leaves its place to others, and waits for one when it is resumed', async () => {
    const gate = jobOf([
      { id: 'gate', type: 'signal' },
      { id: 'after', type: 'noop', needs: ['gate'] },
    ]);
    const [one, two, three] = [
      await anna.accepted(gate),
      await anna.accepted(gate),
      await anna.accepted(gate),
    ];
    expect(await anna.job(three.id)).toMatchObject({ status: 'queued' });
    await waitUntil(async () => (await nodeOf(one.id, 'gate'))['status'] === 'waiting');
    await anna.call('POST', `${API}/job/${one.id}/pause`);
    await anna.reaches(three.id, 'running');
    await anna.call('POST', `${API}/job/${one.id}/nodes/gate/signal`);
    const resumed = await anna.call('POST', `${API}/job/${one.id}/resume`);
    expect(resumed).toMatchObject({ status: 200, json: { status: 'running' } });
    const why = async (path: string): Promise<Body> =>
      (await anna.get(`${API}/job/${one.id}${path}/why`)).json;
    await waitUntil(async () => ((await why(''))['gates'] as Body[]).length > 0);
    expect((await why(''))['gates']).toMatchObject([
      {
        kind: 'job_queued',
        resumed: true,
        ahead: 0,
        message: expect.stringMatching(/^The job was resumed and waits for a place/),
      },
    ]);
    expect((await why('/nodes/after'))['gates']).toMatchObject([{ kind: 'job_queued' }]);
    expect(await nodeOf(one.id, 'after')).toMatchObject({ attempt: 0 });
    await anna.call('DELETE', `${API}/job/${two.id}`);
    await anna.reaches(one.id, 'completed');
    await anna.call('DELETE', `${API}/job/${three.id}`);
  });
});
