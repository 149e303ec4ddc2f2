import { Injectable } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { ThrottlerLimitDetail } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { RequestProblem } from '../errors/problem.js';
import { principalOf } from './principal.js';

/** Bounds how often one user of a tenant may call a route, over a sliding minute. */
@Injectable()
export class SubmitLimit extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit';

  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    const principal = principalOf((request as unknown as FastifyRequest).raw);
    if (principal === undefined) throw new Error('The submit limit is for routes with a token.');
    return Promise.resolve(JSON.stringify([principal.tenantId, principal.user]));
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { limit, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const wait = String(Math.max(1, timeToBlockExpire));
    throw new RequestProblem(
      'rate_limited',
      `You have submitted ${limit} jobs within a minute, which is all one user may. Try again in ${wait} s.`,
      {
        headers: {
          'retry-after': wait,
          'ratelimit-limit': String(limit),
          'ratelimit-remaining': '0',
          'ratelimit-reset': wait,
        },
      },
    );
  }
}
