import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../core/json.js';
import { checkShape } from '../core/graph/check-shape.js';
import { createTestCaseExecutor } from './test-case.js';
import { junitXml, TestStage, type Play } from './test-executors.fixture.js';

let stage: TestStage;
beforeEach(async () => {
  stage = await TestStage.open();
});
afterEach(() => stage.close());

const run = (config: JsonObject, play: Play = {}) => {
  stage.plays.push(play);
  return createTestCaseExecutor(stage).execute(stage.attempt(config));
};

const announced = { command: 'run', report: { junit: 'r.xml' } };
const judged = (play: Play) => run(announced, play);
const failedWith = (code: string, errorClass: string, ...says: string[]) => ({
  status: 'failed',
  error: {
    code,
    class: errorClass,
    message: expect.stringMatching(new RegExp(says.map((part) => `(?=[^]*${part})`).join(''))),
  },
});

describe('test_case: which command it runs', () => {
  it('its own, named after the node', async () => {
    await run({ command: 'npx', args: ['jest'], env: { CI: '1' }, cwd: '/srv/shop' });
    expect(stage.commands).toEqual([
      {
        command: 'npx',
        args: ['jest'],
        env: { CI: '1', BATON_TEST_CASE: 'login' },
        cwd: '/srv/shop',
      },
    ]);
    expect(stage.released).toEqual(['job-1/login/1']);
  });

  it('the one of the catalogue that has the name of the node', async () => {
    stage.add('login', { command: 'pytest', args: ['-q'], env: { A: '1' }, cwd: 'tests' });
    expect(await run({})).toEqual({ status: 'completed', output: { exit_code: 0 } });
    expect(stage.commands).toEqual([
      { command: 'pytest', args: ['-q'], env: { A: '1', BATON_TEST_CASE: 'login' }, cwd: 'tests' },
    ]);
  });

  it('the one that is named, with what the config says otherwise', async () => {
    stage.add('other', { args: ['-q'], env: { A: '1', B: '1' }, report: { junit: 'none.xml' } });
    const config = { case: 'other', args: ['-v'], env: { B: '2' }, report: { junit: 'r.xml' } };
    expect(await run(config, { writes: { 'r.xml': junitXml(1) } })).toMatchObject({
      status: 'completed',
    });
    expect(stage.commands).toEqual([
      { command: 'run-other', args: ['-v'], env: { A: '1', B: '2', BATON_TEST_CASE: 'other' } },
    ]);
  });

  it('none when the catalogue does not have it, and says how to add it', async () => {
    expect(await run({ case: 'a b' })).toMatchObject(
      failedWith(
        'unknown_test_case',
        'non_retryable',
        'PUT /api/v1/orchestration/test-cases/a%20b',
      ),
    );
    expect(stage.commands).toEqual([]);
  });

  it('tells which entry it will look up', () => {
    const executor = createTestCaseExecutor(stage);
    expect(executor.catalogueReferences?.('n', {})).toEqual(['n']);
    expect(executor.catalogueReferences?.('n', { case: 'x' })).toEqual(['x']);
    expect(executor.catalogueReferences?.('n', { case: 'x', command: 'y' })).toEqual([]);
  });

  it('ends it after the time that the catalogue allows', async () => {
    stage.add('login', { timeout: 3 });
    expect(await run({}, { hangs: true })).toMatchObject(
      failedWith('test_case_timeout', 'timeout', 'longer than the 3 s'),
    );
    expect(stage.timers[0]?.ms).toBe(3000);
  });
});

