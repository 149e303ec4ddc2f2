import type { AttemptError } from '../core/job/attempt.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { AttemptRef } from '../ports/node-executor.js';
import { clipText } from './reports/bounded-text.js';

/** Above any cap that is set on the log, so that the marks of the last cases are not the ones lost. */
const CAP_BYTES = 1024 * 1024 * 1024;
const MESSAGE_BYTES = 500;

interface EndedCase {
  readonly name: string;
  readonly error?: AttemptError;
  readonly durationMs: number;
}

/**
 * Divides the log of an attempt that runs several cases: a line after each says which case it was
 * and what it came to. The first command of an attempt starts the log anew, so marks of cases that
 * ran nothing wait for it.
 */
export class SuiteLog {
  private waiting = '';
  private started = false;

  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly attempt: AttemptRef,
  ) {}

  async endCase(ended: EndedCase, index: number, of: number, ran: boolean): Promise<void> {
    const result =
      ended.error === undefined
        ? 'passed'
        : `failed: ${clipText(ended.error.message.split('\n')[0] ?? '', MESSAGE_BYTES)}`;
    const seconds = (ended.durationMs / 1000).toFixed(1);
    this.waiting += `=== test case ${index} of ${of}, ${ended.name}, ${seconds} s: ${result}\n`;
    this.started ||= ran;
    if (this.started) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.waiting === '') return;
    const { tenantId, jobId, nodeId, attempt } = this.attempt;
    const log = this.artifacts.create(
      { tenantId, jobId, nodeId, attempt, name: 'output.log' },
      CAP_BYTES,
      'append',
    );
    log.write(Buffer.from(this.waiting, 'utf8'));
    this.waiting = '';
    await log.close();
  }
}
