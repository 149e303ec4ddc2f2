import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ReportOutsideFolder } from './find-reports.js';
import { readReports } from './read-reports.js';
import type { ReportSpec } from './report-spec.js';
import type { TestReport } from './test-report.js';

const fixtures = path.resolve('test/fixtures/reports');
const junit = (pattern: string): ReportSpec[] => [{ format: 'junit', pattern }];
const ctrf = (pattern: string): ReportSpec[] => [{ format: 'ctrf', pattern }];

async function fixture(specs: readonly ReportSpec[]): Promise<TestReport> {
  const reading = await readReports(fixtures, specs, 0);
  if (reading.status !== 'read') throw new Error(JSON.stringify(reading));
  return reading.report;
}

const counts = ({ tests, passed, failed, skipped, errored, flaky }: TestReport) =>
  [tests, passed, failed, skipped, errored, flaky].join(' ');

describe('readReports of real runners', () => {
  // tests passed failed skipped errored flaky
  it.each([
    ['pytest.xml', '11 6 3 2 2 1'],
    ['pytest-green.xml', '1 1 0 0 0 0'],
    ['pytest-collection-error.xml', '1 0 1 0 1 0'],
    ['jest-junit.xml', '12 7 4 1 1 0'],
    ['jest-junit-green.xml', '1 1 0 0 0 0'],
    ['playwright.xml', '10 6 3 1 2 0'],
    ['surefire/*.xml', '11 8 2 1 1 1'],
    ['surefire-nested-rerun/*.xml', '9 6 2 1 1 1'],
    ['gotestsum.xml', '12 7 4 1 0 0'],
    ['gotestsum-rerun.xml', '10 7 2 1 0 1'],
    ['gotestsum-flaky.xml', '2 2 0 0 0 1'],
    ['node-test-20.xml', '13 5 5 3 0 0'],
    ['node-test-24.xml', '13 5 5 3 0 0'],
    ['node-test-green.xml', '1 1 0 0 0 0'],
  ])('counts the tests of %s', async (file, expected) => {
    const report = await fixture(junit(file));
    expect(counts(report)).toBe(expected);
    expect(report.failures).toHaveLength(report.failed);
    for (const failure of report.failures) {
      expect(failure.message).not.toBe('');
      // eslint-disable-next-line no-control-regex -- that there are none is the point
      expect(failure.message + (failure.details ?? '')).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    }
  });

  it.each([
    ['ctrf/jest.json', '10 6 2 2 0 1'],
    ['ctrf/jest-green.json', '1 1 0 0 0 0'],
    ['ctrf/playwright.json', '10 6 3 1 0 1'],
  ])('counts the tests of %s', async (file, expected) => {
    expect(counts(await fixture(ctrf(file)))).toBe(expected);
  });

  it('says what failed, where and why', async () => {
    const [pytest] = (await fixture(junit('pytest.xml'))).failures;
    expect(pytest).toMatchObject({ name: 'test_total', suite: 'test_shop.TestCart' });
    expect(pytest?.message).toContain("{'note': 'line one\\nline two ]]> end'}");
    expect(pytest?.details).toContain('test_shop.py:14: AssertionError');
    const [jest] = (await fixture(junit('jest-junit.xml'))).failures;
    expect(jest).toMatchObject({ suite: 'cart', file: 'shop.test.js', duration_ms: 3 });
    expect(jest?.message).toMatch(/toEqual[^]*"total": 3,\n {2}\}$/);
    const node = (await fixture(junit('node-test-24.xml'))).failures[1];
    expect(node).toMatchObject({
      name: 'sums up',
      suite: 'cart > totals',
      file: '/project/shop.test.mjs',
    });
    const [playwright] = (await fixture(junit('playwright.xml'))).failures;
    expect(playwright).toMatchObject({
      name: 'cart › totals › sums up',
      suite: 'shop.spec.js',
      message: 'expect(received).toEqual(expected) // deep equality',
    });
    const [go] = (await fixture(junit('gotestsum.xml'))).failures;
    expect(go?.message).toContain('shop_test.go:12: total: got 3, want 4\n        note: ]]> end');
    const [surefire] = (await fixture(junit('surefire/*.xml'))).failures;
    expect(surefire?.message).toBe('expected: <one\ntwo ]]> end> but was: <one>');
    const [ctrfFailure] = (await fixture(ctrf('ctrf/jest.json'))).failures;
    expect(ctrfFailure).toMatchObject({ suite: 'shop.test.js > cart > totals', duration_ms: 3 });
  });

  it('merges several files and both formats', async () => {
    const report = await fixture([...junit('*-green.xml'), ...ctrf('ctrf/jest.json')]);
    expect(counts(report)).toBe('13 9 2 2 0 1');
    expect(report.suites?.map(({ name }) => name)).toContain('g');
  });
});

