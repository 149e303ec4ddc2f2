import type { AttemptResult, AttemptError, ErrorClass } from '../core/job/attempt.js';
import type { Json } from '../core/json.js';
import type { CommandOutcome } from '../ports/command-runner.js';

const TAIL_IN_MESSAGE = 2000;

/**
 * Why a command by itself counts as failed, whatever it reported; `undefined` when its exit code is
 * one of those that mean success.
 */
export function commandError(
  outcome: CommandOutcome,
  successExitCodes: readonly number[] = [0],
): AttemptError | undefined {
  if (outcome.aborted) {
    return error('cancelled', 'aborted', 'The command was ended because its attempt was.');
  }
  if (outcome.startError !== undefined) {
    return error('non_retryable', 'process_not_started', outcome.startError);
  }
  const { exitCode, signal } = outcome;
  if (exitCode === undefined) {
    const name = signal ?? 'an unknown signal';
    const hint =
      signal === 'SIGKILL' ? ' Often that is the system being short of memory: see its log.' : '';
    return error('infrastructure', 'process_killed', `The command was ended by ${name}.${hint}`, {
      outcome,
      details: { signal: name },
    });
  }
  if (!successExitCodes.includes(exitCode)) {
    return error('exit_code', 'process_exit', `The command ended with exit code ${exitCode}.`, {
      outcome,
      details: { exit_code: exitCode },
    });
  }
  if (outcome.outputError !== undefined) {
    return error('non_retryable', 'invalid_output', outcome.outputError);
  }
  return undefined;
}

/** What an attempt that is one command comes to. */
export function commandResult(
  outcome: CommandOutcome,
  successExitCodes?: readonly number[],
): AttemptResult {
  const failure = commandError(outcome, successExitCodes);
  const output = outcome.output === undefined ? {} : { output: outcome.output };
  return failure === undefined
    ? { status: 'completed', ...output }
    : { status: 'failed', error: failure, ...output };
}

function error(
  errorClass: ErrorClass,
  code: string,
  message: string,
  more?: { readonly outcome: CommandOutcome; readonly details: Json },
): AttemptError {
  if (more === undefined) return { class: errorClass, code, message };
  const tail = more.outcome.tail.slice(-TAIL_IN_MESSAGE);
  const said = tail === '' ? 'It printed nothing.' : `The end of its output:\n${tail}`;
  return { class: errorClass, code, message: `${message} ${said}`, details: more.details };
}
