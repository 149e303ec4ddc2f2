import type { AttemptError, AttemptResult } from '../core/job/attempt.js';
import type { Json, JsonObject } from '../core/json.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { AttemptContext, NodeExecutor } from '../ports/node-executor.js';
import { clipText } from './reports/bounded-text.js';
import type { ReadReports } from './reports/read-reports.js';
import type { TestReport } from './reports/test-report.js';
import { runAlone } from './test-case.js';
import {
  catalogueCommand,
  ownCommand,
  runTestCommand,
  unknownTestCase,
  type TestCommandPorts,
  type TestConfig,
} from './test-command.js';
import type { TestVerdict } from './test-judgement.js';
import { SuiteLog } from './suite-log.js';
import { CASE_NAME, TEST_COMMAND } from './test-shapes.js';

const MAX_CASES = 1000;
/** UTF-8 bytes that one case may put into the output; beyond it only counts are kept. */
const OUTPUT_BYTES = 512 * 1024;
const MESSAGE_BYTES = 600;
const NAMED_IN_MESSAGE = 3;
const DETAILED_CASES = 20;

interface TestSuiteConfig extends TestConfig {
  readonly cases?: readonly string[];
}

interface CaseResult extends TestVerdict {
  readonly name: string;
  readonly durationMs: number;
}

export interface TestSuitePorts extends TestCommandPorts {
  readonly artifacts: ArtifactStore;
}

/** Runs several test cases of the catalogue one after the other, or one command that is a suite. */
export function createTestSuiteExecutor(ports: TestSuitePorts): NodeExecutor {
  return {
    type: 'test_suite',
    summary:
      'Runs test cases of the catalogue one after the other, all of them even when one fails, or a single command as test_case does.',
    configShape: {
      type: 'object',
      properties: {
        cases: {
          type: 'array',
          items: CASE_NAME,
          minItems: 1,
          maxItems: MAX_CASES,
          description: 'Names in the test catalogue, in the order in which they are to run.',
        },
        ...TEST_COMMAND,
        env: {
          ...TEST_COMMAND['env'],
          description: 'Added to the environment of the command, or of every case.',
        },
      },
      additionalProperties: false,
      oneOf: [{ required: ['cases'] }, { required: ['command'] }],
      examples: [
        { cases: ['login', 'checkout'], env: { BASE_URL: 'http://127.0.0.1:8080' } },
        {
          command: 'mvn',
          args: ['-B', 'test'],
          cwd: '/srv/shop',
          report: { junit: 'target/surefire-reports/*.xml' },
        },
      ],
    },
    async execute(attempt): Promise<AttemptResult> {
      const config = attempt.config as TestSuiteConfig;
      const { command } = config;
      if (command !== undefined) {
        return runAlone(ports, attempt, ownCommand(attempt.nodeId, { ...config, command }));
      }
      return runCases(ports, attempt, config.cases ?? [], config.env ?? {});
    },
    async resultBasis({ tenantId, nodeId, config }): Promise<Json> {
      const { command, cases = [], env = {} } = config as TestSuiteConfig;
      if (command !== undefined) return nodeId;
      const tests: unknown[] = [];
      for (const name of cases) {
        const testCase = await ports.catalogue.get(tenantId, name);
        tests.push(testCase === undefined ? null : catalogueCommand(testCase, { env }));
      }
      return tests as Json;
    },
    reclaim: (attempt) => ports.runner.reclaim(attempt),
    catalogueReferences(_nodeId: string, config: JsonObject): readonly string[] {
      return (config as TestSuiteConfig).cases ?? [];
    },
  };
}

