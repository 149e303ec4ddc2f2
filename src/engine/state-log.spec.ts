import { describe, expect, it } from '@jest/globals';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  silentLogger,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';
import type { Logger } from '../ports/logger.js';
import { logStates } from './state-log.js';

describe('logStates', () => {
  it('tells the life of a job with its ids, and nothing that a command printed', async () => {
    const lines: { fields: object; message: string }[] = [];
    const note = (fields: object, message: string): void => {
      lines.push({ fields, message });
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const error = {
      class: 'non_retryable',
      code: 'process_exit',
      message: 'password=hunter2',
    } as const;
    const engine = makeEngine({
      store: new MemoryStore(),
      executors: [scriptedExecutor(() => ({ status: 'failed', error }))],
      clock: new ManualClock(),
      logger: silentLogger,
    });
    logStates(engine.tracker, logger);
    await engine.start();
    await engine.submit(submissionOf('a', [{ id: 'one', type: 'scripted' }]));
    await waitUntil(() => lines.some(({ message }) => message === 'job finished'));
    await engine.stop(0);
    expect(lines.map(({ message }) => message)).toEqual([
      'job submitted',
      'job started',
      'attempt started',
      'node failed',
      'job finished',
    ]);
    for (const { fields } of lines) {
      expect(fields).toMatchObject({ tenant_id: 'acme', job_id: 'a', correlation_id: 'test' });
    }
    expect(lines[2]?.fields).toMatchObject({ node_id: 'one', attempt_id: 'a/one/1' });
    expect(lines[4]?.fields).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});