describe('readReports', () => {
  let folder: string;
  const write = async (name: string, text: string) => {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const read = (pattern: string, since = 0) => readReports(folder, junit(pattern), since);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'baton-reports-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('bounds failures, messages and suites, and says how many are left out', async () => {
    const tests = Array.from(
      { length: 1000 },
      (_, n) =>
        `<testsuite name="s${n}"><testcase name="t${n}"><failure message="${n < 5 ? 'x'.repeat(9000) : 'm'}">${'b'.repeat(n < 5 ? 9000 : 1)}</failure></testcase></testsuite>`,
    );
    await write('big/many.xml', `<testsuites>${tests.join('')}</testsuites>`);
    const reading = await read('big/many.xml');
    if (reading.status !== 'read') throw new Error(reading.status);
    const { report } = reading;
    expect(report).toMatchObject({ tests: 1000, failed: 1000, failures_left_out: 800 });
    expect(report).toMatchObject({ suites_left_out: 900 });
    expect(report.failures).toHaveLength(200);
    expect(report.failures[0]?.message).toMatch(/^x+… \(\d+ bytes left out\)$/);
    expect(Buffer.byteLength(report.failures[0]?.message ?? '')).toBeLessThanOrEqual(4096);
    expect(report.failures[0]?.details).toMatch(/^b+… \(\d+ bytes left out\)$/);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(200 * 1024);
  });

  it('bounds all failures together', async () => {
    const one = `<testcase name="t"><failure message="${'x'.repeat(4000)}">${'y'.repeat(4000)}</failure></testcase>`;
    await write('big/long.xml', `<testsuite>${one.repeat(150)}</testsuite>`);
    const reading = await read('big/long.xml');
    if (reading.status !== 'read') throw new Error(reading.status);
    const { failures, failures_left_out } = reading.report;
    expect(failures.length + (failures_left_out ?? 0)).toBe(150);
    expect(Buffer.byteLength(JSON.stringify(reading.report))).toBeLessThan(140 * 1024);
  });

  it('leaves out reports from before the start, and those read before', async () => {
    const file = await write('stale/a.xml', '<testsuite><testcase name="a"/></testsuite>');
    const start = 1_700_000_000_500;
    await utimes(file, new Date(start - 60_000), new Date(start - 60_000));
    expect(await read('stale/*.xml', start)).toEqual({
      status: 'missing',
      pattern: 'stale/*.xml',
      stale: ['stale/a.xml'],
    });
    await utimes(file, new Date(start + 1), new Date(start + 1));
    const before = new Map<string, number>();
    const again = () => readReports(folder, junit('stale/*.xml'), start, before);
    expect(await again()).toMatchObject({ status: 'read' });
    expect(await again()).toMatchObject({ status: 'missing' });
  });

  it('does not look outside of the folder', async () => {
    await expect(read('../x.xml')).rejects.toThrow(ReportOutsideFolder);
    await expect(read('a/../../x.xml')).rejects.toThrow(ReportOutsideFolder);
    await expect(read(path.join(folder, 'x.xml'))).rejects.toThrow(ReportOutsideFolder);
    await mkdir(path.join(folder, 'links'));
    await symlink(path.join(fixtures, 'pytest.xml'), path.join(folder, 'links/file.xml'));
    await symlink(fixtures, path.join(folder, 'links/folder'));
    expect(await read('links/**/*.xml')).toMatchObject({ status: 'missing' });
    expect(await read('links/file.xml')).toMatchObject({ status: 'missing' });
    expect(await read('links/folder/pytest.xml')).toMatchObject({ status: 'missing' });
  });

  it('takes a path with glob characters as it is', async () => {
    await write('odd/[a](1).xml', '<testsuite><testcase name="a"/></testsuite>');
    expect(await read('odd/[a](1).xml')).toMatchObject({ status: 'read', files: 1 });
  });

  it('reads other encodings', async () => {
    const text =
      '<?xml version="1.0" encoding="X"?><testsuite name="s"><testcase name="é"><failure message="é"/></testcase></testsuite>';
    await write('enc/none.xml', '');
    await writeFile(path.join(folder, 'enc/latin.xml'), text.replace('X', 'ISO-8859-1'), 'latin1');
    await writeFile(path.join(folder, 'enc/utf16.xml'), `\uFEFF${text}`, 'utf16le');
    for (const name of ['latin', 'utf16']) {
      expect(await read(`enc/${name}.xml`)).toMatchObject({
        report: { failures: [{ name: 'é', message: 'é' }] },
      });
    }
    await write('enc/odd.xml', text.replace('X', 'klingon'));
    expect(await read('enc/odd.xml')).toMatchObject({
      status: 'unreadable',
      message: expect.stringContaining('"klingon" is not known'),
    });
  });

  it.each([
    ['', 'it is empty'],
    ['<testsuite><testcase name="a"', 'ends in the middle'],
    ['<html><body/></html>', 'root element is <html>'],
    ['{"results": {}}', 'text outside'],
    ['<!DOCTYPE x><testsuite/>', 'document types'],
  ])('says why %j is not JUnit XML', async (text, reason) => {
    await write('bad/report.xml', text);
    const reading = await read('bad/report.xml');
    expect(reading).toMatchObject({ status: 'unreadable' });
    expect(JSON.stringify(reading)).toContain(reason);
  });

  it.each([
    ['{', 'it is not JSON'],
    ['[]', 'no \\"results\\" object'],
    ['{"results":{"tests":{}}}', 'no \\"results.tests\\" list'],
    ['{"results":{"tests":[{"name":"a","status":"great"}]}}', 'results.tests[0]'],
  ])('says why %j is not CTRF', async (text, reason) => {
    await write('bad/report.json', text);
    const reading = await readReports(folder, ctrf('bad/report.json'), 0);
    expect(JSON.stringify(reading)).toContain(reason);
  });

  it('refuses a file over 64 MiB without reading it', async () => {
    await truncate(await write('huge.xml', ''), 65 * 1024 * 1024);
    expect(await read('huge.xml')).toMatchObject({
      status: 'unreadable',
      message: expect.stringContaining('65 MiB; at most 64 MiB are read'),
    });
  });
});
