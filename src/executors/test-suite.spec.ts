import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../core/json.js';
import { checkShape } from '../core/graph/check-shape.js';
import { createTestSuiteExecutor } from './test-suite.js';
import { junitXml, TestStage, type Play } from './test-executors.fixture.js';

let stage: TestStage;
beforeEach(async () => {
  stage = await TestStage.open();
});
afterEach(() => stage.close());

const run = (config: JsonObject, ...plays: Play[]) => {
  stage.plays.push(...plays);
  return createTestSuiteExecutor(stage).execute(stage.attempt(config));
};

describe('test_suite', () => {
  it('runs its cases one after the other and adds up their reports', async () => {
    stage.add('a', { report: { junit: 'a.xml' } });
    stage.add('b', { report: { junit: 'b.xml' }, env: { X: '1' } });
    const result = await run(
      { cases: ['a', 'b'], env: { Y: '2' } },
      { writes: { 'a.xml': junitXml(2) }, output: 'from a' },
      { writes: { 'b.xml': junitXml(3) } },
    );
    expect(stage.commands.map(({ env }) => env)).toEqual([
      { Y: '2', BATON_TEST_CASE: 'a' },
      { X: '1', Y: '2', BATON_TEST_CASE: 'b' },
    ]);
    expect(result).toMatchObject({
      status: 'completed',
      output: {
        cases: [
          { name: 'a', status: 'completed', exit_code: 0, report: { tests: 2 }, output: 'from a' },
          { name: 'b', status: 'completed', exit_code: 0, report: { tests: 3 } },
        ],
        cases_passed: 2,
        cases_failed: 0,
        report: { tests: 5, passed: 5, failed: 0 },
      },
    });
    expect(stage.released).toEqual(['job-1/login/1']);
  });

  it('runs all of them even when one fails, and says which and why', async () => {
    stage.add('a', { report: { junit: 'a.xml' } });
    stage.add('b');
    const result = await run(
      { cases: ['a', 'b'] },
      { writes: { 'a.xml': junitXml(1, 1) }, exitCode: 1 },
      {},
    );
    expect(stage.commands).toHaveLength(2);
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        class: 'assertion',
        code: 'cases_failed',
        message: '1 of 2 test cases failed: a (1 of 2 tests failed: unit > bad 1.).',
        details: { cases: [{ name: 'a', code: 'tests_failed' }] },
      },
      output: {
        cases: [
          { name: 'a', status: 'failed', error: { code: 'tests_failed' }, report: { failed: 1 } },
          { name: 'b', status: 'completed' },
        ],
        report: { tests: 2, failed: 1 },
      },
    });
  });

  it('goes on past a name that the catalogue does not have, but is not to be tried again', async () => {
    stage.add('b');
    const result = await run({ cases: ['nope', 'b'] }, { exitCode: 1 });
    expect(result).toMatchObject({
      error: {
        class: 'non_retryable',
        details: { cases: [{ code: 'unknown_test_case' }, { code: 'process_exit' }] },
      },
      output: { cases_failed: 2 },
    });
  });

  it('does not count the report of one case for the next', async () => {
    stage.add('a', { report: { junit: '*.xml' } });
    stage.add('b', { report: { junit: '*.xml' } });
    const result = await run({ cases: ['a', 'b'] }, { writes: { 'r.xml': junitXml(1) } }, {});
    expect(result).toMatchObject({
      output: { cases: [{ status: 'completed' }, { error: { code: 'report_missing' } }] },
    });
  });

  it('marks in the log what each case came to', async () => {
    stage.add('b');
    await run({ cases: ['nope', 'b'] });
    expect(stage.log).toMatch(
      /^=== test case 1 of 2, nope, \d\.\d s: failed: The test catalogue.*\n=== test case 2 of 2, b, \d\.\d s: passed\n$/,
    );
  });

  it('stops when its attempt is aborted', async () => {
    stage.add('a');
    stage.add('b');
    const aborted = AbortSignal.abort();
    const result = await createTestSuiteExecutor(stage).execute(
      stage.attempt({ cases: ['a', 'b'] }, aborted),
    );
    expect(result).toMatchObject({ status: 'failed', error: { code: 'aborted' } });
    expect(stage.commands).toEqual([]);
  });

  it('keeps its output within bounds', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `c${n}`);
    for (const name of names) stage.add(name, { report: { junit: `${name}.xml` } });
    const long = `<testsuite>${`<testcase name="t"><failure message="${'x'.repeat(4000)}"/></testcase>`.repeat(100)}</testsuite>`;
    const result = await run(
      { cases: names },
      ...names.map((name) => ({ writes: { [`${name}.xml`]: long }, exitCode: 1 })),
    );
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(600 * 1024);
    expect(result).toMatchObject({ output: { report: { failed: 800 } } });
    expect(result).toHaveProperty('output.cases.7.report.failed', 100);
    expect(result).toHaveProperty('output.cases.7.left_out');
  });

  it('runs a command like test_case', async () => {
    const config = { command: 'mvn', report: { junit: 'r.xml' } };
    expect(await run(config, { writes: { 'r.xml': junitXml(2) } })).toMatchObject({
      status: 'completed',
      output: { exit_code: 0, report: { tests: 2 } },
    });
    expect(stage.commands).toMatchObject([{ command: 'mvn', env: { BATON_TEST_CASE: 'login' } }]);
  });

  it('wants cases or a command, and not both', () => {
    const executor = createTestSuiteExecutor(stage);
    const problems = (config: JsonObject) => checkShape(executor.configShape, config).problems;
    expect(problems({ cases: ['a'] })).toEqual([]);
    expect(problems({ command: 'a' })).toEqual([]);
    expect(problems({})).not.toEqual([]);
    expect(problems({ cases: [] })).not.toEqual([]);
    expect(problems({ cases: ['a'], command: 'a' })).not.toEqual([]);
    expect(executor.catalogueReferences?.('n', { cases: ['a', 'b'] })).toEqual(['a', 'b']);
    expect(executor.catalogueReferences?.('n', { command: 'a' })).toEqual([]);
  });
});
