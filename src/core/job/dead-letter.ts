import { jsonBytes } from '../graph/json-size.js';
import type { PlanNode } from '../plan/plan.js';
import { hasUsedUpAttempts } from '../retry/judge.js';
import type { AttemptError } from './attempt.js';
import type { DeadLetterIntent } from './events.js';

/** Bytes of a config, as JSON, beyond which a letter does without it: the job has it. */
export const MAX_LETTER_CONFIG = 64 * 1024;

/**
 * The letter of a node that fails for good, where it fails because its attempts are used up. What was
 * cancelled, or would not have been tried again anyhow, has none.
 *
 * @param failedAttempts those that count, where the node has had others in rounds before
 */
export function deadLetters(
  { definition, retry }: Pick<PlanNode, 'definition' | 'retry'>,
  attempt: number,
  error: AttemptError,
  failedAttempts = attempt,
): DeadLetterIntent[] {
  if (!hasUsedUpAttempts(error, retry, failedAttempts)) return [];
  const { id, type, config } = definition;
  const fits = config === undefined || jsonBytes(config, MAX_LETTER_CONFIG) <= MAX_LETTER_CONFIG;
  return [
    {
      type: 'dead_letter',
      node: id,
      attempt,
      node_type: type,
      ...(fits ? {} : { config_omitted: true as const }),
      ...(fits && config !== undefined ? { config } : {}),
    },
  ];
}