async function runCases(
  ports: TestSuitePorts,
  attempt: AttemptContext,
  names: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<AttemptResult> {
  const log = new SuiteLog(ports.artifacts, attempt);
  const readBefore: ReadReports = new Map();
  const results: CaseResult[] = [];
  try {
    for (const name of names) {
      if (attempt.signal.aborted) break;
      const startedAt = ports.clock.now();
      const testCase = await ports.catalogue.get(attempt.tenantId, name);
      const verdict: TestVerdict =
        testCase === undefined
          ? { output: {}, error: unknownTestCase(name) }
          : await runTestCommand(ports, attempt, catalogueCommand(testCase, { env }), readBefore);
      const result = { ...verdict, name, durationMs: ports.clock.now() - startedAt };
      results.push(result);
      await log.endCase(result, results.length, names.length, testCase !== undefined);
    }
    await log.flush();
  } finally {
    await ports.runner.release(attempt);
  }
  const error = suiteError(results, names.length);
  const output = suiteOutput(results);
  return error === undefined
    ? { status: 'completed', output }
    : { status: 'failed', error, output };
}

function suiteError(results: readonly CaseResult[], planned: number): AttemptError | undefined {
  const failed = results.flatMap(({ name, error }) =>
    error === undefined ? [] : [{ name, error }],
  );
  const [first] = failed;
  if (first === undefined) {
    if (results.length === planned) return undefined;
    return {
      class: 'cancelled',
      code: 'aborted',
      message: `The suite was ended after ${results.length} of its ${planned} cases.`,
    };
  }
  // Trying again cannot help a suite in which one case can never pass.
  const lasting = failed.find(({ error }) => error.class === 'non_retryable');
  const named = failed
    .slice(0, NAMED_IN_MESSAGE)
    .map(({ name, error }) => `${name} (${clipText(error.message, MESSAGE_BYTES)})`);
  const more = failed.length - named.length;
  return {
    class: (lasting ?? first).error.class,
    code: 'cases_failed',
    message: `${failed.length} of ${planned} test cases failed: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    details: {
      cases: failed.slice(0, DETAILED_CASES).map(({ name, error }) => ({
        name,
        class: error.class,
        code: error.code,
        message: clipText(error.message, MESSAGE_BYTES),
      })),
      ...(failed.length > DETAILED_CASES && { cases_left_out: failed.length - DETAILED_CASES }),
    },
  };
}

const COUNTS = ['tests', 'passed', 'failed', 'skipped', 'errored', 'flaky', 'duration_ms'] as const;

function suiteOutput(results: readonly CaseResult[]): JsonObject {
  let bytes = 0;
  const cases = results.map((result): JsonObject => {
    const head = {
      name: result.name,
      status: result.error === undefined ? 'completed' : 'failed',
      duration_ms: result.durationMs,
      ...(result.error !== undefined && { error: shortError(result.error) }),
    };
    const whole: JsonObject = { ...head, ...result.output };
    bytes += Buffer.byteLength(JSON.stringify(whole), 'utf8');
    if (bytes <= OUTPUT_BYTES) return whole;
    const { exit_code: exitCode } = result.output;
    return {
      ...head,
      ...(exitCode !== undefined && { exit_code: exitCode }),
      ...(reportOf(result) !== undefined && { report: countsOf([result]) }),
      left_out: 'Suites, failures and output, for size: the log of the attempt has them.',
    };
  });
  const reported = results.filter((result) => reportOf(result) !== undefined);
  return {
    cases,
    cases_passed: results.filter(({ error }) => error === undefined).length,
    cases_failed: results.filter(({ error }) => error !== undefined).length,
    ...(reported.length > 0 && { report: countsOf(reported) }),
  };
}

function shortError({ class: errorClass, code, message }: AttemptError): JsonObject {
  return { class: errorClass, code, message: clipText(message, MESSAGE_BYTES) };
}

function reportOf({ output }: TestVerdict): TestReport | undefined {
  return output['report'] as unknown as TestReport | undefined;
}

function countsOf(results: readonly CaseResult[]): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    COUNTS.map((key) => [
      key,
      results.reduce((sum, result) => sum + (reportOf(result)?.[key] ?? 0), 0),
    ]),
  );
}
