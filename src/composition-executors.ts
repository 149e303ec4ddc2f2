import { createApprovalExecutor } from './executors/approval.js';
import { createDelayExecutor } from './executors/delay.js';
import { createHttpExecutor } from './executors/http.js';
import { noopExecutor } from './executors/noop.js';
import { createProcessExecutor } from './executors/process.js';
import { createShellExecutor } from './executors/shell.js';
import { createSignalExecutor } from './executors/signal.js';
import { subJobExecutor } from './executors/sub-job.js';
import { createTestCaseExecutor } from './executors/test-case.js';
import { createTestSuiteExecutor } from './executors/test-suite.js';
import type { TestSuitePorts } from './executors/test-suite.js';
import type { NodeExecutor } from './ports/node-executor.js';

/** Every node type there is, by name, in the order the documentation lists them. */
export function executorsOn(ports: TestSuitePorts): ReadonlyMap<string, NodeExecutor> {
  const executors = [
    noopExecutor,
    createProcessExecutor(ports.runner),
    createShellExecutor(ports.runner),
    createHttpExecutor(ports.artifacts),
    createDelayExecutor(ports.clock),
    createApprovalExecutor(ports.clock),
    createSignalExecutor(ports.clock),
    subJobExecutor,
    createTestCaseExecutor(ports),
    createTestSuiteExecutor(ports),
  ];
  return new Map(executors.map((executor) => [executor.type, executor]));
}
