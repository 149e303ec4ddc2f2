import type { AttemptError } from '../job/attempt.js';
import type { RetryPolicy } from './retry-policy.js';

/**
 * Whether a failed attempt may be followed by another: while attempts are left, where the policy wants
 * it for errors of this class, and unless it was cancelled or failed in a way that no other can mend.
 *
 * @param failedAttempts how many attempts have failed, this one included.
 */
export function mayRetry(
  error: Pick<AttemptError, 'class'>,
  policy: Pick<RetryPolicy, 'max_attempts' | 'retry_on'>,
  failedAttempts: number,
): boolean {
  return failedAttempts < policy.max_attempts && mayBeMended(error, policy);
}

/**
 * Whether there is no other attempt for no other reason than that all have been made: one that may
 * not be tried twice has used up its attempts with the first.
 */
export function hasUsedUpAttempts(
  error: Pick<AttemptError, 'class'>,
  policy: Pick<RetryPolicy, 'max_attempts' | 'retry_on'>,
  failedAttempts: number,
): boolean {
  return failedAttempts >= policy.max_attempts && mayBeMended(error, policy);
}

/** Whether the policy would have another attempt after such an error. */
function mayBeMended(
  error: Pick<AttemptError, 'class'>,
  policy: Pick<RetryPolicy, 'retry_on'>,
): boolean {
  switch (error.class) {
    case 'cancelled':
    case 'non_retryable':
      return false;
    case 'timeout':
    case 'infrastructure':
    case 'assertion':
    case 'exit_code':
    case 'http_status':
      return policy.retry_on === undefined || policy.retry_on.includes(error.class);
  }
}
