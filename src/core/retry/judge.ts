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
  switch (error.class) {
    case 'cancelled':
    case 'non_retryable':
      return false;
    case 'timeout':
    case 'infrastructure':
    case 'assertion':
    case 'exit_code':
    case 'http_status':
      return (
        failedAttempts < policy.max_attempts &&
        (policy.retry_on === undefined || policy.retry_on.includes(error.class))
      );
  }
}