describe('test_case: how it is judged', () => {
  it('completed when exit code and report say so, with the command’s own output', async () => {
    expect(await judged({ writes: { 'r.xml': junitXml(3) }, output: { build: 7 } })).toEqual({
      status: 'completed',
      output: {
        exit_code: 0,
        output: { build: 7 },
        report: {
          tests: 3,
          passed: 3,
          failed: 0,
          skipped: 0,
          errored: 0,
          flaky: 0,
          duration_ms: 0,
          suites: [{ name: 'unit', tests: 3, passed: 3, failed: 0, skipped: 0 }],
          failures: [],
        },
      },
    });
  });

  it('failed tests are an assertion failure that names them', async () => {
    const result = await judged({ writes: { 'r.xml': junitXml(116, 4) }, exitCode: 1 });
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        class: 'assertion',
        code: 'tests_failed',
        message: '4 of 120 tests failed: unit > bad 1, unit > bad 2, unit > bad 3 and 1 more.',
        details: { exit_code: 1, tests: 120, failed: 4 },
      },
      output: { exit_code: 1, report: { failed: 4 } },
    });
    expect(result).toHaveProperty('error.details.failures.3.message', '1 is not 5');
  });

  it('exit code 0 with failed tests is a disagreement', async () => {
    expect(await judged({ writes: { 'r.xml': junitXml(1, 1) } })).toMatchObject(
      failedWith('report_disagrees', 'assertion', 'exit code 0', '1 of 2 tests failed'),
    );
  });

  it('another exit code with none failed is a disagreement', async () => {
    const play = { writes: { 'r.xml': junitXml(2) }, exitCode: 1, tail: 'coverage below 80%' };
    expect(await judged(play)).toMatchObject(
      failedWith('report_disagrees', 'assertion', 'none of the 2 tests', 'coverage below 80%'),
    );
    expect(await judged({ writes: { 'r.xml': '<testsuites/>' }, exitCode: 5 })).toMatchObject(
      failedWith('report_disagrees', 'assertion', 'its report has no tests', 'exit code 5'),
    );
  });

  it('a report that is not there is a failure, or explained by the exit code', async () => {
    expect(await judged({})).toMatchObject(
      failedWith('report_missing', 'non_retryable', 'no report at "r.xml"'),
    );
    expect(await judged({ exitCode: 2, tail: 'boom' })).toMatchObject(
      failedWith('process_exit', 'exit_code', 'exit code 2', 'boom', 'It wrote no report'),
    );
  });

  it('a report from before the start does not count', async () => {
    const file = path.join(stage.folder, 'r.xml');
    await writeFile(file, junitXml(3));
    const before = new Date(Date.now() - 60_000);
    await utimes(file, before, before);
    expect(await judged({})).toMatchObject(
      failedWith('report_missing', 'non_retryable', 'r.xml is from before it started'),
    );
  });

  it('a report that cannot be read is a failure', async () => {
    const writes = { 'r.xml': '<testsuite><testcase name="a">' };
    expect(await judged({ writes })).toMatchObject(
      failedWith('report_unreadable', 'non_retryable', '"r.xml"', 'before <testcase> is closed'),
    );
    expect(await judged({ writes, exitCode: 1 })).toMatchObject(
      failedWith('report_unreadable', 'exit_code', 'exit code 1'),
    );
  });

  it('a report outside of the folder is refused', async () => {
    expect(await run({ command: 'run', report: { junit: '../r.xml' } })).toMatchObject(
      failedWith('report_outside_folder', 'non_retryable', 'without ".."'),
    );
  });

  it('a command that was killed, never started, or wrote no usable output', async () => {
    const writes = { 'r.xml': junitXml(1, 1) };
    expect(await judged({ writes, signal: 'SIGKILL' })).toMatchObject(
      failedWith('process_killed', 'infrastructure', 'SIGKILL'),
    );
    expect(await judged({ startError: 'There is no "run".' })).toMatchObject(
      failedWith('process_not_started', 'non_retryable', 'There is no'),
    );
    const good = { 'r.xml': junitXml(1) };
    expect(await judged({ writes: good, outputError: 'Not JSON.' })).toMatchObject(
      failedWith('invalid_output', 'non_retryable', 'Not JSON'),
    );
  });

  it('takes both formats at once', async () => {
    const ctrf = { results: { tests: [{ name: 'c', status: 'passed', duration: 5 }] } };
    const writes = { 'r.xml': junitXml(1), 'c.json': JSON.stringify(ctrf) };
    const report = { junit: 'r.xml', ctrf: 'c.json' };
    expect(await run({ command: 'run', report }, { writes })).toMatchObject({
      output: { report: { tests: 2, passed: 2, duration_ms: 5 } },
    });
  });
});

describe('test_case: its config', () => {
  const problems = (config: JsonObject) =>
    checkShape(createTestCaseExecutor(stage).configShape, config).problems;

  it.each<[JsonObject]>([[{}], [{ case: 'x' }], [{ command: 'x', report: { junit: 'a' } }]])(
    'may be %j',
    (config) => {
      expect(problems(config)).toEqual([]);
    },
  );

  it.each<[JsonObject]>([[{ cases: ['x'] }], [{ report: {} }], [{ report: { html: 'a' } }]])(
    'may not be %j',
    (config) => {
      expect(problems(config)).not.toEqual([]);
    },
  );
});
