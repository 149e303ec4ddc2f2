import type { AttemptResult } from '../core/job/attempt.js';
import type { Json, JsonObject } from '../core/json.js';
import type { AttemptContext, NodeExecutor } from '../ports/node-executor.js';
import {
  catalogueCommand,
  ownCommand,
  runTestCommand,
  unknownTestCase,
  type TestCommand,
  type TestCommandPorts,
  type TestConfig,
} from './test-command.js';
import { CASE_NAME, TEST_COMMAND } from './test-shapes.js';

interface TestCaseConfig extends TestConfig {
  readonly case?: string;
}

/** Runs one test command, its own or one of the tenant's catalogue, and judges it by its reports. */
export function createTestCaseExecutor(ports: TestCommandPorts): NodeExecutor {
  return {
    type: 'test_case',
    summary:
      'Runs a test: the command given here, or the one that the test catalogue has under this name. Its exit code and its reports, if it announces any, must both say that all tests passed.',
    configShape: {
      type: 'object',
      properties: {
        case: {
          ...CASE_NAME,
          description: `${CASE_NAME.description ?? ''} Default: the id of the node. With a command, only what BATON_TEST_CASE says.`,
        },
        ...TEST_COMMAND,
      },
      additionalProperties: false,
      examples: [
        {},
        { case: 'login', env: { BROWSER: 'firefox' } },
        {
          command: 'npx',
          args: ['jest', '--ci', '--reporters=jest-junit'],
          cwd: '/srv/shop',
          report: { junit: 'junit.xml' },
        },
      ],
    },
    async execute(attempt): Promise<AttemptResult> {
      const config = attempt.config as TestCaseConfig;
      const name = config.case ?? attempt.nodeId;
      const test = await resolve(ports, attempt, name, config);
      if (test === undefined) return { status: 'failed', error: unknownTestCase(name) };
      return runAlone(ports, attempt, test);
    },
    async resultBasis(attempt): Promise<Json> {
      const config = attempt.config as TestCaseConfig;
      const test = await resolve(ports, attempt, config.case ?? attempt.nodeId, config);
      return (test ?? null) as unknown as Json;
    },
    reclaim: (attempt) => ports.runner.reclaim(attempt),
    catalogueReferences(nodeId: string, config: JsonObject): readonly string[] {
      const { command, case: name } = config as TestCaseConfig;
      return command === undefined ? [name ?? nodeId] : [];
    },
  };
}

async function resolve(
  ports: TestCommandPorts,
  attempt: Pick<AttemptContext, 'tenantId'>,
  name: string,
  config: TestCaseConfig,
): Promise<TestCommand | undefined> {
  const { command } = config;
  if (command !== undefined) return ownCommand(name, { ...config, command });
  const testCase = await ports.catalogue.get(attempt.tenantId, name);
  return testCase === undefined ? undefined : catalogueCommand(testCase, config);
}

/** Runs a test command that is all there is to its attempt. */
export async function runAlone(
  ports: TestCommandPorts,
  attempt: AttemptContext,
  test: TestCommand,
): Promise<AttemptResult> {
  try {
    const { error, output } = await runTestCommand(ports, attempt, test);
    return error === undefined
      ? { status: 'completed', output }
      : { status: 'failed', error, output };
  } finally {
    await ports.runner.release(attempt);
  }
}
