import { describe, expect, it } from '@jest/globals';
import { buildPlan } from '../plan/build-plan.js';
import type { RetryPolicy } from '../retry/retry-policy.js';
import { ERROR_CLASSES, type AttemptError, type ErrorClass } from './attempt.js';
import { MAX_LETTER_CONFIG } from './dead-letter.js';
import type { Intent } from './events.js';
import { initialState } from './initial-state.js';
import { step } from './step.js';
import type { JsonObject } from '../json.js';

const defaults = { maxAttempts: 3, maxRetryDelay: 300, concurrency: 10, timeout: 3600 };
const LIMITS = { slots: 100, events: 1000 };

/** Runs one node that fails as often as it is tried; answers the intents of each failure. */
function failures(
  errorClass: ErrorClass,
  options: {
    readonly retry?: Partial<RetryPolicy>;
    readonly config?: JsonObject;
    readonly onFailure?: 'fail_fast';
  } = {},
): (readonly Intent[])[] {
  const { retry, config, onFailure = 'finish_branches' } = options;
  const plan = buildPlan(
    [
      {
        id: 'a',
        type: 'shell',
        ...(retry === undefined ? {} : { retry }),
        ...(config === undefined ? {} : { config }),
      },
    ],
    { concurrency: 10, timeout: 60, onFailure, priority: 3 },
    defaults,
  );
  const state = initialState(plan);
  step(plan, state, [{ type: 'submit', by: 'anna' }, { type: 'start' }], 1_000, LIMITS);
  const error: AttemptError = { class: errorClass, code: 'no', message: 'No.' };
  const intents: (readonly Intent[])[] = [];
  for (let attempt = 1; state.live.size > 0; attempt++) {
    const finished = { type: 'finish_attempt', node: 0, attempt, random: 0 } as const;
    const result = { status: 'failed', error } as const;
    const now = 1_000 * attempt;
    intents.push(step(plan, state, [{ ...finished, result }], now, LIMITS).intents);
    if (state.held.size > 0) step(plan, state, [{ type: 'release', node: 0 }], now, LIMITS);
  }
  return intents;
}

describe('dead letters', () => {
  it('are made of a node with its last attempt, in the commit in which it fails', () => {
    const config = { script: 'exit 1', env: { A: '{% inputs.a %}' } };
    const intents = failures('exit_code', { config });
    expect(intents.map((some) => some.map(({ type }) => type))).toEqual([
      ['timer'],
      ['timer'],
      ['dead_letter'],
    ]);
    expect(intents.at(-1)).toEqual([
      { type: 'dead_letter', node: 'a', attempt: 3, node_type: 'shell', config },
    ]);
  });

  it.each(ERROR_CLASSES)('judge %s at the only attempt', (errorClass) => {
    const [last = []] = failures(errorClass, { retry: { max_attempts: 1 } });
    const final = errorClass === 'cancelled' || errorClass === 'non_retryable';
    expect(last.map(({ type }) => type)).toEqual(final ? [] : ['dead_letter']);
  });

  it('are not made of an error that the policy would not have tried again', () => {
    const retry = { max_attempts: 1, retry_on: ['timeout'] } as const;
    expect(failures('assertion', { retry })).toEqual([[]]);
    expect(failures('timeout', { retry })).toHaveLength(1);
    expect(failures('timeout', { retry })[0]).toHaveLength(1);
  });

  it('go with a job that fails fast, too', () => {
    const intents = failures('assertion', { retry: { max_attempts: 1 }, onFailure: 'fail_fast' });
    expect(intents).toMatchObject([[{ type: 'dead_letter', node: 'a', attempt: 1 }]]);
  });

  it('leave a large config with the job', () => {
    const retry = { max_attempts: 1 };
    const config = { script: 'x'.repeat(MAX_LETTER_CONFIG - 13) };
    expect(JSON.stringify(config)).toHaveLength(MAX_LETTER_CONFIG);
    expect(failures('timeout', { retry, config })[0]).toMatchObject([{ config }]);
    const larger = { script: `${config.script}x` };
    expect(failures('timeout', { retry, config: larger })[0]).toEqual([
      { type: 'dead_letter', node: 'a', attempt: 1, node_type: 'shell', config_omitted: true },
    ]);
  });
});
