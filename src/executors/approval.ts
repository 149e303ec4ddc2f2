import type { AttemptResult } from '../core/job/attempt.js';
import type { Clock } from '../ports/clock.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import { endOfWait, waitShape } from './waiting.js';

const MAX_APPROVERS = 100;

interface ApprovalConfig {
  readonly timeout?: number;
  readonly on_expiry?: 'reject' | 'approve';
}

/** Waits, without a slot, until somebody who may approves or rejects. */
export function createApprovalExecutor(clock: Clock): NodeExecutor {
  return {
    type: 'approval',
    inline: true,
    summary:
      'Waits until somebody approves (then it completes) or rejects (then it fails), without holding a slot.',
    configShape: {
      type: 'object',
      properties: {
        prompt: {
          type: 'string',
          maxLength: 2_000,
          description: 'What is asked, for whoever decides.',
        },
        approvers: {
          type: 'array',
          items: {
            type: 'string',
            minLength: 1,
            maxLength: 200,
            description: 'A user (`sub` of the token), or `role:` and a role.',
          },
          minItems: 1,
          maxItems: MAX_APPROVERS,
          description:
            'Who may decide. Left out: the owner of the job and admins; given: these and admins only.',
        },
        timeout: waitShape('decide in'),
        on_expiry: {
          enum: ['reject', 'approve'],
          default: 'reject',
          description: 'What silence means.',
        },
      },
      additionalProperties: false,
      examples: [
        { prompt: 'Release to staging?', approvers: ['anna', 'role:release'], timeout: 86_400 },
      ],
    },
    execute(attempt): AttemptResult {
      const { timeout, on_expiry: onExpiry } = attempt.config as ApprovalConfig;
      return {
        status: 'waiting',
        awaits: 'approval',
        ...endOfWait(clock, timeout),
        ...(onExpiry === 'approve'
          ? { onExpiry: 'complete', output: { approved: true, expired: true } }
          : {}),
      };
    },
  };
}
