import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FileArtifactStore } from '../../src/adapters/system/file-artifact-store.js';
import { LocalCommandRunner } from '../../src/adapters/system/local-command-runner.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import type { JsonObject } from '../../src/core/json.js';
import { createTestCaseExecutor } from '../../src/executors/test-case.js';
import { createTestSuiteExecutor } from '../../src/executors/test-suite.js';
import type { AttemptContext } from '../../src/ports/node-executor.js';
import type { Logger } from '../../src/ports/logger.js';
import type { TestCase, TestCatalogue } from '../../src/ports/test-catalogue.js';

const examples = path.resolve('examples').replaceAll('\\', '/');
const example = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(examples, name), 'utf8').replaceAll('{{examples}}', examples));
const cases = example('test-cases.json') as readonly TestCase[];
const { nodes } = (
  example('demo-job.json') as {
    dag_definition: { nodes: readonly { id: string; config?: JsonObject }[] };
  }
).dag_definition;

const ignore = () => undefined;
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const jobId = `spec-${process.pid}`;
const refuse = () => Promise.reject(new Error('not asked for here'));
const catalogue: TestCatalogue = {
  get: (_tenantId, name) => Promise.resolve(cases.find((testCase) => testCase.name === name)),
  put: refuse,
  delete: refuse,
  list: refuse,
  missing: refuse,
};

let root: string;
let artifacts: FileArtifactStore;
let runner: LocalCommandRunner;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'baton-tests-'));
  artifacts = new FileArtifactStore(path.join(root, 'artifacts'), logger);
  runner = new LocalCommandRunner({ workRoot: path.join(root, 'work'), artifacts, logger });
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(path.join(examples, '.results', jobId), { recursive: true, force: true });
});

function attemptOf(nodeId: string, attempt = 1, config?: JsonObject): AttemptContext {
  return {
    tenantId: 'acme',
    jobId,
    nodeId,
    attempt,
    attemptId: `${jobId}/${nodeId}/${attempt}`,
    correlationId: 'corr-1',
    config: config ?? nodes.find(({ id }) => id === nodeId)?.config ?? {},
    signal: new AbortController().signal,
  };
}

async function logOf({ nodeId, attempt }: AttemptContext): Promise<string> {
  const ref = { tenantId: 'acme', jobId, nodeId, attempt, name: 'output.log' };
  const slice = await artifacts.read(ref, 0, 1_000_000);
  return Buffer.from(slice?.bytes ?? []).toString();
}

const ports = () => ({ runner, catalogue, clock: systemClock, artifacts });
const runCase = (attempt: AttemptContext) => createTestCaseExecutor(ports()).execute(attempt);

describe('test nodes of the demo, as real commands', () => {
  it('a test case of the catalogue, named by the node', async () => {
    const attempt = attemptOf('unit-money');
    expect(await runCase(attempt)).toMatchObject({
      status: 'completed',
      output: {
        exit_code: 0,
        report: { tests: 14, passed: 14, failed: 0, suites: [{ name: 'money', tests: 14 }] },
      },
    });
    expect(await logOf(attempt)).toContain('14 of 14 tests passed');
  });

  it('the flaky one fails its first attempt by an assertion, and passes its second', async () => {
    expect(await runCase(attemptOf('warehouse-sync', 1))).toMatchObject({
      status: 'failed',
      error: {
        class: 'assertion',
        code: 'tests_failed',
        message: '1 of 2 tests failed: warehouse sync > shows the update soon after.',
      },
      output: { exit_code: 1, report: { tests: 2, passed: 1, failed: 1 } },
    });
    expect(await runCase(attemptOf('warehouse-sync', 2))).toMatchObject({
      status: 'completed',
      output: { report: { tests: 2, passed: 2 } },
    });
  });

  it('a suite of two cases, with a mark for each in the log', async () => {
    const attempt = attemptOf('api');
    expect(await createTestSuiteExecutor(ports()).execute(attempt)).toMatchObject({
      status: 'completed',
      output: {
        cases: [
          { name: 'api-catalogue', report: { tests: 5, passed: 5 } },
          { name: 'api-orders', report: { tests: 6, passed: 6 } },
        ],
        report: { tests: 11, passed: 11, failed: 0 },
      },
    });
    expect(await logOf(attempt)).toMatch(
      /5 of 5 tests passed\n=== test case 1 of 2, api-catalogue,[^]*6 of 6 tests passed\n=== test case 2 of 2, api-orders, [\d.]+ s: passed\n$/,
    );
  });

  it('a report left in a project folder by an earlier attempt does not count', async () => {
    const source = `const fs = require('fs');
      if (process.env.BATON_ATTEMPT === '1') fs.writeFileSync('r.xml', '<testsuite><testcase name="a"/></testsuite>');`;
    const config = {
      command: process.execPath,
      args: ['-e', source],
      cwd: root,
      report: { junit: 'r.xml' },
    };
    expect(await runCase(attemptOf('stale', 1, config))).toMatchObject({ status: 'completed' });
    const aMinuteAgo = new Date(Date.now() - 60_000);
    await utimes(path.join(root, 'r.xml'), aMinuteAgo, aMinuteAgo);
    expect(await runCase(attemptOf('stale', 2, config))).toMatchObject({
      status: 'failed',
      error: { code: 'report_missing' },
    });
  });
});
