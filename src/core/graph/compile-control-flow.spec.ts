import { describe, expect, it } from '@jest/globals';
import { compile, type CompileResult } from './compile.js';
import { jobShape } from './job-shape.js';
import { NODE_TYPES } from './node-types.fixture.js';

const shape = jobShape(NODE_TYPES);
const defaults = { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };
const NOW = Date.UTC(2026, 10, 21);
const check = (node: object, job: object = {}, now: number | undefined = NOW): CompileResult =>
  compile(
    {
      name: 'x',
      ...job,
      dag_definition: {
        nodes: [
          { id: 'before', type: 'noop' },
          { id: 'a', type: 'noop', ...node },
        ],
      },
    },
    { shape, defaults, now },
  );
const problems = (result: CompileResult): (readonly [string, string])[] =>
  result.ok ? [] : result.problems.map(({ pointer, code }) => [pointer, code] as const);
const NODE = '/dag_definition/nodes/1';

describe('deadlines', () => {
  it('are times to come', () => {
    const job = check({ deadline: '2026-11-21T01:00:00+00:30' }, { deadline: '2027-01-01T00:00Z' });
    expect(job).toMatchObject({ ok: true, job: { deadline: Date.UTC(2027, 0, 1) } });
    expect(check({ deadline: 90 })).toMatchObject({ ok: true, plan: { deadlines: [1] } });
    expect(check({})).toMatchObject({ ok: true });
  });

  it.each([
    ['2026-11-20T23:59:59Z', 'in_the_past'],
    ['2026-11-21T00:00:00Z', 'in_the_past'],
    ['2027-02-30T00:00:00Z', 'invalid_time'],
    ['2027-02-03', 'pattern'],
    ['2027-02-03T00:00:00', 'pattern'],
  ])('such as %s are refused: %s', (deadline, code) => {
    expect(problems(check({}, { deadline }))).toEqual([['/deadline', code]]);
    const [[pointer] = [], ...more] = problems(check({ deadline }));
    expect([pointer, more]).toEqual([`${NODE}/deadline`, []]);
  });

  it('may have passed when nothing is submitted', () => {
    const shown = compile(
      {
        name: 'x',
        deadline: '2001-01-01T00:00:00Z',
        dag_definition: { nodes: [{ id: 'a', type: 'noop' }] },
      },
      { shape, defaults },
    );
    expect(shown.ok).toBe(true);
  });
});

describe('repetition', () => {
  const until = "{% output.status = 'ready' and iteration < 3 %}";

  it('is judged over the output and the number of the round, and over what the node needs', () => {
    expect(check({ repeat: { until, max: 10 } }).ok).toBe(true);
    const more = '{% nodes.before.output = output and inputs.x = job.name %}';
    const repeat = { until: more, max: 2, delay: 0.5, on_exhausted: 'complete' };
    expect(check({ needs: ['before'], repeat }).ok).toBe(true);
  });

  it.each([
    [{ until }, `${NODE}/repeat`],
    [{ max: 3 }, `${NODE}/repeat`],
    [{ until, max: 1 }, `${NODE}/repeat/max`],
    [{ until, max: 1001 }, `${NODE}/repeat/max`],
    [{ until: 'done', max: 3 }, `${NODE}/repeat/until`],
    [{ until, max: 3, on_exhausted: 'retry' }, `${NODE}/repeat/on_exhausted`],
    [{ until: '{% output. %}', max: 3 }, `${NODE}/repeat/until`],
    [{ until: '{% outptu = 1 %}', max: 3 }, NODE],
    [{ until: '{% nodes.before.output %}', max: 3 }, NODE],
  ])('is refused when it is %j', (repeat, pointer) => {
    expect(problems(check({ repeat })).map(([at]) => at)).toEqual([pointer]);
  });

  it.each(['approval', 'signal', 'delay', 'sub_job'])('is not for %s', (type) => {
    const waiting = new Map([...NODE_TYPES, [type, { summary: 'Waits.', configShape: {} }]]);
    const nodes = [{ id: 'a', type, repeat: { until, max: 3 } }];
    const result = compile(
      { name: 'x', dag_definition: { nodes } },
      { shape: jobShape(waiting), defaults },
    );
    expect(problems(result)).toEqual([['/dag_definition/nodes/0/repeat', 'not_repeatable']]);
  });

  it('alone has outputs and rounds to read', () => {
    for (const name of ['output', 'iteration']) {
      const when = `{% ${name} = 1 %}`;
      expect(problems(check({ when }))).toEqual([[`${NODE}/when`, 'unknown_name']]);
      expect(problems(check({ config: { output: when } }))).toEqual([
        [`${NODE}/config`, 'unknown_name'],
      ]);
    }
    expect(check({ when: '{% $exists($) %}' }).ok).toBe(true);
  });
});
