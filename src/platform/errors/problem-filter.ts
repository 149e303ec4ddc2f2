import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceLogger } from '../logging/index.js';
import { correlationOf, pathOf } from '../http/index.js';
import { PROBLEMS, problemDocument } from './problem.js';
import { toProblem } from './to-problem.js';

/** Turns everything thrown while a request is handled into an `application/problem+json` answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: ServiceLogger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  private answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = toProblem(thrown);
    const correlation = correlationOf(request);
    const [status] = PROBLEMS[problem.problem];
    if (status >= 500) {
      const fields = {
        correlation_id: correlation.correlationId,
        trace_id: correlation.traceId,
        code: problem.problem,
        err: problem.cause ?? problem,
      };
      if (status === 500) this.logger.error(fields, 'request failed');
      else this.logger.warn(fields, 'request refused');
    }
    if (reply.sent || reply.raw.headersSent) return;
    if (status === 401) void reply.header('www-authenticate', challenge(problem.problem));
    const document = problemDocument(problem, {
      instance: pathOf(request),
      correlationId: correlation.correlationId,
    });
    void reply
      .status(status)
      .headers(problem.headers)
      .header('x-correlation-id', correlation.correlationId)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(document));
  }
}

/** RFC 6750, section 3: without credentials the challenge carries no error. */
function challenge(code: string): string {
  return code === 'missing_token'
    ? 'Bearer realm="baton"'
    : 'Bearer realm="baton", error="invalid_token"';
}
